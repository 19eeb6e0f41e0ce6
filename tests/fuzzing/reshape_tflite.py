"""Another image size for a .tflite network: the shape of every map behind the image follows."""

from __future__ import annotations

import tflite

from tests.fuzzing.tflite_tables import Tables
from tests.support.tflite_file import Operator

_B = tflite.BuiltinOperator
_SAME_SHAPE = (_B.ADD, _B.RELU, _B.RELU6, _B.QUANTIZE, _B.DEQUANTIZE, _B.SOFTMAX)


def resize_image(tables: Tables, height: int, width: int) -> None:
    """Changes the shape of the first input and of all that follows from it; other operators keep theirs."""
    source = tables.file.tensors[tables.inputs[0]] if _sound(tables, tuple(tables.inputs)) else None
    if source is None or len(source.shape) != 4:
        return
    source.shape = (source.shape[0], height, width, source.shape[3])
    for operator in tables.file.operators:
        if not _sound(tables, operator.inputs) or not _sound(tables, operator.outputs):
            continue
        output = tables.file.tensors[operator.outputs[0]]
        shape = tables.file.tensors[operator.inputs[0]].shape
        if operator.code in _SAME_SHAPE and len(shape) == len(output.shape):
            output.shape = shape
        elif len(shape) == len(output.shape) == 4:
            window = _window(tables, operator)
            if window is not None:
                sizes = [_length(operator, shape[axis], window[axis - 1], "HW"[axis - 1]) for axis in (1, 2)]
                output.shape = (output.shape[0], sizes[0], sizes[1], output.shape[3])
        output.signature = None


def _sound(tables: Tables, indices: tuple[int, ...]) -> bool:
    return bool(indices) and 0 <= indices[0] < len(tables.file.tensors)


def _window(tables: Tables, operator: Operator) -> tuple[int, int] | None:
    fields = operator.fields
    if operator.options == "Pool2DOptions":
        return fields.get("FilterHeight", 1), fields.get("FilterWidth", 1)
    if operator.code in (_B.CONV_2D, _B.DEPTHWISE_CONV_2D) and _sound(tables, operator.inputs[1:2]):
        weights = tables.file.tensors[operator.inputs[1]].shape
        return (weights[1], weights[2]) if len(weights) == 4 else None
    return None


def _length(operator: Operator, size: int, window: int, axis: str) -> int:
    stride = max(1, operator.fields.get(f"Stride{axis}", 1))
    if operator.fields.get("Padding", 0) == 0:
        return -(-size // stride)
    return max(1, -(-(size - window + 1) // stride))
