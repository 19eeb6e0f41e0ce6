"""Stages: what the generated code runs a row at a time.

A stage is one operator, or a depthwise convolution with the pointwise one that alone reads it: the depthwise result
then exists only as a block of columns and never as a feature map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator, Tensor


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

    @property
    def depthwise(self) -> DepthwiseConv2D | None:
        """Its depthwise convolution, None where it has none."""
        return self.first if isinstance(self.first, DepthwiseConv2D) else None

    @property
    def matrix(self) -> Conv2D | None:
        """Its standard or pointwise convolution, which is a product of matrices, None where it has none."""
        return self.last if isinstance(self.last, Conv2D) else None

    @property
    def is_convolution(self) -> bool:
        """Whether a kernel family writes it."""
        return self.depthwise is not None or self.matrix is not None

    def rows_read(self, y: int) -> list[tuple[int, int]]:
        """(first, last) row of each input that output row y reads, inside the input."""
        return [
            (min(max(first, 0), tensor.height - 1), min(max(last, 0), tensor.height - 1))
            for (first, last), tensor in zip(self.window_rows(y), self.inputs, strict=True)
        ]

    def window_rows(self, y: int) -> list[tuple[int, int]]:
        """(first, last) row of each input that output row y reads, borders around the input included."""
        return self.first.rows_read(y, self.inputs)


def make_stages(graph: Graph) -> tuple[Stage, ...]:
    """The graph's operators as stages, in order."""
    stages: list[Stage] = []
    fused: set[str] = set()
    for op in graph.operators:
        # Where each output is handed over by rows, nothing joins them.
        if op.name in fused or (graph.by_rows and graph.several and op.output == graph.output):
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


def waiting_stages(stages: Sequence[Stage]) -> tuple[Stage, ...] | None:
    """The stages with all that can wait for their whole input doing so, None where none can."""
    waiting = [stage.first.waiting() for stage in stages]
    if not any(waiting):
        return None
    return tuple(
        stage if first is None else replace(stage, operators=(first, *stage.operators[1:]))
        for stage, first in zip(stages, waiting, strict=True)
    )
