"""Wide weights of few channels become int8, and the network stays what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, verify
from mcugen.passes.split_wide_weights import split_wide_weights
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.frontend.tflite_comparison import load_bytes
from tests.support.random_graphs import random_inputs
from tests.support.tflite_builder import NetworkBuilder

Wide = Mapping[int, Mapping[int, int]]


def network(folder: Path, wide: Wide, *, branch: bool = False) -> Graph:
    """Two separable layers, pooled, and a classifier. wide: by operator, by input channel, a weight of it."""
    net = NetworkBuilder(5, shape=(12, 12, 3))
    net.convolution(8)
    net.depthwise()
    before = net.current
    after = net.convolution(8, kernel=(1, 1))
    if branch:
        net.add(before, after)
    net.depthwise(stride=(2, 2))
    net.convolution(16, kernel=(1, 1))
    net.pool("AVERAGE", kernel=(6, 6))
    net.convolution(5, kernel=(1, 1))
    graph = load_bytes(net.finish(), folder)
    operators = list(graph.operators)
    for index, values in wide.items():
        op = operators[index]
        assert isinstance(op, Conv2D)
        weights = op.weights.astype(np.int16)
        for channel, value in values.items():
            weights[channel % len(weights), 0, 0, channel] = value
        operators[index] = replace(op, weights=weights)
    return verify(graph.with_operators(tuple(operators), graph.tensors))


def wide_convolutions(graph: Graph) -> list[str]:
    return [op.name for op in graph.operators if isinstance(op, Conv2D) and op.has_wide_weights]


WIDE = {
    "one": {2: {3: 200}},
    "both ends": {2: {0: -255, 7: 254}, 4: {2: -129}},
    "behind a pool": {6: {1: 128, 2: -200, 9: 130}},
}


@pytest.mark.parametrize("wide", WIDE.values(), ids=WIDE.keys())
def test_values_stay(wide: Wide, tmp_path: Path) -> None:
    graph = network(tmp_path, wide)
    split = verify(split_wide_weights(graph))
    assert len(wide_convolutions(graph)) == len(wide)
    assert wide_convolutions(split) == []
    images = random_inputs(graph, 4, seed=1)
    np.testing.assert_array_equal(reference.run(graph, images), reference.run(split, images))


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus", "cortex-m55"])
def test_code_equals_the_reference_on_every_layer(target: str, tmp_path: Path) -> None:
    graph = network(tmp_path, {2: {3: 200}, 4: {2: -129, 5: -255}, 6: {1: 131}})
    result = assert_equal_everywhere(graph, random_inputs(graph, 3, seed=2), fold_constants=True, target=target)
    assert wide_convolutions(result.compiled.optimized) == []


def test_depthwise_weights_stay_wide(tmp_path: Path) -> None:
    graph = network(tmp_path, {})
    operators = list(graph.operators)
    depthwise = operators[1]
    assert isinstance(depthwise, DepthwiseConv2D)
    weights = depthwise.weights.astype(np.int16)
    weights[1, 1, 4] = -203
    operators[1] = replace(depthwise, weights=weights)
    graph = graph.with_operators(tuple(operators), graph.tensors)
    result = assert_equal_everywhere(graph, random_inputs(graph, 3, seed=2), fold_constants=True, target="cortex-m4")
    assert any(isinstance(op, DepthwiseConv2D) and op.has_wide_weights for op in result.compiled.optimized.operators)


LEFT = {
    "255, which no two int8 add up to": ({2: {3: 255}}, False),
    "more than a quarter of the channels": ({2: {0: 200, 1: 200, 2: 200}}, False),
    "an input that others read": ({2: {3: 200}}, True),
    "the network's own input": ({0: {1: 200}}, False),
}


@pytest.mark.parametrize(("wide", "branch"), LEFT.values(), ids=LEFT.keys())
def test_left_as_they_are(wide: Wide, branch: bool, tmp_path: Path) -> None:
    graph = network(tmp_path, wide, branch=branch)
    assert len(wide_convolutions(graph)) == 1
    assert split_wide_weights(graph).operators == graph.operators
