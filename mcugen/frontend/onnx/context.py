"""The state of one import: the values known so far, and the operators and tensors of the graph being built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import (
    Constant,
    ModelInput,
    Pending,
    QuantizedConstant,
    Real,
    Shape,
    Stored,
    Value,
    View,
)

LARGEST_TENSOR = 1 << 28
"""Elements of the largest tensor, and of the largest constant that is computed."""


def readable(name: str) -> str:
    """A node name without what the exporter repeats: "/f/f.0/f.0.1/Conv" is "f.0.1/Conv"."""
    parts = [part for part in name.split("/") if part]
    following = [*parts[1:], ""]
    kept = [part for part, after in zip(parts, following, strict=False) if not after.startswith(f"{part}.")]
    return "/".join(kept)


@dataclass
class Context:
    """What the handlers of operators read and write.

    opset: of the default domain. how_to_quantize: advice where something is not. values: by ONNX name. input_name: the
    model's. input_tensor: set by the first QuantizeLinear or DequantizeLinear that reads it. quantized: by ONNX name,
    scale and zero point, for values that several QuantizeLinear read.
    """

    opset: int
    how_to_quantize: str
    values: dict[str, Value]
    input_name: str
    operators: list[ir.Operator] = field(default_factory=list)
    tensors: dict[str, ir.Tensor] = field(default_factory=dict)
    quantized: dict[tuple[str, float, int], ir.Tensor] = field(default_factory=dict)
    input_tensor: ir.Tensor | None = None
    _operator_names: set[str] = field(default_factory=set)

    def value(self, node: Node, position: int) -> Value:
        """The value of a required input. Raises ModelFormatError if the node leaves it out."""
        if not node.has_input(position):
            raise ModelFormatError(f"{node}: input {position} is missing")
        name = node.inputs[position]
        if name not in self.values:
            raise UnsupportedModelError(
                f"{node}: reads '{name}', the second output of its operator", "supported: the first output of each"
            )
        return self.values[name]

    def constant(self, node: Node, position: int, what: str) -> np.ndarray:
        """The array of an input that must be known. Raises UnsupportedModelError if it is computed from the image."""
        value = self.value(node, position)
        if isinstance(value, Constant):
            return value.array
        if isinstance(value, QuantizedConstant):
            return value.real()
        raise UnsupportedModelError(f"{node}: {what} is not a constant", "make it a constant of the model")

    def real(self, node: Node, position: int) -> Real:
        """An input that is read through DequantizeLinear. Raises UnsupportedModelError if it is not."""
        value = self.value(node, position)
        if isinstance(value, Real):
            return value
        raise UnsupportedModelError(f"{node}: {_why_not_quantized(value)}", self.how_to_quantize)

    def map(self, node: Node, position: int) -> Real:
        """An input that is a feature map seen as (1, C, H, W). Raises UnsupportedModelError if it is not one."""
        value = self.real(node, position)
        dims = value.view.dims
        if len(dims) != 4 or dims[0] != 1:
            raise UnsupportedModelError(
                f"{node}: its input has shape {dims}", "only 2-D maps (1, channels, height, width) are supported"
            )
        return self.reshaped(node, value, View.of_map((dims[2], dims[3], dims[1])))

    def reshaped(self, node: Node, value: Real, view: View) -> Real:
        """The value with another view of the same dims, through an ir.Reshape if the map's shape changes."""
        if not value.view.shows_same_elements(view):
            raise UnsupportedModelError(
                f"{node}: {value.view.dims} is not a map in channel, height, width order here, its elements would "
                f"have to be moved",
                "only Transposes that change NHWC to NCHW at the input or back, and Reshapes that keep the channels, "
                "are supported",
            )
        if value.view.shape == view.shape:
            return replace(value, view=view)
        source = value.tensor
        tensor = self.new_tensor(node, f"{node.outputs[0]}_reshaped", view.shape, source.scale, source.zero_point)
        self.emit(
            ir.Reshape(
                name=self.operator_name(node, "reshape"),
                inputs=(source.name,),
                output=tensor.name,
                source=str(node),
            )
        )
        return Real(view, tensor, value.dtype)

    def new_tensor(self, node: Node, name: str, shape: Shape, scale: float, zero_point: int) -> ir.Tensor:
        """An int8 tensor of the graph under an unused name. Raises ModelFormatError on an impossible shape."""
        height, width, channels = shape
        if min(shape) < 1:
            raise ModelFormatError(f"{node}: its output would be {height}x{width}x{channels}")
        if height * width * channels > LARGEST_TENSOR:
            raise UnsupportedModelError(f"{node}: an output of {height}x{width}x{channels} is too large")
        unique, count = name, 1
        while unique in self.tensors:
            count += 1
            unique = f"{name}_{count}"
        tensor = ir.Tensor(unique, shape, "int8", scale, zero_point)
        self.tensors[unique] = tensor
        return tensor

    def operator_name(self, node: Node, suffix: str = "") -> str:
        """The node's name made readable and unique."""
        base = readable(node.name) or f"{node.op_type}_{node.index}"
        name = unique = f"{base}/{suffix}" if suffix else base
        count = 1
        while unique in self._operator_names:
            count += 1
            unique = f"{name}_{count}"
        self._operator_names.add(unique)
        return unique

    def emit(self, operator: ir.Operator) -> None:
        """Appends an operator to the graph."""
        self.operators.append(operator)


def _why_not_quantized(value: Value) -> str:
    if isinstance(value, Pending):
        return f"reads the output of {value.node} in float32, nothing between them quantizes it"
    if isinstance(value, ModelInput):
        return "reads the model's input in float32, nothing quantizes it"
    if isinstance(value, Stored) and value.dtype not in ("int8", "uint8"):
        return f"reads '{value.tensor.name}', numbers of classes, which only end a model"
    if isinstance(value, Stored):
        return f"reads the integers of '{value.tensor.name}' without dequantizing them"
    return "reads a constant where a feature map is expected"
