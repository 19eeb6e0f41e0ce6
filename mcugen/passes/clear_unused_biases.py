"""Biases of channels whose multiplier is 0 become 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D, FullyConnected, Graph, Operator


def clear_unused_biases(graph: Graph) -> Graph:
    """Sets to 0 every bias that a multiplier of 0 makes irrelevant.

    Trained models have such channels with biases near 2**31, which would needlessly fail the proof of no overflow.
    """
    return graph.with_operators(tuple(_cleared(op) for op in graph.operators), graph.tensors)


def _cleared(op: Operator) -> Operator:
    if not isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected):
        return op
    unused = op.requantization.broadcast(len(op.bias)).multiplier == 0
    return replace(op, bias=np.where(unused, 0, op.bias).astype(np.int32)) if unused.any() else op
