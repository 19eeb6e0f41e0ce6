"""The operators of `quantized_decomposed`, between which the quantized tensors of a PT2E program stand.

A scale is taken as float32, as torch's observers compute it and as ONNX holds it; as an argument of a program it is a
Python float.
"""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call, Operand
from mcugen.frontend.torch.translation import Translation

_TYPES = {"int8": np.int8, "uint8": np.uint8, "int16": np.int16, "int32": np.int32}


def quantize_per_tensor(out: Translation, call: Call) -> None:
    """quantize_per_tensor. Raises UnsupportedModelError where fewer values are used than the type has."""
    _require_whole_range(out, call)
    out.emit(call, "QuantizeLinear", [call.operand("input").name, *_per_tensor(out, call)])


def dequantize_per_tensor(out: Translation, call: Call) -> None:
    """dequantize_per_tensor."""
    out.emit(call, "DequantizeLinear", [call.operand("input").name, *_per_tensor(out, call)])


def quantize_per_channel(out: Translation, call: Call) -> None:
    """quantize_per_channel, of weights that the program quantizes itself."""
    out.emit(call, "QuantizeLinear", _per_channel(out, call), axis=call.integer("axis"))


def dequantize_per_channel(out: Translation, call: Call) -> None:
    """dequantize_per_channel."""
    out.emit(call, "DequantizeLinear", _per_channel(out, call), axis=call.integer("axis"))


def _require_whole_range(out: Translation, call: Call) -> None:
    limits = np.iinfo(_type(call))
    used = (call.number("quant_min"), call.number("quant_max"))
    if call.operand("input").name not in out.constants and used != (limits.min, limits.max):
        raise UnsupportedModelError(
            f"{call}: activations in {used[0]:g} to {used[1]:g}",
            f"quantize activations to the whole of {limits.dtype}, {limits.min} to {limits.max}",
        )


def _type(call: Call) -> np.dtype:
    name = str(call.arguments["dtype"])
    if name not in _TYPES:
        raise UnsupportedModelError(f"{call}: {name} values", "supported: int8 and uint8, int32 for biases")
    return np.dtype(_TYPES[name])


def _per_tensor(out: Translation, call: Call) -> list[str]:
    scale, zero_point = _numbers(out, call, "scale"), _numbers(out, call, "zero_point")
    if scale.size != 1 or zero_point.size != 1:
        raise UnsupportedModelError(f"{call}: {scale.size} scales", "supported: one scale a tensor")
    return [
        out.constant(call, "scale", scale.reshape(()).astype(np.float32)),
        out.constant(call, "zero_point", zero_point.reshape(()).astype(_type(call))),
    ]


def _per_channel(out: Translation, call: Call) -> list[str]:
    scales = _numbers(out, call, "scales")
    zero_points = np.zeros(scales.shape) if call.optional("zero_points") is None else _numbers(out, call, "zero_points")
    return [
        call.operand("input").name,
        out.constant(call, "scales", scales.astype(np.float32)),
        out.constant(call, "zero_points", zero_points.astype(_type(call))),
    ]


def _numbers(out: Translation, call: Call, name: str) -> np.ndarray:
    value = call.arguments[name]
    if not isinstance(value, Operand):
        return np.array(call.number(name))
    if value.name not in out.constants:
        raise UnsupportedModelError(
            f"{call}: its {name} is computed from the image", "quantize statically, with calibration images"
        )
    return out.constants[value.name]
