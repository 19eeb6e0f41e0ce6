"""The interface of a network with several outputs: where each lies, and what its values mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.fixedpoint import Rounding
from mcugen.frontend.several_outputs import join_outputs
from mcugen.ir import Border, Graph, verify
from mcugen.validation import load_vectors
from tests.support.graph_builder import Block
from tests.support.random_graphs import build


def two_heads() -> Graph:
    """A map of 6 x 6 x 5 and, made of it, one of 6 x 6 x 2, both declared as float32."""
    blocks = [Block("conv", kernel=(1, 1), channels=5, option=1), Block("conv", channels=2, option=1, zero_point=9)]
    graph = build((6, 6, 3), -3, Rounding.DOUBLE, blocks, seed=1)
    tensors = [graph.tensors[op.output] for op in graph.operators]
    borders = [Border("float32", t.scale, t.zero_point, "half_away", "NHWC", (1, *t.shape)) for t in tensors]
    return verify(join_outputs(graph, tensors, borders))


def test_header_says_where_each_output_lies() -> None:
    graph = two_heads()
    header = compile_model(graph, name="net").library.files["net.h"]
    for line in (
        "#define NET_OUTPUTS 2",
        f"#define NET_OUTPUT_BYTES {6 * 6 * 7}",
        "#define NET_OUTPUT_0_START 0",
        "#define NET_OUTPUT_0_CHANNELS 5",
        f"#define NET_OUTPUT_1_START {6 * 6 * 5}",
        "#define NET_OUTPUT_1_HEIGHT 6",
        "#define NET_OUTPUT_1_ZERO_POINT 9",
    ):
        assert line in header.splitlines()
    assert "NET_CLASSES" not in header
    assert "float net_dequantize_at(int32_t index, int8_t value);" in header


def test_package_readme_and_manifest_list_the_outputs() -> None:
    compiled = compile_model(two_heads(), name="net")
    files = compiled.files()
    readme = str(files["README.md"])
    assert "| output 1 |" in readme
    assert "from index 180" in readme
    assert "NET_CLASSES" not in readme
    assert '"start": 180' in str(files["net.json"])


def test_each_output_is_dequantized_by_its_own_scale() -> None:
    graph = two_heads()
    image = np.zeros((1, *graph.input_tensor.shape), np.int8)
    stored = reference.run(graph, image)
    first, second = reference.dequantize_outputs(graph, stored)
    assert (first.shape, second.shape) == ((1, 6, 6, 5), (1, 6, 6, 2))
    one, other = graph.outputs
    values = stored.ravel().astype(np.float32)
    np.testing.assert_allclose(first.ravel(), (values[:180] - one.tensor.zero_point) * one.tensor.scale, rtol=1e-6)
    np.testing.assert_allclose(second.ravel(), (values[180:] - 9) * other.tensor.scale, rtol=1e-6)


def test_vectors_need_an_array_for_each_output(tmp_path: Path) -> None:
    graph = two_heads()
    images = np.zeros((2, *graph.input_tensor.shape), np.int8)
    first, second = reference.dequantize_outputs(graph, reference.run(graph, images))
    np.savez(tmp_path / "all.npz", inputs=images, outputs=first, outputs_1=second)
    assert len(load_vectors(tmp_path / "all.npz", graph).outputs or ()) == 2
    np.savez(tmp_path / "less.npz", inputs=images, outputs=first)
    with pytest.raises(McugenError, match=r"less\.npz: the model has 2 outputs, but there is no array 'outputs_1'"):
        load_vectors(tmp_path / "less.npz", graph)


def test_one_output_needs_no_joining() -> None:
    blocks = [Block("conv", channels=2, option=1)]
    graph = build((6, 6, 3), -3, Rounding.DOUBLE, blocks, seed=1)
    assert join_outputs(graph, [graph.output_tensor], [graph.output_border]) is graph
    assert [output.name for output in graph.outputs] == [graph.output]
