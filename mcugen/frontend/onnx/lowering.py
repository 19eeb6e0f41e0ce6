"""Several operators of the graph for one node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcugen import ir
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node


@dataclass(frozen=True, eq=False)
class NodeLowering:
    """`mcugen.frontend.lowering.Lowering` of a node, in the scale of `output`, whose operator stands for the node."""

    context: Context
    node: Node
    output: ir.Tensor

    def inner(self, suffix: str, shape: tuple[int, int, int]) -> ir.Tensor:
        """A new tensor."""
        output = self.output
        return self.context.new_tensor(self.node, f"{output.name}/{suffix}", shape, output.scale, output.zero_point)

    def fields(self, inputs: tuple[ir.Tensor, ...], output: ir.Tensor) -> dict[str, Any]:
        """The fields of an operator that writes `output`."""
        last = output is self.output
        suffix = "" if last else output.name.rpartition("/")[2]
        return {
            "name": self.context.operator_name(self.node, suffix),
            "inputs": tuple(tensor.name for tensor in inputs),
            "output": output.name,
            "source": str(self.node),
            "source_index": self.node.index if last else None,
        }
