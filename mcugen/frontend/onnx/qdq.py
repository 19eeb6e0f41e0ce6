"""QuantizeLinear and DequantizeLinear: where a real value becomes a tensor of the graph, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from onnx import TensorProto

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import clamp_bounds, lookup_table
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.initializers import type_name
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import (
    Constant,
    ModelInput,
    Pending,
    QuantizedConstant,
    Real,
    Stored,
    Value,
)

_ORT_SUFFIX = "_QuantizeLinear_Input"
_ACTIVATION_TYPES = ("int8", "uint8")


@dataclass(frozen=True, eq=False)
class Quantization:
    """Scale and zero point of one node. scale: float64 [n] > 0. zero_point: int64 [n]. dtype: the integers' type."""

    scale: np.ndarray
    zero_point: np.ndarray
    dtype: str

    def of_activation(self, node: Node) -> tuple[float, int]:
        """(scale, zero point as stored int8). Raises UnsupportedModelError unless per tensor, int8 or uint8."""
        if self.dtype not in _ACTIVATION_TYPES:
            raise UnsupportedModelError(f"{node}: {self.dtype} activations", "supported: int8 and uint8 activations")
        if len(self.scale) != 1:
            raise UnsupportedModelError(
                f"{node}: activations quantized per channel", "only weights may be quantized per channel"
            )
        return float(self.scale[0]), int(self.zero_point[0]) - (128 if self.dtype == "uint8" else 0)


def read_quantization(context: Context, node: Node, integers: np.dtype | None) -> Quantization:
    """The scale and zero point inputs. integers: the type that DequantizeLinear reads, None for QuantizeLinear.

    Raises ModelFormatError for scales that are not positive, for lengths or types that do not agree.
    """
    scale = context.constant(node, 1, "the scale")
    if scale.dtype != np.float32:
        raise UnsupportedModelError(f"{node}: a {scale.dtype} scale", "supported: float32 models, quantized")
    if scale.ndim > 1 or node.integer("block_size", 0) != 0:
        raise UnsupportedModelError(
            f"{node}: quantized in blocks", "supported: one scale a tensor, or one an output channel"
        )
    scale = scale.reshape(-1).astype(np.float64)
    if scale.size == 0 or not np.all(np.isfinite(scale)) or not np.all(scale > 0):
        raise ModelFormatError(f"{node}: its scale is not positive and finite")
    if node.has_input(2):
        zero_point = context.constant(node, 2, "the zero point")
        dtype = zero_point.dtype.name
        if zero_point.size != scale.size:
            raise ModelFormatError(f"{node}: {scale.size} scales and {zero_point.size} zero points")
        if integers is not None and integers != zero_point.dtype:
            raise ModelFormatError(f"{node}: a {dtype} zero point for {integers.name} values")
        zero_point = zero_point.reshape(-1).astype(np.int64)
    else:
        zero_point = np.zeros(scale.size, np.int64)
        dtype = integers.name if integers is not None else _output_type(node)
    return Quantization(scale, zero_point, dtype)


def _output_type(node: Node) -> str:
    code = node.integer("output_dtype", 0)
    names = {0: "uint8", TensorProto.UINT8: "uint8", TensorProto.INT8: "int8"}
    return names.get(code, type_name(code).lower())


def quantize(context: Context, node: Node) -> Value:
    """QuantizeLinear: finishes the layer that is pending, or opens the graph at the model's float32 input."""
    value = context.value(node, 0)
    quantization = read_quantization(context, node, None)
    if isinstance(value, Constant):
        return _quantize_constant(node, value, quantization)
    if isinstance(value, QuantizedConstant | Stored):
        raise ModelFormatError(f"{node}: its input is quantized already")
    scale, zero_point = quantization.of_activation(node)
    if isinstance(value, ModelInput):
        if value.dtype != "float32":
            raise ModelFormatError(f"{node}: its input, the model's, is {value.dtype}")
        return Stored(value.view, open_input(context, node, value, quantization), quantization.dtype)
    key = (node.inputs[0], scale, zero_point)
    tensor = context.quantized.get(key)
    if tensor is None:
        if isinstance(value, Real):
            tensor = _requantized(context, node, value, scale, zero_point)
        else:
            tensor = finish(context, node, node.inputs[0], value, scale, zero_point)
        context.quantized[key] = tensor
    return Stored(value.view, tensor, quantization.dtype)


def finish(context: Context, node: Node, name: str, pending: Pending, scale: float, zero_point: int) -> ir.Tensor:
    """Writes a pending layer's operators for an output `name` of this scale."""
    name = name.removesuffix(_ORT_SUFFIX) or name
    output = context.new_tensor(node, name, pending.view.shape, scale, zero_point)
    minimum, maximum = clamp_bounds(output, pending.low, pending.high)
    first = len(context.operators)
    pending.finish(output, minimum, maximum)
    for place, op in enumerate(context.operators[first:], first):
        written = context.tensors[op.output]
        if (written.scale, written.zero_point) == (scale, zero_point):
            context.operators[place] = replace(op, activation=(pending.low, pending.high))
    return output


def _requantized(context: Context, node: Node, value: Real, scale: float, zero_point: int) -> ir.Tensor:
    source = value.tensor
    if (source.scale, source.zero_point) == (scale, zero_point):
        return source
    output = context.new_tensor(node, node.outputs[0], value.view.shape, scale, zero_point)
    context.emit(
        ir.Lookup(
            name=context.operator_name(node),
            inputs=(source.name,),
            output=output.name,
            source=str(node),
            source_index=node.index,
            table=lookup_table(source, output, output.qmin, output.qmax),
        )
    )
    return output


def _quantize_constant(node: Node, value: Constant, quantization: Quantization) -> Constant:
    if quantization.dtype not in (*_ACTIVATION_TYPES, "int32"):
        raise UnsupportedModelError(f"{node}: constants in {quantization.dtype}", "supported: int8, uint8, int32")
    frame = _quantized_constant(node, value.array, quantization)
    limits = np.iinfo(quantization.dtype)
    scale = frame.along_axis(quantization.scale).astype(np.float32)
    stored = np.rint(value.array.astype(np.float32) / scale).astype(np.float64)
    if not np.all(np.isfinite(stored)):
        raise ModelFormatError(f"{node}: a constant that is not finite")
    stored = np.clip(stored + frame.along_axis(quantization.zero_point), limits.min, limits.max)
    return Constant(stored.astype(quantization.dtype))


def _quantized_constant(node: Node, array: np.ndarray, quantization: Quantization) -> QuantizedConstant:
    axis = node.integer("axis", 1)
    axis += array.ndim if axis < 0 else 0
    count = len(quantization.scale)
    if count > 1 and not (0 <= axis < array.ndim and array.shape[axis] == count):
        raise ModelFormatError(f"{node}: {count} scales for axis {axis} of a tensor of shape {array.shape}")
    return QuantizedConstant(array, quantization.scale, quantization.zero_point, axis)


def dequantize(context: Context, node: Node) -> Value:
    """DequantizeLinear: of weights and biases, of a tensor of the graph, or of the model's integer input."""
    value = context.value(node, 0)
    if isinstance(value, Constant):
        if value.array.dtype not in (np.int8, np.uint8, np.int32):
            raise UnsupportedModelError(f"{node}: {value.array.dtype} constants", "supported: int8, uint8, int32")
        return _quantized_constant(node, value.array, read_quantization(context, node, value.array.dtype))
    if isinstance(value, ModelInput) and value.dtype != "float32":
        quantization = read_quantization(context, node, np.dtype(value.dtype))
        return Real(value.view, open_input(context, node, value, quantization), value.dtype)
    if not isinstance(value, Stored):
        raise ModelFormatError(f"{node}: its input is not quantized")
    quantization = read_quantization(context, node, np.dtype(value.dtype))
    scale, zero_point = quantization.of_activation(node)
    if (scale, zero_point) != (value.tensor.scale, value.tensor.zero_point):
        raise UnsupportedModelError(
            f"{node}: its scale or zero point is not that of the QuantizeLinear before it",
            "a DequantizeLinear must undo its QuantizeLinear",
        )
    return Real(value.view, value.tensor, value.dtype)


def open_input(context: Context, node: Node, value: ModelInput, quantization: Quantization) -> ir.Tensor:
    """The graph's input tensor, made at the first node that quantizes the model's input.

    Raises UnsupportedModelError if another node quantizes the same input differently.
    """
    scale, zero_point = quantization.of_activation(node)
    tensor = context.input_tensor
    if tensor is None:
        tensor = context.new_tensor(node, context.input_name, value.view.shape, scale, zero_point)
        context.input_tensor = tensor
    elif (tensor.scale, tensor.zero_point) != (scale, zero_point):
        raise UnsupportedModelError(
            f"{node}: the model's input is quantized a second time, with another scale",
            "quantize the input once",
        )
    return tensor
