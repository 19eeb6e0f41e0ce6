"""Explicit padding becomes the padding of the convolutions that read it."""

from __future__ import annotations

from mcugen.ir import Graph, Pad


def fold_padding(graph: Graph) -> Graph:
    """Removes every Pad whose readers can all pad for themselves: they too take the input's zero point."""
    operators = list(graph.operators)
    for pad in [op for op in graph.operators if isinstance(op, Pad)]:
        padded = {op.name: op.padded(pad.padding, pad.input) for op in operators if pad.output in op.inputs}
        if pad.output == graph.output or None in padded.values():
            continue
        operators = [padded.get(op.name) or op for op in operators if op is not pad]
    return graph.with_operators(tuple(operators), graph.tensors)
