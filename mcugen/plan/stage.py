"""Stages: what the generated code runs a row at a time.

A stage is one operator, or a depthwise convolution with the pointwise one that alone reads it: the depthwise result
then exists only as a block of columns and never as a feature map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from mcugen.ir import (
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Tensor,
    Window,
)


@dataclass(frozen=True, eq=False)
class Stage:
    """operators: one, or a depthwise and a pointwise convolution. inputs, output: tensors between stages."""

    index: int
    operators: tuple[Operator, ...]
    inputs: tuple[Tensor, ...]
    output: Tensor

    @property
    def first(self) -> Operator:
        """The operator that reads the stage's inputs."""
        return self.operators[0]

    @property
    def last(self) -> Operator:
        """The operator that writes the stage's output."""
        return self.operators[-1]

    @property
    def is_separable(self) -> bool:
        """A depthwise and a pointwise convolution in one."""
        return len(self.operators) == 2

    def rows_read(self, y: int) -> tuple[int, int]:
        """(first, last) row of every input that output row y reads, inside the input."""
        first, last = self.window_rows(y)
        limit = self.inputs[0].height - 1
        return min(max(first, 0), limit), min(max(last, 0), limit)

    def window_rows(self, y: int) -> tuple[int, int]:
        """(first, last) row that output row y reads, borders around the input included: straight lines in y."""
        return _rows_read(self.first, y, self.inputs[0].height)


@singledispatch
def _rows_read(op: Operator, y: int, height: int) -> tuple[int, int]:
    return y, y


def _window_rows(window: Window, y: int) -> tuple[int, int]:
    first = y * window.stride[0] - window.padding[0]
    return first, first + window.kernel[0] - 1


@_rows_read.register(Conv2D)
@_rows_read.register(DepthwiseConv2D)
@_rows_read.register(AveragePool2D)
@_rows_read.register(MaxPool2D)
def _(op: Conv2D, y: int, height: int) -> tuple[int, int]:
    return _window_rows(op.window, y)


@_rows_read.register
def _(op: Pad, y: int, height: int) -> tuple[int, int]:
    return y - op.padding[0], y - op.padding[0]


@_rows_read.register(Reshape)
@_rows_read.register(Softmax)
def _(op: Operator, y: int, height: int) -> tuple[int, int]:
    return 0, height - 1


def make_stages(graph: Graph) -> tuple[Stage, ...]:
    """The graph's operators as stages, in order."""
    stages: list[Stage] = []
    fused: set[str] = set()
    for op in graph.operators:
        if op.name in fused:
            continue
        operators: tuple[Operator, ...] = (op,)
        pointwise = _fusible_pointwise(graph, op)
        if pointwise is not None:
            operators = (op, pointwise)
            fused.add(pointwise.name)
        inputs = tuple(graph.tensors[name] for name in op.inputs)
        stages.append(Stage(len(stages), operators, inputs, graph.tensors[operators[-1].output]))
    return tuple(stages)


def _fusible_pointwise(graph: Graph, op: Operator) -> Conv2D | None:
    if not isinstance(op, DepthwiseConv2D) or op.output == graph.output:
        return None
    readers = graph.consumers(op.output)
    if len(readers) == 1 and isinstance(readers[0], Conv2D) and readers[0].is_pointwise:
        return readers[0]
    return None
