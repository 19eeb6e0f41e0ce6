"""The intervals hold every value and every sum that occurs, and are reached where nothing is lost to correlation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from mcugen import reference
from mcugen.fixedpoint import Rounding
from mcugen.ir import AveragePool2D, Conv2D, DepthwiseConv2D, Graph, Operator, Tensor
from mcugen.passes.fully_connected_to_conv import fully_connected_to_conv
from mcugen.passes.intervals import Interval, analyze_intervals
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build, graphs, random_inputs


def windows(op: Conv2D | DepthwiseConv2D | AveragePool2D, x: np.ndarray, fill: int) -> np.ndarray:
    """int64 [N, height, width, kernel height, kernel width, C] of every window, borders filled."""
    top, bottom, left, right = op.window.padding
    padded = np.pad(x.astype(np.int64), ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    views = np.lib.stride_tricks.sliding_window_view(padded, op.window.kernel, axis=(1, 2))
    return views[:, :: op.window.stride[0], :: op.window.stride[1]].transpose(0, 1, 2, 4, 5, 3)


def accumulators(op: Operator, x: np.ndarray, source: Tensor) -> np.ndarray | None:
    """int64 [..., C] of an operator that requantizes sums, None of any other."""
    if isinstance(op, Conv2D):
        centered = windows(op, x, source.zero_point) - source.zero_point
        return np.einsum("nyxijc,oijc->nyxo", centered, op.weights.astype(np.int64)) + op.bias
    if isinstance(op, DepthwiseConv2D):
        centered = np.repeat(windows(op, x, source.zero_point) - source.zero_point, op.depth_multiplier, axis=5)
        return np.einsum("nyxijc,ijc->nyxc", centered, op.weights.astype(np.int64)) + op.bias
    if isinstance(op, AveragePool2D) and op.requantization is not None:
        return (windows(op, x, 0) - source.zero_point).sum(axis=(3, 4))
    return None


def assert_inside(values: np.ndarray, interval: Interval, what: str) -> None:
    flat = values.reshape(-1, values.shape[-1]).astype(np.int64)
    assert np.all(flat >= interval.low), what
    assert np.all(flat <= interval.high), what


def check(graph: Graph, images: np.ndarray) -> int:
    """Number of operators whose sums were compared."""
    intervals = analyze_intervals(graph)
    values = {graph.input: images}
    compared = 0
    for op, result in reference.evaluate(graph, images):
        values[op.output] = result
        assert_inside(result, intervals.tensors[op.output], f"values of {op.name}")
        sums = accumulators(op, values[op.input], graph.tensors[op.input])
        if sums is not None:
            compared += 1
            assert_inside(sums, intervals.accumulators[op.name], f"sums of {op.name}")
            assert np.abs(sums).max() <= intervals.magnitudes[op.name]
    return compared


@given(graph=graphs(max_blocks=6))
@settings(max_examples=100, print_blob=True)
def test_they_hold_what_occurs(graph: Graph) -> None:
    check(fully_connected_to_conv(graph), random_inputs(graph, 4, seed=0))
    live = optimized(graph)
    check(live, random_inputs(live, 4, seed=0))


@given(graph=graphs(max_blocks=4))
@settings(max_examples=60, print_blob=True)
def test_magnitudes_bound_every_partial_sum(graph: Graph) -> None:
    """The folded form bias - z * sum(w) + w * x, summed in any order: all positive products first, or all negative."""
    graph = optimized(graph, fold_constants=False)
    intervals = analyze_intervals(graph)
    for op in graph.operators:
        if not isinstance(op, Conv2D):
            continue
        zero_point, stored = graph.tensors[op.input].zero_point, intervals.tensors[op.input]
        weights = op.weights.astype(np.int64)
        low, high = (np.minimum(stored.low, zero_point), np.maximum(stored.high, zero_point))
        products = np.stack([weights * low, weights * high])
        start = op.bias - zero_point * weights.sum(axis=(1, 2, 3))
        highest = start + np.maximum(products.max(axis=0), 0).sum(axis=(1, 2, 3))
        lowest = start + np.minimum(products.min(axis=0), 0).sum(axis=(1, 2, 3))
        assert max(np.abs(highest).max(), np.abs(lowest).max(), np.abs(start).max()) <= intervals.magnitudes[op.name]


def test_a_first_layer_reaches_its_bounds() -> None:
    """One convolution as large as the image: the image that each channel's weights want reaches both ends."""
    graph = build((3, 4, 2), 5, Rounding.DOUBLE, [Block("conv", kernel=(3, 4), channels=6, option=1)], seed=1)
    (op,) = graph.operators
    assert isinstance(op, Conv2D)
    reachable = analyze_intervals(graph).accumulators[op.name]
    for channel, weights in enumerate(op.weights):
        for wanted, bound in ((weights > 0, reachable.high), (weights < 0, reachable.low)):
            image = np.where(wanted, 127, -128).astype(np.int8)[None]
            sums = accumulators(op, image, graph.input_tensor)
            assert sums is not None
            assert sums[0, 0, 0, channel] == bound[channel]


def test_borders_count_only_where_windows_leave_the_image() -> None:
    """Weights of one sign: inside the image every tap counts, beside a border some are left out."""
    blocks = [Block("conv", kernel=(3, 3), channels=1, option=1)]
    inner = build((5, 5, 1), -128, Rounding.DOUBLE, blocks, seed=1)
    padded = build(
        (5, 5, 1),
        -128,
        Rounding.DOUBLE,
        [Block("conv", kernel=(3, 3), padding=(1, 1, 1, 1), channels=1, option=1)],
        seed=1,
    )
    for graph in (inner, padded):
        (op,) = graph.operators
        assert isinstance(op, Conv2D)
        op.weights[:] = 1
        op.bias[:] = 0
        reachable = analyze_intervals(graph).accumulators[op.name]
        assert (reachable.low[0], reachable.high[0]) == (0, 9 * 255)
    shifted = build((5, 5, 1), 0, Rounding.DOUBLE, blocks, seed=1)
    (op,) = shifted.operators
    assert isinstance(op, Conv2D)
    op.weights[:] = 1
    op.bias[:] = 0
    reachable = analyze_intervals(shifted).accumulators[op.name]
    assert (reachable.low[0], reachable.high[0]) == (-9 * 128, 9 * 127)
