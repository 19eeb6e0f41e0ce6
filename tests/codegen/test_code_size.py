"""The estimate of machine code against what the cross compilers make of a model."""

from __future__ import annotations

import pytest

from mcugen.codegen.code_size import estimate_code_bytes, function_features
from mcugen.compiler import compile_model
from mcugen.simulate.size import measure_flash
from tests.support.needs import ROOT

MODEL = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
# Of RISC-V Debian's compiler comes without the headers that a measurement needs.
CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55", "xtensa")


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
def test_estimate_is_near_what_the_compiler_makes(core: str) -> None:
    library = compile_model(MODEL, target=core).library
    measured = measure_flash(library)
    assert measured is not None
    code = measured.bytes - library.constant_bytes
    assert abs(estimate_code_bytes(library) - code) <= 0.12 * code


@pytest.mark.parametrize("core", CORES)
def test_every_function_of_its_own_is_counted(core: str) -> None:
    """None is lost to a macro before its head, whatever it is called."""
    library = compile_model(MODEL, target=core, name="net").library
    counted = [name for name, _ in function_features(library)]
    assert {"net_result", "feed"} <= set(counted)
    assert any(name.startswith(("stage_", "matrix")) for name in counted)
    for text in library.files.values():
        for line in text.splitlines():
            if line.startswith("NET_NAKED static void "):
                assert line.removeprefix("NET_NAKED static void ").partition("(")[0] in counted
