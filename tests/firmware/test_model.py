"""The network's files of the firmware: the shipped build and the traced one side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.firmware.model import model_files
from tests.codegen.building import run
from tests.support.needs import ROOT

SHALLOW = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"


@pytest.mark.needs("gcc")
def test_constants_that_only_the_traced_build_has(tmp_path: Path) -> None:
    """Its kernels may differ from the shipped ones, and their tables with them."""
    files = model_files(compile_model(SHALLOW, target="cortex-m4", name="net"), traced=True)
    (weights,) = (path for path in files if path.endswith("traced_weights.c"))
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(content, str)
        (tmp_path / path).write_text(content)
    include = f"-I{Path(weights).parent}"
    run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", include, "-fsyntax-only", weights], tmp_path)
