"""Explicit padding becomes the padding of the convolutions that read it."""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir import Conv2D, DepthwiseConv2D, Graph, Operator, Pad


def fold_padding(graph: Graph) -> Graph:
    """Removes every Pad that only convolutions read: both pad with the input's zero point."""
    operators = list(graph.operators)
    for pad in [op for op in graph.operators if isinstance(op, Pad)]:
        readers = [op for op in operators if pad.output in op.inputs]
        if pad.output == graph.output or not all(isinstance(op, Conv2D | DepthwiseConv2D) for op in readers):
            continue
        operators = [_padded(op, pad) if op in readers else op for op in operators if op is not pad]
    return graph.with_operators(tuple(operators), graph.tensors)


def _padded(op: Operator, pad: Pad) -> Operator:
    assert isinstance(op, Conv2D | DepthwiseConv2D)
    top, bottom, left, right = (a + b for a, b in zip(op.window.padding, pad.padding, strict=True))
    window = replace(op.window, padding=(top, bottom, left, right))
    return replace(op, inputs=(pad.input,), window=window)
