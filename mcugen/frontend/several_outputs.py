"""Models with several outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mcugen.ir import Border, Graph, Output, Tensor
from mcugen.ir.names import unused_name
from mcugen.ir.operators.outputs import Outputs


def join_outputs(graph: Graph, outputs: Sequence[Tensor], borders: Sequence[Border]) -> Graph:
    """The graph with all of its `outputs`, of which it names only the first; unchanged where there is one.

    borders: what the model's file declares at each of them.
    """
    if len(outputs) == 1:
        return graph
    described, start = [], 0
    for tensor, border in zip(outputs, borders, strict=True):
        described.append(Output(tensor.name, tensor, border, start))
        start += tensor.size
    name = unused_name("outputs", [*graph.tensors, *(op.name for op in graph.operators)])
    joined = Tensor(name, (1, 1, start), "int8", 1.0, 0)
    return replace(
        graph,
        tensors={**graph.tensors, name: joined},
        operators=(*graph.operators, Outputs(name=name, inputs=tuple(t.name for t in outputs), output=name)),
        output=name,
        output_border=Border("int8", 1.0, 0, borders[0].rounding, "NHWC", (1, start)),
        several=tuple(described),
    )
