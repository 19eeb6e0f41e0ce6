"""Test vectors of large images: left out before their text grows past 1 MiB, and every file says so."""

from __future__ import annotations

import subprocess
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip
from tests.support.graph_builder import Block
from tests.support.random_graphs import build

MOST_TEXT = 1 << 20


def pointwise(height: int, width: int) -> Graph:
    """One pointwise convolution of one channel over a map of this size."""
    small = build((4, 4, 1), 0, Rounding.DOUBLE, [Block("conv", channels=1, option=1)], seed=3)
    tensors = {name: replace(tensor, shape=(height, width, 1)) for name, tensor in small.tensors.items()}
    borders = [replace(border, shape=(1, height, width, 1)) for border in (small.input_border, small.output_border)]
    return replace(small, tensors=tensors, input_border=borders[0], output_border=borders[1])


@pytest.mark.parametrize(
    ("shape", "kept", "word"),
    [
        ((64, 64), 2, "images and the scores"),
        ((256, 170), 2, "images and the scores"),
        ((256, 256), 1, "the image of extreme values"),
        ((512, 256), 0, "no test vectors"),
    ],
)
def test_what_is_kept_is_said(shape: tuple[int, int], kept: int, word: str, tmp_path: Path) -> None:
    compiled = compile_model(pointwise(*shape), name="net")
    files = compiled.files()
    header, source = (str(files[f"net_test_vectors.{suffix}"]) for suffix in "hc")
    assert f"#define NET_TEST_VECTORS {kept}\n" in header
    assert len(source) <= MOST_TEXT + 1000
    assert word in str(files["README.md"])
    assert ("1 MiB" in header) == (kept < 2)
    for name in files:
        if name.startswith("net") and name.endswith((".c", ".h")):
            (tmp_path / name).write_text(str(files[name]))
    compiler = compiler_or_skip("gcc")
    command = [compiler, *STRICT_FLAGS, "-c", "net_test_vectors.c", "-o", "vectors.o"]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_the_largest_image_takes_little_memory() -> None:
    """The text of an image at the limit would be 40 MB, and of Python's numbers some gigabytes."""
    graph = pointwise(4096, 2048)
    tracemalloc.start()
    try:
        files = compile_model(graph, name="net").files()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(len(content) for content in files.values()) < MOST_TEXT
    assert peak < 100 << 20
