"""Small QDQ nets of every operator and form that the ONNX front end reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from onnx import TensorProto

from tests.frontend.onnx_moves import MOVES, calibrated
from tests.support.onnx_builder import QdqBuilder


def _standard(**options: object) -> QdqBuilder:
    net = QdqBuilder(**options)  # type: ignore[arg-type]
    net.conv(8, (3, 3), strides=(2, 2), pads=(1, 1, 1, 1), activation="Relu")
    net.depthwise(pads=(1, 1, 1, 1), activation="Clip")
    net.conv(12)
    return net


def _separable(**options: object) -> QdqBuilder:
    net = _standard(**options)
    net.rescaled("GlobalAveragePool")
    net.same_scale("Flatten")
    net.gemm(12, 5)
    return net


def _windows() -> QdqBuilder:
    net = QdqBuilder(seed=3, shape=(2, 11, 14))
    net.conv(5, (5, 3), strides=(2, 3), pads=(2, 0, 1, 2))
    net.conv(4, (3, 3), auto_pad="SAME_UPPER", strides=(2, 2))
    net.depthwise(3, auto_pad="SAME_LOWER")
    net.conv(6, (2, 1), auto_pad="VALID", dilations=(1, 1))
    return net


def _weights(weights: str, per_channel: bool, bias: str) -> QdqBuilder:
    net = QdqBuilder(seed=4, activations="int8" if weights == "int8" else "uint8")
    net.conv(6, (3, 3), weights=weights, per_channel=per_channel, bias=bias)
    net.depthwise(2, weights=weights, per_channel=per_channel, bias=bias, activation="Relu")
    net.rescaled("GlobalAveragePool")
    net.current = net.add_node("Flatten", [net.current])
    matrix, scales = net.weights((12, 5), per_channel, weights, axis=1)
    net.layer(net.add_node("Gemm", [net.current, matrix, *net.bias(5, scales, bias)]), 12)
    return net


def _residual(activation: str) -> QdqBuilder:
    net = QdqBuilder(seed=5, shape=(4, 6, 6))
    net.conv(8)
    shortcut = net.current
    net.depthwise(pads=(1, 1, 1, 1))
    total = net.add_node("Add", [net.current, shortcut])
    net.scale *= 1.1
    net.current = net.quantize(net._activated(total, activation), net.scale, -30)
    return net


def _pools() -> QdqBuilder:
    net = QdqBuilder(seed=6, shape=(3, 13, 15))
    net.same_scale("MaxPool", kernel_shape=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    net.rescaled("AveragePool", kernel_shape=(2, 3), strides=(1, 2))
    net.rescaled("AveragePool", kernel_shape=(3, 3), pads=(1, 1, 1, 1), count_include_pad=1, factor=0.7)
    net.same_scale("AveragePool", kernel_shape=(3, 2), pads=(1, 1, 1, 0))
    net.rescaled("MaxPool", kernel_shape=(2, 2), factor=1.3)
    return net


def _mean(axes_as_input: bool, keepdims: int) -> QdqBuilder:
    net = _standard(opset=18 if axes_as_input else 17)
    axes = {} if axes_as_input else {"axes": (2, 3)}
    net.rescaled("ReduceMean", *([net.integers(-1, 2)] if axes_as_input else []), keepdims=keepdims, **axes)
    if keepdims:
        net.same_scale("Squeeze", net.integers(2, 3))
    net.gemm(12, 7, transposed=False)
    return net


def _matmul(constant_in_qdq: bool, between: bool) -> QdqBuilder:
    net = QdqBuilder(seed=8, shape=(20,))
    weights, _ = net.weights((20, 6), True, axis=1)
    value = net.add_node("MatMul", [net.current, weights])
    if between:
        net.layer(value, 20)
        value = net.current
    bias = net.random.integers(-100, 100, 6)
    name = (
        net.dequantized_constant(bias.astype(np.int8), 0.03)
        if constant_in_qdq
        else net.constant((bias * 0.03).astype(np.float32))
    )
    net.layer(net.add_node("Add", [name, value]), 20, "Relu")
    return net


def _softmax_over_a_map() -> QdqBuilder:
    net = _standard()
    net.current = net.quantize(net.add_node("Softmax", [net.current], axis=1), 1 / 256, -128)
    return net


def _softmax(scale: float, zero_point: int, op_type: str = "Softmax") -> QdqBuilder:
    net = QdqBuilder(seed=9, shape=(11,))
    net.gemm(11, 9)
    net.scale, net.zero_point = scale, zero_point
    net.current = net.quantize(net.add_node(op_type, [net.current]), scale, zero_point)
    return net


def _lone_activations() -> QdqBuilder:
    net = QdqBuilder(seed=11)
    net.conv(4)
    net.rescaled("Relu", factor=0.9)
    net.conv(4)
    net.same_scale("Relu")
    net.current = net.quantize(net.current, net.scale * 1.7, 5)
    return net


def _maximum_before_quantization() -> QdqBuilder:
    net = QdqBuilder(seed=12, shape=(3, 9, 9))
    weights, _ = net.weights((6, 3, 3, 3), True)
    value = net.add_node("Relu", [net.add_node("Conv", [net.current, weights])])
    net.layer(net.add_node("MaxPool", [value], kernel_shape=(2, 2), strides=(2, 2)), 27)
    return net


def _combined(op_type: str, activations: str = "int8") -> QdqBuilder:
    """Two maps, a map and a vector, each way round, and constants."""
    net = QdqBuilder(seed=14, shape=(4, 6, 7), activations=activations)
    image, scale = net.current, net.scale
    net.conv(4, (3, 3), pads=(1, 1, 1, 1))
    factor = scale * 50 if op_type == "Mul" else 1.5
    first = calibrated(net, net.add_node(op_type, [net.current, image]), net.scale * factor)
    scale = net.scale
    net.rescaled("GlobalMaxPool" if op_type == "Max" else "GlobalAveragePool")
    factor = net.scale * 50 if op_type == "Mul" else 1.5
    second = calibrated(net, net.add_node(op_type, [first, net.current]), scale * factor)
    scale = net.scale
    net.rescaled("MaxPool", kernel_shape=(6, 1), strides=(6, 1), factor=0.8)
    factor = net.scale * 50 if op_type == "Mul" else 1.2
    calibrated(net, net.add_node(op_type, [net.current, second]), scale * factor)
    channels = net.constant(np.array([0.5, -1.5, 0, 1.2], np.float32).reshape(4, 1, 1))
    calibrated(net, net.add_node(op_type, [net.current, channels]), net.scale * 1.4)
    calibrated(net, net.add_node(op_type, [net.constant(np.array(0.7, np.float32)), net.current]), net.scale)
    return net


def _attended(op_type: str) -> QdqBuilder:
    """A map and one of a single channel, the attention of a place, each way round; a row of one channel."""
    net = QdqBuilder(seed=25, shape=(4, 6, 7))
    net.conv(5)
    features, scale = net.current, net.scale
    net.channels = 5
    net.conv(1, (3, 3), pads=(1, 1, 1, 1))
    one = net.current
    factor = net.scale * 60 if op_type == "Mul" else 1.5
    calibrated(net, net.add_node(op_type, [features, one]), max(scale, net.scale / 4) * factor)
    row = net.quantize(net.add_node("MaxPool", [one], kernel_shape=(6, 1)), net.scale, -5)
    calibrated(net, net.add_node(op_type, [row, net.current]), net.scale * (60 * net.scale if op_type == "Mul" else 2))
    return net


def _gelu_in_parts(approximate: bool, between: str = "") -> QdqBuilder:
    """As exporters write it: in float32 as a whole, or quantized behind the operators that are named."""
    net = QdqBuilder(seed=26, shape=(3, 8, 8))
    net.conv(4)
    net.rescaled("Relu", factor=0.3)
    net.conv(4)
    net.rescaled("MaxPool", kernel_shape=(1, 1), factor=0.08)
    x, scale = net.current, net.scale

    def number(value: float) -> str:
        return net.constant(np.array(value, np.float32))

    def step(op_type: str, inputs: list[str], scale: float, zero_point: int = 0) -> str:
        value = net.add_node(op_type, inputs)
        return net.quantize(value, scale, zero_point) if op_type in between.split() else value

    if approximate:
        cube = step("Mul", [x, step("Mul", [x, x], 0.1)], 0.2) if between else step("Pow", [x, number(3)], 0.1)
        inner = step("Add", [x, step("Mul", [cube, number(0.044715)], 0.03)], 0.05)
        phi = step("Tanh", [step("Mul", [inner, number(math.sqrt(2 / math.pi))], 0.05)], 1 / 128)
    else:
        phi = step("Erf", [step("Div", [x, number(math.sqrt(2))], scale)], 1 / 128)
    total = step("Add", [phi, number(1.0)], 1 / 127, -127)
    product = step("Mul", [step("Mul", [x, number(0.5)], scale / 2, -20), total], scale, -30)
    net.current = net.quantize(product, scale, -30)
    return net


def _functions_in_float() -> QdqBuilder:
    """x * sigmoid(x), a clamp among them, constants by channel, x and one less a function."""
    net = QdqBuilder(seed=27, shape=(3, 8, 8))
    x = net.current
    net.current = net.quantize(net.add_node("Mul", [x, net.add_node("Sigmoid", [x])]), 0.015, -60)
    x = net.current
    by_channel = net.constant(np.array([0.5, -1.0, 2.0], np.float32).reshape(3, 1, 1))
    three, six = (net.constant(np.array(value, np.float32)) for value in (0.3, 0.6))
    clipped = net.add_node("Clip", [net.add_node("Add", [x, three]), net.constant(np.array(0, np.float32)), six])
    swish = net.add_node("Mul", [net.add_node("Div", [clipped, six]), x])
    net.current = net.quantize(net.add_node("Mul", [net.add_node("Sub", [three, swish]), by_channel]), 0.02, -3)
    x = net.current
    soft = net.add_node("Div", [x, net.add_node("Add", [net.add_node("Abs", [x]), three])])
    net.current = net.quantize(net.add_node("Sub", [net.add_node("Tanh", [soft]), x]), 0.03, 4)
    return net


def _unit_length(
    shape: tuple[int, ...], scale: float, form: str = "LpNormalization", zero_point: int = 0
) -> QdqBuilder:
    net = QdqBuilder(seed=28, shape=shape)
    if len(shape) == 1:
        net.gemm(shape[0], 40)
    else:
        net.conv(9)
    if form == "LpNormalization":
        value = net.add_node(form, [net.current], axis=1)
    else:
        length = net.add_node("ReduceL2", [net.current], axes=(1,), keepdims=1)
        length = net.add_node("Clip", [length, net.constant(np.array(1e-12, np.float32))])
        length = net.add_node("Expand", [length, net.integers(1, 40 if len(shape) == 1 else 9, *shape[1:])])
        value = net.add_node("Div", [net.current, length])
    net.current = net.quantize(value, scale, zero_point) if scale else value
    return net


def _normalized() -> QdqBuilder:
    """(x - mean) / std, and x * factor + addend."""
    net = QdqBuilder(seed=15)
    mean, std = (np.array(values, np.float32).reshape(1, 3, 1, 1) for values in ([0.1, 0.3, -0.2], [0.6, 1.5, 2.0]))
    centered = calibrated(net, net.add_node("Sub", [net.current, net.constant(mean)]), net.scale * 1.2)
    calibrated(net, net.add_node("Div", [centered, net.constant(std)]), net.scale * 1.3)
    scaled = net.add_node("Mul", [net.current, net.constant(std)])
    calibrated(net, net.add_node("Add", [scaled, net.constant(mean)]), net.scale * 2)
    return net


def _grouped_and_dilated() -> QdqBuilder:
    net = QdqBuilder(seed=18, shape=(4, 11, 12))
    net.conv(6, (3, 3), dilations=(2, 3), pads=(2, 3, 2, 3))
    net.conv(9, (3, 2), group=3, strides=(2, 1))
    net.depthwise(kernel=(3, 3), dilations=(1, 2), pads=(1, 2, 1, 2))
    return net


def _sloped() -> QdqBuilder:
    net = QdqBuilder(seed=20)
    slopes = net.constant(np.array([0.2, -0.7, 1.4], np.float32).reshape(3, 1, 1))
    calibrated(net, net.add_node("PRelu", [net.current, slopes]), net.scale * 1.2)
    calibrated(net, net.add_node("PRelu", [net.current, net.constant(np.array([0.3], np.float32))]), net.scale)
    net.same_scale("GlobalMaxPool")
    return net


def transposed_layers(*layers: tuple[int, int, tuple[int, int], dict[str, Any]]) -> QdqBuilder:
    """Of (out channels, groups, kernel, attributes)."""
    net = QdqBuilder(seed=21, shape=(4, 5, 6))
    for channels, group, kernel, attributes in layers:
        # Scales along the out channels of a group.
        weights, scales = net.weights((net.channels, channels // group, *kernel), True, axis=1)
        bias = net.bias(channels, np.tile(scales, group), "int32" if kernel == (3, 3) else "")
        operands = [net.current, weights, *bias]
        value = net.add_node("ConvTranspose", operands, group=group, kernel_shape=kernel, **attributes)
        net.layer(value, net.channels // group * 3, "" if kernel == (3, 3) else "Relu")
        net.channels = channels
    return net


TRANSPOSED: Mapping[str, tuple[int, int, tuple[int, int], dict[str, Any]]] = {
    "padding": (6, 1, (3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1), "output_padding": (1, 1)}),
    "no padding": (3, 1, (2, 4), {"strides": (1, 3)}),
    "kernel smaller than stride": (2, 1, (1, 2), {"strides": (3, 3), "output_padding": (2, 0)}),
    "upper": (3, 1, (3, 2), {"strides": (2, 2), "auto_pad": "SAME_UPPER"}),
    "lower": (3, 1, (3, 4), {"strides": (2, 1), "auto_pad": "SAME_LOWER"}),
    "valid": (5, 1, (3, 3), {"auto_pad": "VALID"}),
    "dilated": (5, 1, (3, 3), {"dilations": (1, 2), "pads": (2, 1, 0, 3)}),
    "output": (4, 1, (3, 3), {"output_shape": (10, 12), "strides": (2, 2)}),
    "groups": (6, 2, (3, 3), {"strides": (2, 2), "pads": (0, 1, 1, 0)}),
    "depthwise": (4, 4, (4, 4), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
}
EVALUATED_BY_ONNX = ("padding", "no padding", "kernel smaller than stride", "valid", "dilated")


def _reduced(op_type: str, *axes: tuple[int, ...], keepdims: int = 1) -> QdqBuilder:
    """By the axes one after the other; without keepdims on the lists that are left, too."""
    net = QdqBuilder(seed=23, shape=(5, 6, 7), opset=18)
    net.conv(5, (3, 3))
    for each in axes:
        value = net.add_node(op_type, [net.current, net.integers(*each)], keepdims=keepdims)
        net.scale *= 8 if op_type == "ReduceSum" else 0.7
        net.current = net.quantize(value, net.scale, -20)
    return net


def largest_channel(
    keepdims: int, shape: tuple[int, ...] = (3, 5, 6), quantized: bool = False, to: str = "int64"
) -> QdqBuilder:
    """Ends with the number of the largest channel, of quantized values or of what they stand for."""
    net = QdqBuilder(seed=24, shape=shape)
    if len(shape) > 1:
        net.conv(7, (3, 3))
    value = net.quantize_only(net.current, net.scale, net.zero_point) if quantized else net.current
    net.current = net.add_node("ArgMax", [value], axis=1, keepdims=keepdims)
    if to != "int64":
        net.current = net.add_node("Cast", [net.current], to=TensorProto.INT32)
    return net


def _mean_of_a_view() -> QdqBuilder:
    net = _standard()
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 12, -1)])
    net.rescaled("ReduceMean", axes=(2,), keepdims=0)
    return net


REDUCTIONS = {
    "height": ((2,),),
    "width": ((-1,),),
    "channels": ((1,),),
    "height and width": ((2, 3),),
    "width and channels": ((1, 3),),
    "all": ((0, 1, 2, 3),),
    "one by one": ((3,), (2,), (1,)),
}


NETS: Mapping[str, Callable[[], QdqBuilder]] = {
    **MOVES,
    "separable": _separable,
    "separable, uint8": lambda: _separable(activations="uint8", seed=1),
    "separable, NHWC": lambda: _separable(layout="NHWC", seed=2, shape=(3, 9, 6)),
    "separable, int8 input": lambda: _separable(source="int8"),
    "separable, uint8 input, NHWC": lambda: _separable(source="uint8", activations="uint8", layout="NHWC"),
    "separable, opset 13": lambda: _separable(opset=13),
    "separable, opset 21": lambda: _separable(opset=21),
    "separable, symbolic batch": lambda: _separable(batch="N"),
    "windows": _windows,
    "weights int8 per tensor": lambda: _weights("int8", False, "int32"),
    "weights int8 per channel, float bias": lambda: _weights("int8", True, "float"),
    "weights uint8 per tensor, no bias": lambda: _weights("uint8", False, ""),
    "weights uint8 per channel": lambda: _weights("uint8", True, "int32"),
    "weights wide": lambda: _weights("wide", False, "int32"),
    "weights wide per channel": lambda: _weights("wide", True, ""),
    "residual": lambda: _residual(""),
    "residual, Relu": lambda: _residual("Relu"),
    "pools": _pools,
    "mean, attribute": lambda: _mean(False, 1),
    "mean, input": lambda: _mean(True, 0),
    "matmul, float bias": lambda: _matmul(False, False),
    "matmul, int8 bias": lambda: _matmul(True, False),
    "matmul, bias after quantization": lambda: _matmul(True, True),
    "softmax over a map": _softmax_over_a_map,
    "softmax 1/256": lambda: _softmax(1 / 256, -128),
    "softmax 1/255": lambda: _softmax(1 / 255, -128),
    "softmax symmetric": lambda: _softmax(1 / 127, 0),
    "log softmax": lambda: _softmax(1 / 16, 127, "LogSoftmax"),
    "log softmax, another scale": lambda: _softmax(1 / 12, 120, "LogSoftmax"),
    "lone activations": _lone_activations,
    "maximum before quantization": _maximum_before_quantization,
    **{f"{kind} of maps and constants": partial(_combined, kind) for kind in ("Add", "Sub", "Mul", "Max", "Min")},
    "Mul of maps, uint8": lambda: _combined("Mul", "uint8"),
    **{f"{kind} of one channel": partial(_attended, kind) for kind in ("Add", "Sub", "Mul", "Max", "Min")},
    "gelu in parts": lambda: _gelu_in_parts(False),
    "gelu in parts, all quantized": lambda: _gelu_in_parts(False, "Div Erf Add Mul"),
    "gelu in parts, sums and products quantized": lambda: _gelu_in_parts(False, "Add Mul"),
    "gelu by tanh in parts": lambda: _gelu_in_parts(True),
    "gelu by tanh in parts, quantized": lambda: _gelu_in_parts(True, "Add Mul Tanh"),
    "functions in float": _functions_in_float,
    "unit length": lambda: _unit_length((12,), 1 / 128),
    "unit length, finer": lambda: _unit_length((12,), 0.003, zero_point=-5),
    "unit length, as torch exports it": lambda: _unit_length((12,), 0.0071, "Div"),
    "unit length at every position": lambda: _unit_length((4, 5, 6), 0.0, "Div"),
    "normalized": _normalized,
    "grouped and dilated": _grouped_and_dilated,
    "sloped": _sloped,
    "transposed": lambda: transposed_layers(*(TRANSPOSED[name] for name in EVALUATED_BY_ONNX[:3])),
    **{f"transposed, {name}": partial(transposed_layers, TRANSPOSED[name]) for name in EVALUATED_BY_ONNX},
    "mean of a view": _mean_of_a_view,
    "mean, one by one, not kept": lambda: _reduced("ReduceMean", (3,), (2,), keepdims=0),
    "maximum, one by one, not kept": lambda: _reduced("ReduceMax", (3,), (2,), keepdims=0),
    "sum, not kept": lambda: _reduced("ReduceSum", (1,), (1,), keepdims=0),
    **{
        f"{kind} over {name}": partial(_reduced, kind, *axes)
        for name, axes in REDUCTIONS.items()
        for kind in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
    },
}
