"""Tensors that a depthwise convolution reads, or average pooling alone, are stored as uint8.

With ReLU the zero point is then 0: borders are plain zeros, a row of weights outside the image is a row of zeros, and
saturation to 0..255 is the activation itself. All other tensors stay int8, as matrix kernels widen them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np

from mcugen.ir import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
)

_OFFSET = 128


def unsigned_activations(graph: Graph) -> Graph:
    """Stores such tensors as their int8 value plus 128; the graph's input and output stay int8."""
    kept = _kept_signed(graph)
    read = {op.input for op in graph.operators if isinstance(op, DepthwiseConv2D)}
    pooled = {op.input for op in graph.operators if isinstance(op, AveragePool2D)}
    read |= {name for name in pooled if all(isinstance(op, AveragePool2D) for op in graph.consumers(name))}
    delta = {name: _OFFSET if name in read - kept else 0 for name in graph.tensors}
    tensors = {
        name: replace(t, dtype="uint8", zero_point=t.zero_point + _OFFSET) if delta[name] else t
        for name, t in graph.tensors.items()
    }
    operators = tuple(
        _shifted(op, tuple(delta[name] for name in op.inputs), delta[op.output]) for op in graph.operators
    )
    return graph.with_operators(operators, tensors)


def _kept_signed(graph: Graph) -> set[str]:
    """Input, output, and both sides of operators that only copy values."""
    kept = {graph.input, graph.output}
    for op in graph.operators:
        if isinstance(op, MaxPool2D | Pad | Reshape):
            kept |= {op.input, op.output}
    return kept


@singledispatch
def _shifted(op: Operator, inputs: tuple[int, ...], output: int) -> Operator:
    """The operator after `inputs` and `output` were added to the stored values of its tensors."""
    raise TypeError(f"{type(op).__name__} has no rule for another storage type")


@_shifted.register(Conv2D)
@_shifted.register(DepthwiseConv2D)
def _(op: Conv2D, inputs: tuple[int, ...], output: int) -> Operator:
    return replace(op, requantization=op.requantization.offset(output))


@_shifted.register
def _(op: AveragePool2D, inputs: tuple[int, ...], output: int) -> Operator:
    if op.requantization is not None:
        return replace(op, requantization=op.requantization.offset(output))
    return replace(
        op,
        minimum=op.minimum + output,
        maximum=op.maximum + output,
        input_origin=op.input_origin + inputs[0],
        output_origin=op.output_origin + output,
    )


@_shifted.register
def _(op: MaxPool2D, inputs: tuple[int, ...], output: int) -> Operator:
    return replace(op, minimum=op.minimum + output, maximum=op.maximum + output)


@_shifted.register
def _(op: Add, inputs: tuple[int, ...], output: int) -> Operator:
    return replace(op, arithmetic=op.arithmetic.offset((inputs[0], inputs[1], output)))


@_shifted.register
def _(op: Lookup, inputs: tuple[int, ...], output: int) -> Operator:
    # The table is indexed by the distance from the input type's minimum, which the shift does not change.
    return replace(op, table=op.table + np.int64(output))


@_shifted.register(Pad)
@_shifted.register(Reshape)
def _(op: Operator, inputs: tuple[int, ...], output: int) -> Operator:
    return op


@_shifted.register
def _(op: Softmax, inputs: tuple[int, ...], output: int) -> Operator:
    return replace(op, output_offset=op.output_offset + output)
