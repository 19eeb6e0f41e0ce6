"""Shapes and connections that a random draw seldom hits, one by one: the C code equals the reference on every layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from mcugen.fixedpoint import Requantization, Rounding, add_double_rounding, add_single_rounding
from mcugen.ir import (
    Add,
    Border,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Tensor,
    Window,
    verify,
)
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.random_graphs import Block, build, random_inputs

Shape = tuple[int, int, int]


class Case(NamedTuple):
    """What `random_graphs.build` makes a graph of."""

    shape: Shape
    blocks: list[Block]
    head: Block | None = None


def _conv(channels: int = 5, kernel: tuple[int, int] = (3, 3), **fields: Any) -> Block:
    return Block("conv", kernel=kernel, channels=channels, **{"option": 1, **fields})


def _depthwise(kernel: tuple[int, int] = (3, 3), multiplier: int = 1, **fields: Any) -> Block:
    return Block("depthwise", kernel=kernel, channels=multiplier, **{"option": 1, **fields})


SAME = (1, 1, 1, 1)
BUILT = {
    "one_row": Case((1, 9, 3), [_conv(padding=SAME), _depthwise(padding=SAME), _conv(4, (1, 1))]),
    "one_column": Case((9, 1, 3), [_conv(padding=SAME), _depthwise(padding=SAME), _conv(4, (1, 1))]),
    "one_pixel": Case((1, 1, 7), [_depthwise(padding=SAME), _conv(3, padding=SAME), _conv(4, (1, 1))]),
    "one_value": Case((1, 1, 1), [_conv(1, (1, 1)), _depthwise((1, 1)), Block("fully_connected", channels=1)]),
    "kernel_larger_than_the_image": Case(
        (2, 2, 3), [_conv(4, (5, 5), padding=(2, 2, 2, 2)), _depthwise((4, 5), padding=(2, 1, 2, 2))]
    ),
    "stride_larger_than_the_kernel": Case(
        (9, 9, 3), [_conv(6, (1, 1), stride=(3, 3)), _depthwise((2, 2), stride=(3, 2))]
    ),
    "rows_that_nothing_reads": Case((8, 8, 2), [_conv(4, (2, 2), stride=(3, 3)), _conv(3, (1, 1), stride=(2, 2))]),
    "depthwise_first": Case((7, 8, 5), [_depthwise(padding=SAME), _conv(4, (1, 1))]),
    "depthwise_first_alone": Case((7, 8, 5), [_depthwise(padding=SAME, stride=(2, 2))]),
    "depth_multiplier": Case(
        (6, 7, 4), [_depthwise(padding=SAME, multiplier=3), _conv(4, (1, 1)), _depthwise(multiplier=2)]
    ),
    "depth_multiplier_of_one_channel": Case(
        (9, 8, 1), [_depthwise(padding=SAME, multiplier=3, stride=(2, 2)), _depthwise()]
    ),
    "maximum_ties_input_and_output": Case((6, 6, 3), [Block("maximum", kernel=(2, 2), stride=(2, 2))]),
    "maximum_over_padding": Case(
        (6, 5, 3), [Block("maximum", kernel=(3, 3), stride=(2, 2), padding=SAME, clamp="relu6"), _conv()]
    ),
    "average_over_padding": Case((6, 5, 3), [_conv(), Block("average", kernel=(3, 3), stride=(2, 1), padding=SAME)]),
    "pad_ties_input_and_output": Case((3, 4, 2), [Block("pad", padding=(2, 0, 1, 3))]),
    "pad_into_strided_pointwise": Case(
        (3, 3, 4), [Block("pad", padding=(3, 3, 3, 3)), _conv(5, (1, 1), stride=(2, 2))]
    ),
    "pad_into_strided_depthwise": Case(
        (3, 3, 4), [Block("pad", padding=(3, 3, 3, 3)), _depthwise((1, 1), stride=(2, 2)), _conv(2, (1, 1))]
    ),
    "pad_below_into_depthwise": Case(
        (2, 3, 4), [Block("pad", padding=(0, 3, 0, 3)), _depthwise((1, 1)), _conv(2, (1, 1))]
    ),
    "pad_into_pooling": Case((4, 4, 3), [_conv(), Block("pad", padding=(1, 2, 0, 1)), Block("maximum", kernel=(2, 2))]),
    "reshape_at_both_ends": Case((4, 3, 6), [Block("reshape", option=1), _conv(4), Block("reshape", option=0)]),
    "reshape_of_planar_rows": Case(
        (4, 6, 5), [_conv(), Block("reshape", option=3), _depthwise((1, 3)), Block("reshape", option=2)]
    ),
    "fully_connected_over_a_map": Case((5, 4, 3), [_conv(6), Block("fully_connected", channels=7, option=1)]),
    "fully_connected_over_the_image": Case((4, 5, 3), [Block("fully_connected", channels=3, option=2)]),
    "add_to_itself": Case((4, 4, 6), [_conv(6, (1, 1)), Block("residual", option=0), _conv(3)]),
    "add_the_image_to_itself": Case((4, 4, 6), [Block("residual", option=0)]),
    "residuals_in_a_row": Case(
        (6, 6, 4),
        [
            Block("residual", kernel=(3, 3), option=3),
            Block("residual", kernel=(5, 5), option=1),
            Block("residual", option=2),
        ],
    ),
    "softmax_of_two": Case((3, 3, 2), [_conv()], Block("softmax", channels=2, option=1)),
    "softmax_of_one": Case((1, 1, 3), [_conv(1, (1, 1))], Block("softmax", option=0)),
    "softmax_of_a_map": Case((8, 8, 4), [Block("lookup", zero_point=3)], Block("softmax", option=0)),
    "lookup_at_both_ends": Case((3, 4, 5), [Block("lookup", option=1), _depthwise(), Block("lookup", option=0)]),
    "global_average": Case(
        (7, 5, 9), [_conv(9, padding=SAME), Block("global_average", option=1, zero_point=-128), _conv(4, (1, 1))]
    ),
    "two_global_averages": Case((5, 5, 3), [Block("average", kernel=(5, 5)), Block("global_average", zero_point=7)]),
    "long_chain": Case(
        (9, 9, 3),
        [_conv(4, padding=SAME, stride=(1, 2))] + [_depthwise(padding=SAME), _conv(5, (1, 1), clamp="relu")] * 5,
    ),
}


# Half of the cases run without the folding of constant channels and with the other rounding; the rest of both is slow.
BUILT_CASES = [
    pytest.param(name, fold, id=f"{name}-{'folded' if fold else 'whole'}", marks=[] if fast else [pytest.mark.slow])
    for number, name in enumerate(BUILT)
    for fold, fast in ((number % 2 == 0, True), (number % 2 == 1, False))
]


@pytest.mark.parametrize(("name", "fold"), BUILT_CASES)
def test_built_graphs(name: str, fold: bool) -> None:
    case = BUILT[name]
    rounding = Rounding.DOUBLE if fold else Rounding.SINGLE
    graph = build(case.shape, -3, rounding, case.blocks, case.head, seed=len(name))
    assert_equal_everywhere(graph, random_inputs(graph, 2, seed=5), fold_constants=fold, sanitize=True, flags=["-O1"])


class Network:
    """A graph written down operator by operator, with seeded weights."""

    def __init__(self, shape: Shape, rounding: Rounding = Rounding.DOUBLE) -> None:
        self.rng = np.random.default_rng(len(shape) + sum(shape))
        self.rounding = rounding
        self.tensors = {"image": Tensor("image", shape, "int8", 0.02, -7)}
        self.operators: list[Operator] = []

    def _append(
        self, op: type[Operator], inputs: tuple[str, ...], output: str, shape: Shape, zero_point: int, **fields: Any
    ) -> str:
        self.tensors[output] = Tensor(output, shape, "int8", 0.03, zero_point)
        self.operators.append(op(name=f"make_{output}", inputs=inputs, output=output, **fields))
        return output

    def requantization(self, depth: int, channels: int, zero_point: int) -> Requantization:
        shift = np.full(channels, -int(np.log2(depth * 8 + 1)) - 1)
        return Requantization(
            self.rng.integers(1 << 30, 1 << 31, channels), shift, self.rounding, zero_point, -128, 127
        )

    def conv(self, source: str, output: str, channels: int, kernel: int = 1, stride: int = 1, padding: int = 0) -> str:
        height, width, depth = self.tensors[source].shape
        window = Window(kernel=(kernel, kernel), stride=(stride, stride), padding=(padding,) * 4)
        weights = self.rng.integers(-127, 128, (channels, kernel, kernel, depth)).astype(np.int8)
        return self._append(
            Conv2D,
            (source,),
            output,
            (*window.output_size(height, width), channels),
            4,
            weights=weights,
            bias=self.rng.integers(-500, 500, channels).astype(np.int32),
            window=window,
            requantization=self.requantization(weights[0].size, channels, 4),
        )

    def depthwise(self, source: str, output: str, kernel: int = 3, padding: int = 1, stride: int = 1) -> str:
        height, width, channels = self.tensors[source].shape
        window = Window(kernel=(kernel, kernel), stride=(stride, stride), padding=(padding,) * 4)
        return self._append(
            DepthwiseConv2D,
            (source,),
            output,
            (*window.output_size(height, width), channels),
            -128,
            weights=self.rng.integers(-127, 128, (kernel, kernel, channels)).astype(np.int8),
            bias=self.rng.integers(-500, 500, channels).astype(np.int32),
            window=window,
            requantization=self.requantization(kernel * kernel, channels, -128),
        )

    def fully_connected(self, source: str, output: str, channels: int) -> str:
        size = self.tensors[source].size
        return self._append(
            FullyConnected,
            (source,),
            output,
            (1, 1, channels),
            0,
            weights=self.rng.integers(-127, 128, (channels, size)).astype(np.int8),
            bias=self.rng.integers(-500, 500, channels).astype(np.int32),
            requantization=self.requantization(size, channels, 0),
        )

    def add(self, a: str, b: str, output: str) -> str:
        make = add_double_rounding if self.rounding is Rounding.DOUBLE else add_single_rounding
        scales = (self.tensors[a].scale, self.tensors[b].scale, 0.04)
        zero_points = (self.tensors[a].zero_point, self.tensors[b].zero_point, 11)
        return self._append(
            Add, (a, b), output, self.tensors[a].shape, 11, arithmetic=make(scales, zero_points, -128, 127)
        )

    def maximum(self, source: str, output: str, kernel: int = 2) -> str:
        tensor = self.tensors[source]
        window = Window(kernel=(kernel, kernel))
        shape = (*window.output_size(*tensor.shape[:2]), tensor.channels)
        return self._append(MaxPool2D, (source,), output, shape, tensor.zero_point, window=window)

    def pad(self, source: str, output: str, padding: tuple[int, int, int, int]) -> str:
        height, width, channels = self.tensors[source].shape
        shape = (height + padding[0] + padding[1], width + padding[2] + padding[3], channels)
        return self._append(Pad, (source,), output, shape, self.tensors[source].zero_point, padding=padding)

    def lookup(self, source: str, output: str) -> str:
        table = self.rng.integers(-128, 128, 256)
        return self._append(Lookup, (source,), output, self.tensors[source].shape, 0, table=table)

    def reshape(self, source: str, output: str, shape: Shape) -> str:
        return self._append(Reshape, (source,), output, shape, self.tensors[source].zero_point)

    def graph(self, output: str) -> Graph:
        borders = [
            Border("int8", t.scale, t.zero_point, "half_away", "NHWC", (1, *t.shape))
            for t in (self.tensors["image"], self.tensors[output])
        ]
        return verify(Graph("drawn", self.tensors, tuple(self.operators), "image", output, borders[0], borders[1]))


def _image_read_by_several(net: Network) -> str:
    a, b = net.conv("image", "a", 4, 3, padding=1), net.depthwise("image", "b")
    return net.add(net.add(a, b, "sum"), "image", "total")


def _branches_of_different_delay(net: Network) -> str:
    """One side of the sum lags many rows behind the other: its rows must wait."""
    slow = net.conv("image", "c0", 4, 3, padding=1)
    for i in range(4):
        slow = net.depthwise(slow, f"d{i}", kernel=5, padding=2)
    return net.add("image", slow, "total")


def _planar_and_interleaved_readers(net: Network) -> str:
    """A tensor that a depthwise, a pointwise and a standard convolution read."""
    a = net.conv("image", "a", 4, 1)
    b, c, d = net.depthwise(a, "b"), net.conv(a, "c", 4, 1), net.conv(a, "d", 4, 3, padding=1)
    return net.add(net.add(b, c, "bc"), d, "bcd")


def _fully_connected_over_planar_rows(net: Network) -> str:
    a = net.conv("image", "a", 4, 1)
    net.depthwise(a, "b")
    c = net.fully_connected(a, "c", 5)
    net.fully_connected("b", "d", 5)
    return net.add(c, "d", "sum")


def _planar_output(net: Network) -> str:
    """The output is read by a depthwise convolution that nobody needs, and lies in memory channel by channel."""
    a = net.conv("image", "a", 5, 3)
    net.depthwise(a, "b")
    return a


def _output_that_the_next_layers_consume(net: Network) -> str:
    a = net.conv("image", "a", 5, 3, padding=1)
    net.conv(net.conv(a, "b", 4, 3), "c", 3, 3)
    return a


def _layers_that_nothing_reads(net: Network) -> str:
    net.lookup(net.conv("image", "a", 3, 3), "b")
    return net.maximum("image", "c")


def _pad_with_two_kinds_of_readers(net: Network) -> str:
    a = net.pad("image", "a", (1, 1, 1, 1))
    return net.add(net.conv(a, "b", 4, 3), net.conv(net.maximum(a, "c", 3), "d", 4), "sum")


def _reshape_read_by_convolution_and_dense(net: Network) -> str:
    height, width, channels = net.tensors["image"].shape
    a = net.reshape("image", "a", (width, height, channels))
    net.fully_connected(a, "b", 6)
    return net.add(net.fully_connected(net.conv(a, "c", 3, 3), "d", 6), "b", "sum")


def _maximum_from_image_to_output(net: Network) -> str:
    """Everything keeps the image's int8, padding and reshape included, and a depthwise convolution reads it."""
    a = net.maximum(net.pad("image", "a", (0, 1, 1, 0)), "b")
    net.depthwise(a, "c")
    return net.reshape(a, "d", (1, 1, net.tensors[a].size))


DRAWN = [
    _image_read_by_several,
    _branches_of_different_delay,
    _planar_and_interleaved_readers,
    _fully_connected_over_planar_rows,
    _planar_output,
    _output_that_the_next_layers_consume,
    _layers_that_nothing_reads,
    _pad_with_two_kinds_of_readers,
    _reshape_read_by_convolution_and_dense,
    _maximum_from_image_to_output,
]


DRAWN_CASES = [
    pytest.param(
        draw, rounding, id=f"{draw.__name__.strip('_')}-{rounding.value}", marks=[] if fast else [pytest.mark.slow]
    )
    for draw in DRAWN
    for rounding, fast in ((Rounding.DOUBLE, True), (Rounding.SINGLE, False))
]


@pytest.mark.parametrize(("draw", "rounding"), DRAWN_CASES)
def test_drawn_graphs(draw: Callable[[Network], str], rounding: Rounding) -> None:
    net = Network((7, 6, 4), rounding)
    graph = net.graph(draw(net))
    fold = rounding is Rounding.DOUBLE
    images = random_inputs(graph, 3, seed=9)
    result = assert_equal_everywhere(graph, images, fold_constants=fold, sanitize=True, flags=["-O1"])
    assert len(np.unique(result.outputs)) > 8


@pytest.mark.parametrize("classes", [1000, 2047])
def test_softmax_of_many_classes(classes: int) -> None:
    graph = build((1, 1, 8), 0, Rounding.DOUBLE, [Block("fully_connected", channels=classes, option=0)], seed=1)
    softmax = build((1, 1, 5), 0, Rounding.DOUBLE, [Block("lookup")], Block("softmax", option=0), seed=1).operators[-1]
    logits = graph.output
    output = Tensor("scores", (1, 1, classes), "int8", 1 / 256, -128)
    border = Border("int8", 1 / 256, -128, "half_away", "NHWC", (1, classes))
    wide = replace(
        graph,
        tensors={**graph.tensors, "scores": output},
        operators=(*graph.operators, replace(softmax, inputs=(logits,), output="scores", name="softmax")),
        output="scores",
        output_border=border,
    )
    assert_equal_everywhere(verify(wide), random_inputs(wide, 3, seed=2), fold_constants=True, sanitize=True)


@pytest.mark.parametrize("rounding", Rounding, ids=[r.value for r in Rounding])
def test_extreme_multipliers_and_shifts(rounding: Rounding) -> None:
    """Every shift from -31 to 2 beside multipliers of 0, 2**30 and 2**31 - 1."""
    shifts = np.arange(-31, 3)
    multipliers = np.array([0, 1 << 30, (1 << 31) - 1, 1518500250])
    shift, multiplier = (grid.reshape(-1) for grid in np.meshgrid(shifts, multipliers))
    net = Network((3, 3, 2), rounding)
    output = net.conv("image", "a", len(shift), 3)
    (op,) = net.operators
    assert isinstance(op, Conv2D)
    for zero_point in (-128, 0, 127):
        requantization = Requantization(multiplier, shift, rounding, zero_point, -128, 127)
        net.tensors["a"] = replace(net.tensors["a"], zero_point=zero_point)
        net.operators = [replace(op, requantization=requantization)]
        graph = net.graph(output)
        images = random_inputs(graph, 20, seed=4)
        assert_equal_everywhere(graph, images, fold_constants=False, sanitize=True, flags=["-O1"])
