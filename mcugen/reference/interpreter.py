"""Evaluation of a graph, operator by operator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcugen.diagnostics import McugenError
from mcugen.ir import Graph, Operator


def evaluate(graph: Graph, x: np.ndarray) -> Iterator[tuple[Operator, np.ndarray]]:
    """Yields every operator, in order, with its output [N, height, width, channels] in the tensor's own dtype.

    x: the graph's input, [N, height, width, channels] of the input tensor's dtype. Feature maps are dropped after
    their last reader, so holding on to what is yielded is up to the caller. Yielded arrays are not to be modified.
    """
    tensor = graph.input_tensor
    if x.shape[1:] != tensor.shape or x.ndim != 4:
        wanted = ", ".join(map(str, tensor.shape))
        raise McugenError(f"the input of {graph.name} is [N, {wanted}], not {list(x.shape)}")
    if x.dtype != tensor.dtype:
        raise McugenError(f"the input of {graph.name} is {tensor.dtype}, not {x.dtype}")
    last_reader = {name: op for op in graph.operators for name in op.inputs}
    maps = {graph.input: x}
    for op in graph.operators:
        inputs = [graph.tensors[name] for name in op.inputs]
        values = [maps[name] for name in op.inputs]
        result = op.evaluate(values, inputs, graph.tensors[op.output])
        maps[op.output] = result
        for name in {*op.inputs, op.output}:
            if last_reader.get(name) in (op, None):
                del maps[name]
        del values
        yield op, result


def run(graph: Graph, x: np.ndarray) -> np.ndarray:
    """The graph's output [N, height, width, channels] for its input [N, height, width, channels]."""
    output = x
    for op, result in evaluate(graph, x):
        if op.output == graph.output:
            output = result
    return output
