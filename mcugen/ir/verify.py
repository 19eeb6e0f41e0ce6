"""The verifier that runs after the front end and after every pass: a graph that passes can be compiled."""

from __future__ import annotations

import numpy as np

from mcugen.ir.errors import InvalidGraphError
from mcugen.ir.graph import Graph
from mcugen.ir.tensor import Tensor


def verify(graph: Graph) -> Graph:
    """Returns the graph if it obeys every rule, raises InvalidGraphError naming operator and rule otherwise."""
    known = {graph.input}
    for tensor in graph.tensors.values():
        _verify_tensor(tensor)
    names = [op.name for op in graph.operators]
    if len(set(names)) != len(names):
        raise InvalidGraphError("two operators have the same name")
    for op in graph.operators:
        for name in op.inputs:
            if name not in known:
                raise InvalidGraphError(f"{op.name}: reads {name} before anything writes it")
        if op.output in known:
            raise InvalidGraphError(f"{op.name}: writes {op.output} a second time")
        known.add(op.output)
        op.verify([graph.tensors[name] for name in op.inputs], graph.tensors[op.output])
    if graph.output not in known:
        raise InvalidGraphError(f"nothing writes the output {graph.output}")
    return graph


def _verify_tensor(tensor: Tensor) -> None:
    if len(tensor.shape) != 3 or min(tensor.shape) < 1:
        raise InvalidGraphError(f"tensor {tensor.name}: shape {tensor.shape} is not (height, width, channels)")
    if tensor.dtype not in ("int8", "uint8"):
        raise InvalidGraphError(f"tensor {tensor.name}: dtype {tensor.dtype} is not int8 or uint8")
    if not (np.isfinite(tensor.scale) and tensor.scale > 0):
        raise InvalidGraphError(f"tensor {tensor.name}: scale {tensor.scale} is not positive")
    if not tensor.qmin <= tensor.zero_point <= tensor.qmax:
        raise InvalidGraphError(f"tensor {tensor.name}: zero point {tensor.zero_point} is out of range")
