"""Reshapes that move no data disappear."""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir import Graph, Operator, Reshape


def remove_reshapes(graph: Graph) -> Graph:
    """Removes a Reshape that keeps the shape, or that only fully connected layers read.

    Elements keep their height, width, channel order, in which a fully connected layer's weights are stored.
    """
    operators: list[Operator] = []
    alias: dict[str, str] = {}
    for op in graph.operators:
        op = replace(op, inputs=tuple(alias.get(name, name) for name in op.inputs))
        if isinstance(op, Reshape) and _moves_nothing(graph, op):
            alias[op.output] = op.input
        else:
            operators.append(op)
    output = alias.get(graph.output, graph.output)
    return replace(graph, output=output).with_operators(tuple(operators), graph.tensors)


def _moves_nothing(graph: Graph, reshape: Reshape) -> bool:
    same = graph.tensors[reshape.input].shape == graph.tensors[reshape.output].shape
    if reshape.output == graph.output:
        return same and reshape.input != graph.input
    return same or all(op.flattens for op in graph.consumers(reshape.output))
