"""Constant and unread channels go, weights and all; everything that counts stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings

from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, MaxPool2D, verify
from mcugen.passes.fold_constant_channels import fold_constant_channels
from mcugen.passes.intervals import analyze_intervals
from mcugen.plan.macs import graph_macs, graph_parameters
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build, graphs


def test_vww_halves(load_model: Callable[[str], Graph]) -> None:
    imported = load_model("vww_96_int8.tflite")
    assert graph_macs(imported) == 7_489_664
    live = optimized(imported)
    assert graph_macs(live) == 3_727_313
    assert graph_macs(optimized(imported, fold_constants=False)) == 7_489_664
    assert graph_parameters(live) < 0.2 * graph_parameters(imported)


def test_constant_channels_of_vww_are_its_rows_of_zeros(load_model: Callable[[str], Graph]) -> None:
    """Except for what nothing reads, a pointwise layer loses exactly the channels whose weights are all 0."""
    imported = load_model("vww_96_int8.tflite")
    live = optimized(imported)
    lost = 0
    for op in imported.operators:
        if not isinstance(op, Conv2D) or not op.is_pointwise:
            continue
        zero = ~np.any(op.weights != 0, axis=(1, 2, 3))
        origin = live.tensors[op.output].origin
        removed = np.zeros(len(zero), bool)
        if origin is not None:
            removed[:] = origin.observable
            removed[origin.kept] = False
        assert np.array_equal(removed, zero), op.name
        lost += int(removed.sum())
    assert lost > 500


@given(graph=graphs(max_blocks=6))
@settings(max_examples=80, print_blob=True)
def test_nothing_is_left_to_remove(graph: Graph) -> None:
    """A second run changes no shape."""
    try:
        once = optimized(graph)
    except UnsupportedModelError:
        assume(False)
    twice = verify(fold_constant_channels(once))
    assert {name: t.shape for name, t in once.tensors.items()} == {name: t.shape for name, t in twice.tensors.items()}


def network(*blocks: Block, channels: int = 3) -> Graph:
    """A graph whose weights are all 1 and whose biases are 0, so that a test can say which channels are constant."""
    graph = build((6, 6, channels), -128, Rounding.DOUBLE, list(blocks), seed=2)
    for op in graph.operators:
        if isinstance(op, Conv2D | DepthwiseConv2D):
            op.weights[:] = 1
            op.bias[:] = 0
            op.requantization.multiplier[:] = 1 << 30
            op.requantization.shift[:] = -4
    return graph


def conv(graph: Graph, index: int) -> Conv2D:
    op = graph.operators[index]
    assert isinstance(op, Conv2D)
    return op


POINTWISE = Block("conv", channels=6, option=1, zero_point=-128)
PADDED = replace(POINTWISE, kernel=(3, 3), padding=(1, 1, 1, 1))
DEPTHWISE = Block("depthwise", kernel=(3, 3), channels=1, option=1, zero_point=-128)


def test_a_constant_goes_into_the_next_bias() -> None:
    graph = network(POINTWISE, POINTWISE)
    conv(graph, 0).weights[2] = 0
    conv(graph, 0).bias[2] = 320  # 320 / 32 above the zero point
    folded = fold_constant_channels(graph)
    assert conv(folded, 0).weights.shape == (5, 1, 1, 3)
    assert conv(folded, 1).weights.shape == (6, 1, 1, 5)
    assert conv(folded, 1).bias.tolist() == [10] * 6
    origin = folded.tensors[conv(folded, 0).output].origin
    assert origin is not None
    assert origin.kept.tolist() == [0, 1, 3, 4, 5]
    assert origin.constants[2] == -118
    assert origin.observable.all()


def test_a_constant_beside_a_border_stays() -> None:
    """Where a window leaves the image it reads the zero point, which is another value than the constant."""
    graph = network(POINTWISE, PADDED)
    conv(graph, 0).weights[2] = 0
    conv(graph, 0).bias[2] = 320
    assert conv(fold_constant_channels(graph), 0).weights.shape[0] == 6


def test_a_channel_that_nothing_reads_goes_without_a_claim() -> None:
    graph = network(POINTWISE, PADDED)
    conv(graph, 1).weights[..., 4] = 0
    folded = fold_constant_channels(graph)
    origin = folded.tensors[conv(folded, 0).output].origin
    assert origin is not None
    assert origin.kept.tolist() == [0, 1, 2, 3, 5]
    assert origin.observable.tolist() == [True, True, True, True, False, True]


def test_channels_of_a_depth_multiplier_go_together() -> None:
    """One of three outputs of an input channel is read, and a pooling layer between ties its channels."""
    graph = network(POINTWISE, replace(DEPTHWISE, channels=3), Block("maximum", kernel=(2, 2)), POINTWISE)
    conv(graph, 3).weights[:] = 0
    conv(graph, 3).weights[..., 7] = 1
    folded = verify(fold_constant_channels(graph))
    assert [folded.tensors[op.output].channels for op in folded.operators] == [1, 3, 3, 6]
    assert isinstance(folded.operators[2], MaxPool2D)


def test_the_image_and_the_output_keep_all_channels() -> None:
    graph = network(replace(DEPTHWISE, channels=2), POINTWISE)
    conv(graph, 1).weights[..., 1:] = 0
    conv(graph, 1).weights[1:] = 0
    folded = verify(fold_constant_channels(graph))
    assert folded.input_tensor.channels == 3
    # The depthwise convolution reads an image that stays whole, so it stays whole as well.
    assert folded.tensors[folded.operators[0].output].channels == 6
    assert folded.output_tensor.channels == 6


def test_a_layer_of_constants_only_keeps_one() -> None:
    graph = network(POINTWISE, POINTWISE)
    conv(graph, 0).weights[:] = 0
    folded = verify(fold_constant_channels(graph))
    assert folded.tensors[conv(folded, 0).output].channels == 1


def test_both_sides_of_a_sum_keep_their_channels() -> None:
    graph = network(POINTWISE, Block("residual", kernel=(1, 1), option=2, zero_point=0), POINTWISE)
    conv(graph, 3).weights[..., 3] = 0
    folded = verify(fold_constant_channels(graph))
    assert folded.tensors[folded.operators[2].output].channels == 6


def test_a_bias_that_does_not_fit_is_refused_by_name() -> None:
    graph = network(POINTWISE, POINTWISE)
    first, second = conv(graph, 0), conv(graph, 1)
    first.weights[2] = 0
    first.bias[2] = 320
    second.bias[3] = np.iinfo(np.int32).max - 9
    with pytest.raises(UnsupportedModelError, match=f"{second.name}: .* 32-bit bias .*--no-fold-constant-channels"):
        fold_constant_channels(graph)
    second.bias[3] -= 1
    assert conv(fold_constant_channels(graph), 1).bias[3] == np.iinfo(np.int32).max


def test_no_removed_channel_was_needed_by_the_intervals() -> None:
    """What stays has the same intervals as before."""
    graph = network(POINTWISE, DEPTHWISE, POINTWISE)
    conv(graph, 0).weights[1] = 0
    folded = fold_constant_channels(graph)
    before, after = analyze_intervals(graph), analyze_intervals(folded)
    for name, tensor in folded.tensors.items():
        kept = np.arange(tensor.channels) if tensor.origin is None else tensor.origin.kept
        assert np.array_equal(after.tensors[name].low, before.tensors[name].low[kept])
        assert np.array_equal(after.tensors[name].high, before.tensors[name].high[kept])
    assert folded.tensors[folded.operators[0].output].channels == 5
