"""Channels that are constant whatever the image are folded into the next layer's bias and removed, weights and all.

A channel is removable when nothing that remains reads it, or when it is constant and everything that reads it can
take the constant into a bias. Reading backwards from the output finds the channels that must stay.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir import ChannelOrigin, Graph, Operator, Tensor
from mcugen.passes.intervals import Intervals, analyze_intervals


def fold_constant_channels(graph: Graph) -> Graph:
    """Removes every channel that is constant or unread; what remains computes the same bits.

    Tensors that lost channels carry their `origin`, by which any layer is still compared with the model's.
    """
    intervals = analyze_intervals(graph)
    needed = _needed_channels(graph, intervals)
    tensors = {name: _compacted(tensor, needed[name], intervals) for name, tensor in graph.tensors.items()}
    operators = tuple(_reduced(graph, op, needed, intervals) for op in graph.operators)
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
            inputs = [graph.tensors[name] for name in op.inputs]
            constants = [intervals.tensors[name].constant for name in op.inputs]
            read = op.channels_read(needed[op.output], inputs, constants)
            for name, channels in zip(op.inputs, read, strict=True):
                needed[name] |= channels
            needed[op.output] |= op.channels_written([needed[name] for name in op.inputs], needed[op.output])
    return needed


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


def _reduced(graph: Graph, op: Operator, needed: dict[str, np.ndarray], intervals: Intervals) -> Operator:
    return op.without_channels(
        [needed[name] for name in op.inputs],
        needed[op.output],
        [graph.tensors[name] for name in op.inputs],
        [intervals.tensors[name] for name in op.inputs],
    )
