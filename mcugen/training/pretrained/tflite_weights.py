"""Weights of a .tflite file, quantized or not, as real numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tflite

from mcugen.diagnostics import McugenError
from mcugen.frontend.tflite.model import NUMPY_TYPES, FileModel, FileOperator, FileTensor
from mcugen.frontend.tflite.reader import constant_array, read_model
from mcugen.nets.layers import Kind
from mcugen.training.pretrained.source import Source, SourceLayer, kind_of

_CONV = tflite.BuiltinOperator.CONV_2D
_DEPTHWISE = tflite.BuiltinOperator.DEPTHWISE_CONV_2D
_DENSE = tflite.BuiltinOperator.FULLY_CONNECTED


def read_tflite(path: Path) -> Source:
    """Convolutions and fully connected layers of the file; batch norm is part of their weights and biases already.

    Its input's scale and zero point say what pixels it was trained on. Raises McugenError for a damaged file.
    """
    model = read_model(path.read_bytes(), {})
    layers: list[SourceLayer] = []
    for operator in model.operators:
        if operator.code in (_CONV, _DEPTHWISE, _DENSE) and operator.has_input(1):
            layers.append(_layer(model, operator, first=not layers))
    image = model.tensors[model.input]
    gain, offset = np.float32(1), np.float32(0)
    if len(image.scales) == 1:
        scale, zero = float(image.scales[0]), int(image.zero_points[0]) if len(image.zero_points) else 0
        # Pixel p is the stored value p of uint8, p - 128 of int8.
        least = -128 if image.type == tflite.TensorType.INT8 else 0
        gain, offset = np.float32(scale * 255), np.float32(scale * (least - zero))
    return Source(tuple(layers), np.array([gain]), np.array([offset]))


def _layer(model: FileModel, operator: FileOperator, first: bool) -> SourceLayer:
    weight = _real(model.tensors[operator.input(1)])
    bias = _real(model.tensors[operator.input(2)]) if operator.has_input(2) else None
    name = operator.place
    if operator.code == _DENSE:
        return SourceLayer(name, Kind.DENSE, weight, bias)
    if operator.code == _DEPTHWISE:
        # Of a gray image it is a convolution.
        gray = first and tuple(model.tensors[operator.input(0)].shape[-1:]) == (1,)
        return SourceLayer(name, Kind.CONV if gray else Kind.DEPTHWISE, weight.transpose(3, 0, 1, 2), bias)
    weight = weight.transpose(0, 3, 1, 2)
    return SourceLayer(name, kind_of(weight, first=True), weight, bias)


def _real(tensor: FileTensor) -> np.ndarray:
    """The values of a constant, float32: scale times (value - zero point) where it is quantized."""
    if tensor.type not in NUMPY_TYPES:
        raise McugenError(f"{tensor.label}: weights of type {tensor.type_name} are not read")
    values = constant_array(tensor, NUMPY_TYPES[tensor.type]).astype(np.float32)
    if not len(tensor.scales):
        return values
    shape = [1] * values.ndim
    if len(tensor.scales) > 1:
        # Some converters give a bias the axis of its weights.
        axis = 0 if values.ndim == 1 else tensor.quantized_dimension
        if not 0 <= axis < values.ndim or values.shape[axis] != len(tensor.scales):
            raise McugenError(f"{tensor.label}: {len(tensor.scales)} scales for a shape of {list(values.shape)}")
        shape[axis] = -1
    zeros = tensor.zero_points if len(tensor.zero_points) else np.zeros(1, np.int64)
    zero = zeros.astype(np.float32).reshape(shape if len(zeros) > 1 else [1] * values.ndim)
    return (values - zero) * tensor.scales.reshape(shape)
