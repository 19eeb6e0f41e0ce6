"""Tensors that a depthwise convolution reads, or average pooling alone, are stored as uint8.

With ReLU the zero point is then 0: borders are plain zeros, a row of weights outside the image is a row of zeros, and
saturation to 0..255 is the activation itself. All other tensors stay int8, as matrix kernels widen them.
"""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir import Graph, Operator, Planes

_OFFSET = 128


def unsigned_activations(graph: Graph) -> Graph:
    """Stores such tensors as their int8 value plus 128; the graph's input and output stay int8."""
    kept = {graph.input, graph.output, *keepers(graph)}
    unsigned = {name for name in graph.tensors if _read_as_planes(graph, name)} - kept
    delta = {name: _OFFSET if name in unsigned else 0 for name in graph.tensors}
    tensors = {
        name: replace(t, dtype="uint8", zero_point=t.zero_point + _OFFSET) if delta[name] else t
        for name, t in graph.tensors.items()
    }
    operators = tuple(op.stored(tuple(delta[name] for name in op.inputs), delta[op.output]) for op in graph.operators)
    return graph.with_operators(operators, tensors)


def _read_as_planes(graph: Graph, tensor: str) -> bool:
    """Whether one reader needs planes of uint8, or all want them."""
    wanted = [op.planes for op in graph.consumers(tensor)]
    return Planes.ALWAYS in wanted or (bool(wanted) and all(planes is Planes.ALONE for planes in wanted))


def keepers(graph: Graph) -> dict[str, Operator]:
    """Of each tensor on either side of an operator that hands values on, the first such: by it, it stays int8."""
    found: dict[str, Operator] = {}
    for op in graph.operators:
        if op.keeps_type:
            found = dict.fromkeys((*op.inputs, op.output), op) | found
    return found
