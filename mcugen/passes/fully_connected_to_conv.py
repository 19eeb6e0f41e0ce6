"""A fully connected layer is a convolution whose kernel is the whole map."""

from __future__ import annotations

from mcugen.ir import Conv2D, FullyConnected, Graph, Operator, Window


def fully_connected_to_conv(graph: Graph) -> Graph:
    """Turns every FullyConnected into a Conv2D with the input's height and width as its kernel, no padding."""
    return graph.with_operators(tuple(_converted(graph, op) for op in graph.operators), graph.tensors)


def _converted(graph: Graph, op: Operator) -> Operator:
    if not isinstance(op, FullyConnected):
        return op
    height, width, channels = graph.tensors[op.input].shape
    return Conv2D(
        name=op.name,
        inputs=op.inputs,
        output=op.output,
        source=op.source,
        source_index=op.source_index,
        weights=op.weights.reshape(-1, height, width, channels),
        bias=op.bias,
        window=Window(kernel=(height, width)),
        requantization=op.requantization,
    )
