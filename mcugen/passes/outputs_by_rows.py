"""Outputs are handed to the caller row by row."""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir import Graph
from mcugen.ir.names import unused_name
from mcugen.ir.operators.slice import Slice


def outputs_by_rows(graph: Graph) -> Graph:
    """Names the tensors whose finished rows are the outputs: each belongs to one output, and no operator reads it.

    An output that the network itself reads, or that it has twice, gets rows of its own, copied of the tensor's.
    """
    tensors, operators = dict(graph.tensors), list(graph.operators)
    joint = graph.producer(graph.output) if graph.several else None
    outputs = joint.inputs if joint is not None else (graph.output,)
    handed: list[str] = []
    for name in outputs:
        readers = [op for op in graph.consumers(name) if op.output != graph.output]
        if not readers and outputs.count(name) == 1 and name != graph.input:
            handed.append(name)
            continue
        copy = unused_name(f"{name} by rows", [*tensors, *(op.name for op in operators)])
        tensors[copy] = replace(tensors[name], name=copy)
        operators.append(Slice(name=copy, inputs=(name,), output=copy, begin=(0, 0, 0)))
        handed.append(copy)
    if joint is None:
        return replace(graph, tensors=tensors, operators=tuple(operators), output=handed[0], by_rows=tuple(handed))
    # What joins the outputs stays behind the copies, so that the graph still says what its values are.
    operators.remove(joint)
    operators.append(replace(joint, inputs=tuple(handed)))
    return replace(graph, tensors=tensors, operators=tuple(operators), by_rows=tuple(handed))
