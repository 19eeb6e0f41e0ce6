"""What each of the smaller passes changes, and what it must leave alone. That results stay is in test_equivalence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mcugen.fixedpoint import Rounding
from mcugen.ir import AveragePool2D, Conv2D, DepthwiseConv2D, FullyConnected, Graph
from mcugen.passes import PASSES
from mcugen.passes.align_channels import align_channels
from mcugen.passes.depthwise_of_one_channel import depthwise_of_one_channel
from mcugen.passes.fold_padding import fold_padding
from mcugen.passes.fully_connected_to_conv import fully_connected_to_conv
from mcugen.passes.intervals import analyze_intervals
from mcugen.passes.remove_reshapes import remove_reshapes
from mcugen.passes.tame_constant_channels import tame_constant_channels
from mcugen.passes.unsigned_activations import unsigned_activations
from mcugen.targets.generic import GENERIC
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build, graphs

CONV = Block("conv", kernel=(3, 3), channels=5, option=1)
POINTWISE = Block("conv", channels=5, option=1)
DEPTHWISE = Block("depthwise", kernel=(3, 3), channels=1, option=1)
PAD = Block("pad", padding=(1, 2, 0, 3))


def made(*blocks: Block, shape: tuple[int, int, int] = (6, 6, 3)) -> Graph:
    return build(shape, -3, Rounding.DOUBLE, list(blocks), seed=1)


def kinds(graph: Graph) -> list[str]:
    return [type(op).__name__ for op in graph.operators]


def test_every_pass_has_a_name_and_a_reason() -> None:
    assert len({entry.name for entry in PASSES}) == len(PASSES)
    assert all(len(entry.reason) > 10 for entry in PASSES)
    assert [entry.name for entry in PASSES if entry.optional] == ["fold_constant_channels"]
    assert [entry.name for entry in PASSES if entry.demanded] == ["outputs_by_rows"]


def test_padding_moves_into_convolutions() -> None:
    graph = fold_padding(made(PAD, CONV))
    assert kinds(graph) == ["Conv2D"]
    (op,) = graph.operators
    assert isinstance(op, Conv2D)
    assert op.window.padding == (1, 2, 0, 3)
    assert op.input == graph.input
    twice = fold_padding(made(PAD, replace(DEPTHWISE, padding=(1, 1, 1, 1))))
    (depthwise,) = twice.operators
    assert isinstance(depthwise, DepthwiseConv2D)
    assert depthwise.window.padding == (2, 3, 1, 4)


@pytest.mark.parametrize("reader", [Block("maximum", kernel=(2, 2)), Block("reshape", option=1), None])
def test_padding_stays_where_others_read_it(reader: Block | None) -> None:
    assert "Pad" in kinds(fold_padding(made(CONV, PAD, *([reader] if reader else []))))


def test_reshapes_that_move_nothing_go() -> None:
    assert kinds(remove_reshapes(made(CONV, Block("reshape", option=0), Block("fully_connected", channels=4)))) == [
        "Conv2D",
        "FullyConnected",
    ]
    same = made(Block("reshape", option=2), CONV, shape=(1, 6, 3))
    assert kinds(same) == ["Reshape", "Conv2D"]
    assert kinds(remove_reshapes(same)) == ["Conv2D"]


def test_reshapes_that_others_read_stay() -> None:
    assert kinds(remove_reshapes(made(CONV, Block("reshape", option=3), POINTWISE))) == ["Conv2D", "Reshape", "Conv2D"]
    assert kinds(remove_reshapes(made(CONV, Block("reshape", option=0)))) == ["Conv2D", "Reshape"]


def test_fully_connected_layers_become_convolutions_of_the_whole_map() -> None:
    graph = made(CONV, Block("fully_connected", channels=7))
    dense = graph.operators[1]
    assert isinstance(dense, FullyConnected)
    converted = fully_connected_to_conv(graph).operators[1]
    assert isinstance(converted, Conv2D)
    assert converted.window.kernel == (4, 4)
    assert np.array_equal(converted.weights.reshape(7, -1), dense.weights)


def test_a_depthwise_convolution_of_one_channel_becomes_a_standard_one() -> None:
    graph = made(replace(DEPTHWISE, channels=3), DEPTHWISE, shape=(6, 6, 1))
    assert kinds(depthwise_of_one_channel(graph)) == ["Conv2D", "DepthwiseConv2D"]


@given(graph=graphs(max_blocks=6))
@settings(max_examples=60)
def test_what_depthwise_convolutions_and_averages_read_is_unsigned(graph: Graph) -> None:
    graph = fully_connected_to_conv(graph)
    stored = unsigned_activations(graph)
    readers = {name: {type(op) for op in graph.consumers(name)} for name in graph.tensors}
    read = {name for name, kinds in readers.items() if DepthwiseConv2D in kinds or kinds == {AveragePool2D}}
    copying = [op for op in graph.operators if op.keeps_type]
    kept = {graph.input, graph.output} | {name for op in copying for name in (*op.inputs, op.output)}
    for name, tensor in stored.tensors.items():
        unsigned = name in read - kept
        assert tensor.dtype == ("uint8" if unsigned else "int8")
        assert tensor.zero_point == graph.tensors[name].zero_point + 128 * unsigned


def test_relu_activations_have_zero_point_0() -> None:
    graph = unsigned_activations(made(replace(CONV, clamp="relu", zero_point=-128), DEPTHWISE))
    tensor = graph.tensors[graph.operators[0].output]
    assert (tensor.dtype, tensor.zero_point) == ("uint8", 0)


def test_a_constant_channel_of_huge_bias_gets_a_small_one() -> None:
    graph = made(CONV, POINTWISE)
    op = graph.operators[0]
    assert isinstance(op, Conv2D)
    op.bias[2] = (1 << 30) - 1000
    op.requantization.shift[2] = -31
    before = analyze_intervals(graph).tensors[op.output]
    assert before.constant[2]
    tamed = tame_constant_channels(graph)
    small = tamed.operators[0]
    assert isinstance(small, Conv2D)
    assert abs(int(small.bias[2])) < 1 << 26
    others = np.arange(5) != 2
    assert np.array_equal(small.bias[others & ~before.constant], op.bias[others & ~before.constant])
    after = analyze_intervals(tamed).tensors[op.output]
    assert np.array_equal(after.low, before.low)
    assert np.array_equal(after.high, before.high)


@pytest.mark.parametrize("multiple", [2, 4, 8])
def test_inner_channels_are_padded_to_a_multiple(multiple: int) -> None:
    graph = align_channels(made(POINTWISE, DEPTHWISE, replace(POINTWISE, channels=7), POINTWISE), multiple)
    counts = [graph.tensors[op.output].channels for op in graph.operators]
    assert counts == [-(-5 // multiple) * multiple] * 2 + [-(-7 // multiple) * multiple, 5]
    assert graph.input_tensor.channels == 3
    origin = graph.tensors[graph.operators[0].output].origin
    assert origin is not None
    assert origin.kept.tolist() == [0, 1, 2, 3, 4] + [-1] * (counts[0] - 5)


def test_fold_and_align_together(load_model: Callable[[str], Graph]) -> None:
    graph = optimized(load_model("vww_96_int8.tflite"), replace(GENERIC, channel_multiple=4))
    inner = [op.output for op in graph.operators if isinstance(op, Conv2D | DepthwiseConv2D)][:-1]
    assert all(graph.tensors[name].channels % 4 == 0 for name in inner)
