"""Lists of positions become the maps that they were, so that their layers run by rows."""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir import Graph, Operator, Reshape, Tensor
from mcugen.ir.names import unused_name


def positions_as_maps(graph: Graph) -> Graph:
    """Moves a Reshape of (H, W, C) to (1, H * W, C) behind the layers that treat every position alike.

    A dense layer over a list of positions, as classifiers of transfer learning have it, is a pointwise convolution of
    the map; behind it the reshape meets another one or a fully connected layer, where it vanishes.
    """
    operators: list[Operator] = []
    tensors = dict(graph.tensors)
    # By the name of a list of positions: the map that holds the same elements in the same order.
    maps: dict[str, Tensor] = {}
    # By the same: that of the list that is made of the map again, for an operator that needs one.
    lists: dict[str, str] = {}
    names = [op.name for op in graph.operators]
    for op in graph.operators:
        if isinstance(op, Reshape) and _lists_positions(graph, op):
            maps[op.output] = maps.get(op.input, tensors[op.input])
        elif op.input in maps and op.by_position and op.output != graph.output:
            source = maps[op.input]
            result = replace(tensors[op.output], shape=(*source.shape[:2], tensors[op.output].channels))
            tensors[op.output] = maps[op.output] = result
            operators.append(replace(op, inputs=(source.name,)))
        elif isinstance(op, Reshape) and op.input in maps:
            operators.append(replace(op, inputs=(maps[op.input].name,)))
        else:
            for name in dict.fromkeys(op.inputs):
                if name in maps and name not in lists:
                    lists[name] = unused_name(f"{name}/positions", (*tensors, *names))
                    tensors[lists[name]] = replace(graph.tensors[name], name=lists[name])
                    operators.append(Reshape(name=lists[name], inputs=(maps[name].name,), output=lists[name]))
            operators.append(replace(op, inputs=tuple(lists.get(name, name) for name in op.inputs)))
    return graph.with_operators(tuple(operators), tensors)


def _lists_positions(graph: Graph, reshape: Reshape) -> bool:
    source, output = graph.tensors[reshape.input], graph.tensors[reshape.output]
    return source.channels == output.channels and reshape.output != graph.output
