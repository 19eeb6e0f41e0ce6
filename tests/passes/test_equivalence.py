"""Every pass keeps what the reference computes, layer by layer, through storage types and removed channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen import reference
from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Graph, verify
from mcugen.passes import PASSES, Pass
from mcugen.passes.align_channels import align_channels
from mcugen.passes.fully_connected_to_conv import fully_connected_to_conv
from mcugen.targets.generic import GENERIC
from tests.conftest import TFLITE_MODELS
from tests.end_to_end.comparison import differing_layer, to_int8
from tests.end_to_end.test_random_graphs import stopped_early
from tests.support.passes import optimized
from tests.support.random_graphs import graphs, random_inputs

# Passes that a target asks for are told how.
_BLOCKS = replace(GENERIC, channel_multiple=4)


def assert_same(imported: Graph, graph: Graph, images: np.ndarray) -> None:
    """Every tensor that both graphs have, and the output."""
    values = {op.output: to_int8(result) for op, result in reference.evaluate(graph, images)}
    assert differing_layer(imported, images, values, graph) is None
    assert graph.input_tensor.dtype == imported.input_tensor.dtype
    assert np.array_equal(reference.run(graph, images), reference.run(imported, images))


@pytest.mark.parametrize("entry", PASSES, ids=[entry.name for entry in PASSES])
@given(graph=graphs(max_blocks=6))
@settings(max_examples=40, print_blob=True)
def test_each_pass_alone(entry: Pass, graph: Graph) -> None:
    """Alone but for fully connected layers, which only the passes before `fully_connected_to_conv` know."""
    if PASSES.index(entry) > [other.name for other in PASSES].index("fully_connected_to_conv"):
        graph = fully_connected_to_conv(graph)
    assert_same(graph, verify(entry.run(graph, *entry.arguments(_BLOCKS))), random_inputs(graph, 3, seed=0))


@given(graph=graphs(max_blocks=7), index=st.integers(0, 20), multiple=st.sampled_from([1, 2, 4, 8]))
@settings(max_examples=100, print_blob=True)
def test_all_passes_in_order(graph: Graph, index: int, multiple: int) -> None:
    imported = graph if index > 7 else stopped_early(graph, index)
    images = random_inputs(imported, 3, seed=0)
    current = imported
    for entry in PASSES:
        try:
            current = verify(entry.run(current, *entry.arguments(_BLOCKS)))
        except UnsupportedModelError as refusal:
            if "do not fit a 32-bit bias" not in refusal.message:
                raise
            continue
        assert_same(imported, current, images)
    assert_same(imported, verify(align_channels(current, multiple)), images)


@given(graph=graphs(max_blocks=6))
@settings(max_examples=40, print_blob=True)
def test_passes_leave_their_input_as_it_was(graph: Graph) -> None:
    """Graphs are immutable, their arrays by agreement."""
    images = random_inputs(graph, 2, seed=0)
    before = [result.copy() for _, result in reference.evaluate(graph, images)]
    optimized(graph)
    after = [result for _, result in reference.evaluate(graph, images)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("multiple", [1, 4])
@pytest.mark.parametrize("model", TFLITE_MODELS)
def test_shared_models(model: str, multiple: int, load_model: Callable[[str], Graph]) -> None:
    imported = load_model(f"{model}.tflite")
    images = random_inputs(imported, 1, seed=0)
    assert_same(imported, optimized(imported, replace(GENERIC, channel_multiple=multiple)), images)
    assert_same(imported, optimized(imported, fold_constants=False), images)


def test_the_comparison_can_fail(load_model: Callable[[str], Graph]) -> None:
    imported = load_model("vww_96_int8.tflite")
    graph = optimized(imported)
    images = random_inputs(imported, 1, seed=0)
    for wrong_by in (1, -1):
        values = {op.output: to_int8(result).copy() for op, result in reference.evaluate(graph, images)}
        values["average_pooling2d"] = values.pop(graph.operators[-3].output) + wrong_by
        values[graph.operators[-3].output] = values.pop("average_pooling2d")
        difference = differing_layer(imported, images, values, graph)
        assert difference is not None
        assert difference.startswith("average_pooling2d")
