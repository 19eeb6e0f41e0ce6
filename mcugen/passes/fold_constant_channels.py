"""Channels that are constant whatever the image are folded into the next layer's bias and removed, weights and all.

A channel is removable when nothing that remains reads it, or when it is constant and everything that reads it can
take the constant into a bias. Reading backwards from the output finds the channels that must stay.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import (
    AveragePool2D,
    ChannelOrigin,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Tensor,
)
from mcugen.passes.intervals import Intervals, analyze_intervals

_INT32 = np.iinfo(np.int32)


def fold_constant_channels(graph: Graph) -> Graph:
    """Removes every channel that is constant or unread; what remains computes the same bits.

    Tensors that lost channels carry their `origin`, by which any layer is still compared with the model's.
    """
    intervals = analyze_intervals(graph)
    needed = _needed_channels(graph, intervals)
    tensors = {name: _compacted(tensor, needed[name], intervals) for name, tensor in graph.tensors.items()}
    operators = tuple(
        _reduced(op, graph.tensors[op.input], needed[op.input], needed[op.output], intervals) for op in graph.operators
    )
    return graph.with_operators(operators, tensors)


def _needed_channels(graph: Graph, intervals: Intervals) -> dict[str, np.ndarray]:
    """Bool [C] by tensor name: the channels that stay."""
    needed = {name: np.zeros(tensor.channels, bool) for name, tensor in graph.tensors.items()}
    for name in (graph.input, graph.output):
        needed[name][:] = True
    # Channels that stay make others stay, towards the input and, where an operator ties its output's channels to its
    # input's, towards the output, until nothing changes.
    count = -1
    while count != (count := sum(int(channels.sum()) for channels in needed.values())):
        for op in reversed(graph.operators):
            if not needed[op.output].any():
                # A map without channels cannot be written down, so one channel stays even where all are constant.
                needed[op.output][0] = True
            for name in op.inputs:
                constant = intervals.tensors[name].constant
                needed[name] |= _reads(op, graph.tensors[name], constant, needed[op.output])
            needed[op.output] |= _writes(op, needed[op.input], needed[op.output])
    return needed


@singledispatch
def _writes(op: Operator, inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Bool [C_out]: output channels that the operator writes from the input channels that stay. By default all."""
    return np.ones(len(outputs), bool)


@_writes.register
def _(op: Conv2D, inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return outputs


@_writes.register
def _(op: DepthwiseConv2D, inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return np.repeat(inputs, op.depth_multiplier)


@_writes.register(MaxPool2D)
@_writes.register(AveragePool2D)
@_writes.register(Lookup)
def _(op: Operator, inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return inputs


@singledispatch
def _reads(op: Operator, tensor: Tensor, constant: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Bool [C]: input channels that the operator needs for `outputs` (bool [C_out]). By default all of them."""
    return np.ones(tensor.channels, bool)


@_reads.register
def _(op: Conv2D, tensor: Tensor, constant: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    read = np.any(op.weights[outputs] != 0, axis=(0, 1, 2))
    if any(op.window.padding):
        # Beside a border a constant channel holds the zero point instead: only constants of no effect can go.
        return read
    return read & ~constant


@_reads.register
def _(op: DepthwiseConv2D, tensor: Tensor, constant: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return np.any(outputs.reshape(-1, op.depth_multiplier), axis=1)


@_reads.register(MaxPool2D)
@_reads.register(AveragePool2D)
@_reads.register(Lookup)
def _(op: Operator, tensor: Tensor, constant: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return outputs.copy()


def _compacted(tensor: Tensor, needed: np.ndarray, intervals: Intervals) -> Tensor:
    if needed.all():
        return tensor
    interval = intervals.tensors[tensor.name]
    to_int8 = 128 if tensor.dtype == "uint8" else 0
    origin = ChannelOrigin(
        kept=np.flatnonzero(needed),
        constants=np.where(interval.constant, interval.low - to_int8, 0),
        observable=needed | interval.constant,
    )
    height, width, _ = tensor.shape
    return replace(tensor, shape=(height, width, len(origin.kept)), origin=origin)


@singledispatch
def _reduced(op: Operator, tensor: Tensor, inputs: np.ndarray, outputs: np.ndarray, intervals: Intervals) -> Operator:
    """The operator on the channels that stay; by default unchanged, since those inputs and outputs stay whole."""
    return op


@_reduced.register
def _(op: Conv2D, tensor: Tensor, inputs: np.ndarray, outputs: np.ndarray, intervals: Intervals) -> Operator:
    interval = intervals.tensors[tensor.name]
    removed = ~inputs & interval.constant
    constant = np.where(removed, interval.low - tensor.zero_point, 0)
    weights = op.weights[outputs].astype(np.int64)
    # With padding only channels without weights were removed, so the constant adds nothing there.
    bias = op.bias[outputs] + (weights.sum(axis=(1, 2)) * constant).sum(axis=1)
    if bias.size and (bias.min() < _INT32.min or bias.max() > _INT32.max):
        raise UnsupportedModelError(
            f"{op.name}: the constant channels of its input do not fit a 32-bit bias",
            "leave out this pass with --no-fold-constant-channels",
        )
    return replace(
        op,
        weights=np.ascontiguousarray(op.weights[outputs][..., inputs]),
        bias=bias.astype(np.int32),
        requantization=op.requantization.select(outputs),
    )


@_reduced.register
def _(op: DepthwiseConv2D, tensor: Tensor, inputs: np.ndarray, outputs: np.ndarray, intervals: Intervals) -> Operator:
    return replace(
        op,
        weights=np.ascontiguousarray(op.weights[..., outputs]),
        bias=op.bias[outputs],
        requantization=op.requantization.select(outputs),
    )


@_reduced.register
def _(op: AveragePool2D, tensor: Tensor, inputs: np.ndarray, outputs: np.ndarray, intervals: Intervals) -> Operator:
    if op.requantization is None:
        return op
    return replace(op, requantization=op.requantization.select(outputs))
