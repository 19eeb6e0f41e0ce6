"""Operator form (QLinearConv, QLinearAdd, ...) as QDQ form: the one in which models are read.

A QLinear operator is defined as DequantizeLinear of its inputs, the operator, QuantizeLinear of its output (ONNX
specification of QLinearConv and QLinearMatMul; onnxruntime's operators of domain com.microsoft).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import NoReturn, cast

import numpy as np

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.model import QdqModel
from mcugen.frontend.onnx.nodes import Attribute, Node

_MOVING = ("MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Dropout")
"""Operators that take quantized values as they are and hand on their scale and zero point."""
_AT_RUN_TIME = ("ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "DynamicQuantizeMatMul")


def as_qdq(model: QdqModel) -> QdqModel:
    """The model with every operator of the operator form between DequantizeLinear and QuantizeLinear.

    Raises UnsupportedModelError for dynamic quantization and for quantized operators without such a form,
    ModelFormatError where an operator lacks inputs.
    """
    if not any(_is_operator_form(node) for node in model.nodes):
        return model
    writer = _Writer(model)
    for node in model.nodes:
        writer.add(node)
    known = cast("MutableMapping[str, np.ndarray]", model.constants)
    return replace(model, nodes=writer.nodes, constants=ChainMap(writer.constants, known))


def _is_operator_form(node: Node) -> bool:
    return node.op_type.startswith(("QLinear", "QGemm")) or node.op_type in _AT_RUN_TIME


@dataclass(frozen=True)
class _Quantized:
    """A quantized operand: names of the value, its scale and its zero point ("" for none)."""

    value: str
    scale: str
    zero_point: str


class _Writer:
    """Nodes in QDQ form, and the constants that they need beside the model's own."""

    def __init__(self, model: QdqModel) -> None:
        self.nodes: list[Node] = []
        self.constants: dict[str, np.ndarray] = {}
        self._model = model
        self._next = len(model.nodes)
        # Scale and zero point of the quantized activations that are known so far.
        self._quantized: dict[str, _Quantized] = {}

    def add(self, node: Node) -> None:
        """The node, or the nodes that stand for it."""
        if node.op_type in _REWRITES:
            _REWRITES[node.op_type](self, node)
        elif _is_operator_form(node):
            _refuse(self._model, node)
        elif node.op_type in _MOVING and node.inputs and node.inputs[0] in self._quantized:
            operand = self._quantized[node.inputs[0]]
            self.real(node, node.op_type, [operand], replace(operand, value=""), node.attributes, node.inputs[1:])
        else:
            self.nodes.append(node)
            if node.op_type == "QuantizeLinear" and node.outputs and len(node.inputs) > 1:
                zero_point = node.inputs[2] if len(node.inputs) > 2 else ""
                self._quantized[node.outputs[0]] = _Quantized(node.outputs[0], node.inputs[1], zero_point)

    def operand(self, node: Node, first: int) -> _Quantized:
        """The inputs from position `first`: a value, its scale, its zero point."""
        if not (node.has_input(first) and node.has_input(first + 1)):
            raise ModelFormatError(f"{node}: it lacks input {first} or its scale")
        zero_point = node.inputs[first + 2] if node.has_input(first + 2) else ""
        return _Quantized(node.inputs[first], node.inputs[first + 1], zero_point)

    def output(self, node: Node, first: int) -> _Quantized:
        """Scale and zero point of the output from position `first`; its name is the node's own output."""
        if not node.has_input(first):
            raise ModelFormatError(f"{node}: it lacks the scale of its output")
        return _Quantized("", node.inputs[first], node.inputs[first + 1] if node.has_input(first + 1) else "")

    def real(
        self,
        node: Node,
        op_type: str,
        operands: list[_Quantized],
        output: _Quantized,
        attributes: Mapping[str, Attribute],
        more: tuple[str, ...] = (),
        axis: int | None = None,
    ) -> None:
        """DequantizeLinear of the operands, the operator on real values, QuantizeLinear of its output.

        more: further inputs, real or of shapes. axis: along which scales of the second operand stand.
        """
        if not node.outputs:
            raise ModelFormatError(f"{node}: it has no output")
        inputs = [
            self.dequantized(node, operand, axis if position == 1 else None)
            for position, operand in enumerate(operands)
        ]
        name = node.outputs[0]
        pending = f"{name}_QuantizeLinear_Input"
        standing_for = replace(node, op_type=op_type, domain="", origin=str(node), attributes=attributes)
        self.nodes.append(replace(standing_for, inputs=(*inputs, *more), outputs=(pending, *node.outputs[1:])))
        parameters = (output.scale, output.zero_point) if output.zero_point else (output.scale,)
        self._append(node, "QuantizeLinear", (pending, *parameters), name)
        self._quantized[name] = _Quantized(name, output.scale, output.zero_point)

    def dequantized(self, node: Node, operand: _Quantized, axis: int | None = None) -> str:
        """The real values of an operand; those of constants take their scales along `axis`."""
        name = self._unused(f"{operand.value}_DequantizeLinear_Output")
        parameters = (operand.scale, operand.zero_point) if operand.zero_point else (operand.scale,)
        attributes = {} if axis is None else {"axis": axis}
        self._append(node, "DequantizeLinear", (operand.value, *parameters), name, attributes)
        return name

    def bias(self, node: Node, position: int, source: _Quantized, weights: _Quantized) -> tuple[str, ...]:
        """The real values of an optional int32 bias, whose scale is the product of those of source and weights."""
        if not node.has_input(position):
            return ()
        product = self._constant(node, source.scale) * self._constant(node, weights.scale)
        name = self._unused(f"{node.inputs[position]}_scale")
        self.constants[name] = product.astype(np.float32)
        return (self.dequantized(node, _Quantized(node.inputs[position], name, ""), axis=0),)

    def _constant(self, node: Node, name: str) -> np.ndarray:
        if name not in self._model.constants:
            raise UnsupportedModelError(f"{node}: its scale '{name}' is computed", "supported: constant scales")
        return self._model.constants[name]

    def _append(
        self,
        node: Node,
        op_type: str,
        inputs: tuple[str, ...],
        output: str,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        self.nodes.append(Node(self._next, op_type, "", "", inputs, (output,), attributes or {}, str(node)))
        self._next += 1

    def _unused(self, name: str) -> str:
        return f"{name}_{self._next}"


def _convolution(writer: _Writer, node: Node) -> None:
    source, weights = writer.operand(node, 0), writer.operand(node, 3)
    bias = writer.bias(node, 8, source, weights)
    writer.real(node, "Conv", [source, weights], writer.output(node, 6), node.attributes, bias, axis=0)


def _matrix_product(writer: _Writer, node: Node) -> None:
    operands = [writer.operand(node, 0), writer.operand(node, 3)]
    writer.real(node, "MatMul", operands, writer.output(node, 6), node.attributes, axis=1)


def _dense(writer: _Writer, node: Node) -> None:
    source, weights = writer.operand(node, 0), writer.operand(node, 3)
    bias = writer.bias(node, 6, source, weights)
    axis = 0 if node.integer("transB", 0) else 1
    writer.real(node, "Gemm", [source, weights], writer.output(node, 7), node.attributes, bias, axis=axis)


def _of_two(op_type: str) -> Callable[[_Writer, Node], None]:
    def rewrite(writer: _Writer, node: Node) -> None:
        operands = [writer.operand(node, 0), writer.operand(node, 3)]
        writer.real(node, op_type, operands, writer.output(node, 6), node.attributes)

    return rewrite


def _of_one(op_type: str) -> Callable[[_Writer, Node], None]:
    def rewrite(writer: _Writer, node: Node) -> None:
        if node.integer("channels_last", 0):
            raise UnsupportedModelError(f"{node}: channels stand last", "supported: channels_last 0")
        kept = {key: value for key, value in node.attributes.items() if key not in ("channels_last", "opset")}
        writer.real(node, op_type, [writer.operand(node, 0)], writer.output(node, 3), kept)

    return rewrite


def _concatenation(writer: _Writer, node: Node) -> None:
    operands = [writer.operand(node, first) for first in range(2, max(len(node.inputs), 3), 3)]
    writer.real(node, "Concat", operands, writer.output(node, 0), node.attributes)


_REWRITES: Mapping[str, Callable[[_Writer, Node], None]] = {
    "QLinearConv": _convolution,
    "QLinearMatMul": _matrix_product,
    "QGemm": _dense,
    "QLinearAdd": _of_two("Add"),
    "QLinearMul": _of_two("Mul"),
    "QLinearAveragePool": _of_one("AveragePool"),
    "QLinearGlobalAveragePool": _of_one("GlobalAveragePool"),
    "QLinearLeakyRelu": _of_one("LeakyRelu"),
    "QLinearReduceMean": _of_one("ReduceMean"),
    "QLinearSigmoid": _of_one("Sigmoid"),
    "QLinearSoftmax": _of_one("Softmax"),
    "QLinearConcat": _concatenation,
}


def operators() -> tuple[str, ...]:
    """The names of the operators of the operator form that are read."""
    return tuple(_REWRITES)


def _refuse(model: QdqModel, node: Node) -> NoReturn:
    if node.op_type in _AT_RUN_TIME:
        raise UnsupportedModelError(
            f"{node}: dynamic quantization, which chooses the scales of activations while the model runs; mcugen needs"
            " them fixed",
            model.how_to_quantize,
        )
    raise UnsupportedModelError(f"{node}: not supported", f"supported of the operator form: {', '.join(_REWRITES)}")
