"""A small network for every operator that .tflite files are read with, and for what is special about it."""

from __future__ import annotations

from collections.abc import Callable

from tests.frontend.tflite_moves import MOVES
from tests.support.tflite_builder import NetworkBuilder


def _whole_network(net: NetworkBuilder) -> None:
    net.convolution(6, stride=(2, 2), activation="RELU6", zero_point=-128)
    net.depthwise(activation="RELU", zero_point=-128)
    net.convolution(9, kernel=(1, 1))
    net.mean()
    net.fully_connected(5)
    net.softmax()


def _per_tensor(net: NetworkBuilder) -> None:
    net.convolution(4, per_channel=False, activation="RELU_N1_TO_1")
    net.depthwise(2, per_channel=False, activation="RELU")
    net.fully_connected(3)


def _add(activation: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        left = net.convolution(4)
        right = net.convolution(4, kernel=(1, 1))
        net.add(left, right, activation=activation)

    return build


def _add_to_itself(net: NetworkBuilder) -> None:
    net.add(net.current, net.current)


def _elementwise(kind: str, activation: str = "NONE") -> Callable[[NetworkBuilder], None]:
    """Two maps, a map and a row, a vector, a single channel, and some the other way round."""

    def build(net: NetworkBuilder) -> None:
        source = net.current
        left = net.elementwise(kind, source, net.convolution(3), activation)
        vector = net.mean(keep_dims=True, scale=0.01)
        column = net.elementwise(kind, vector, left, activation)
        row = net.pool("MAX", kernel=(9, 1), stride=(9, 1))
        net.elementwise(kind, column, row, activation)
        whole = net.elementwise(kind, net.current, vector, activation)
        net.elementwise(kind, net.convolution(1), whole, activation)

    return build


def _elementwise_with_constants(kind: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        net.elementwise(kind, net.current, net.values(100), "RELU6")
        net.elementwise(kind, net.values([[[[-90, 3, 127]]]]), net.current)
        net.elementwise(kind, net.current, net.values([1, -128, 55], 0.1), zero_point=-128)

    return build


def _compared(kind: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        alike = {"scale": net.current.scale, "zero_point": net.current.zero_point}
        source = net.current
        net.elementwise(kind, source, net.convolution(3, **alike), **alike)
        net.elementwise(kind, net.current, net.convolution(1, **alike), **alike)
        net.elementwise(kind, net.current, net.pool("MAX", kernel=(9, 7), stride=(9, 7)), **alike)
        net.elementwise(kind, net.current, net.values([1, -70, 55], *alike.values()), **alike)
        net.elementwise(kind, net.values(20, *alike.values()), net.current, **alike)

    return build


def _weighted_relu(net: NetworkBuilder) -> None:
    net.prelu([[[30, -128, 127]]], scale=0.03, zero_point=-60)
    net.prelu(-90, 0.02, scale=0.05, zero_point=100)


def _reduced(net: NetworkBuilder) -> None:
    source = net.current
    net.reduce("MEAN", True, (1,), scale=0.03)
    net.reduce("SUM", True, (2,), scale=0.2)
    net.reduce("MEAN", False, (3,), scale=0.03)
    net.current = source
    net.reduce("MEAN", False, (2,), scale=0.03)
    net.reduce("MEAN", False, (1,), scale=0.02)
    net.current = source
    net.reduce("SUM", True, (1, 2, 3), scale=0.9)
    net.current = source
    columns = net.reduce("MEAN", True, (2, 3), scale=0.03)
    net.current = source
    net.elementwise("ADD", columns, net.reduce("SUM", True, (1, 2, 3), scale=0.9))


def _extreme(kind: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        source = net.current
        net.reduce(kind, True, (1,))
        net.reduce(kind, False, (2,))
        net.current = source
        column = net.reduce(kind, True, (-2, 3))
        net.current = source
        net.reduce(kind, False, (3,))
        net.reduce(kind, False, (2,))
        net.expand_dims(2)
        net.expand_dims(3)
        net.concatenate(net.current, column)

    return build


def _transposed(padding: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        net.slice((0, 2, 1, 0), (1, 4, 3, 3))
        net.transposed(5, (3, 3), (2, 2), padding)
        net.transposed(2, (2, 5), (1, 3), padding, per_channel=False, activation="RELU6")
        net.transposed(3, (4, 1), (2, 2), padding, extra=(-1, -1) if padding == "SAME" else (1, 0), bias=False)

    return build


def _dilated_and_grouped(net: NetworkBuilder) -> None:
    net.convolution(8, dilation=(2, 3), padding="SAME")
    net.convolution(12, groups=4, stride=(2, 1))
    net.convolution(6, kernel=(2, 2), groups=2, dilation=(3, 1), padding="VALID")


def _dilated_as_images(net: NetworkBuilder) -> None:
    net.images((3, 1), ((0, 0), (0, 0)))
    net.convolution(6, kernel=(2, 2), padding="VALID", activation="RELU6")
    net.image((3, 1), ((0, 0), (0, 0)))
    net.images((2, 3), ((0, 0), (0, 0)))
    net.depthwise(2, kernel=(2, 1), padding="VALID")
    net.image((2, 3), ((0, 0), (0, 0)))


def _pool(kind: str, padding: str, activation: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        net.pool(kind, kernel=(3, 2), stride=(1, 2), padding=padding, activation=activation)

    return build


def _no_bias(net: NetworkBuilder) -> None:
    net.convolution(4, bias=False)
    net.fully_connected(6, bias=False)


def _dense_per_pixel(net: NetworkBuilder) -> None:
    net.fully_connected(5, keep_dims=True)
    net.fully_connected(6, keep_dims=True, per_channel=True, activation="RELU")


def _dense_over_positions(net: NetworkBuilder) -> None:
    net.convolution(6, stride=(2, 2))
    _, height, width, channels = net.current.shape
    net.reshape((height * width, channels))
    net.fully_connected(5, keep_dims=True, activation="RELU6")
    net.quantize(0.03, 7)
    net.fully_connected(4, keep_dims=True, per_channel=True)
    net.reshape((1, net.current.size))
    net.fully_connected(3)
    net.softmax()


def _softmax_over_a_map(net: NetworkBuilder) -> None:
    net.convolution(5)
    net.softmax(beta=1.3)


def _largest_class(net: NetworkBuilder) -> None:
    net.fully_connected(5)
    net.arg_max()


def _largest_class_of_a_map(net: NetworkBuilder) -> None:
    """In steps so wide that classes are equal."""
    net.convolution(5, scale=5.0)
    net.arg_max(axis=3)


def _in_float(net: NetworkBuilder) -> None:
    """Preprocessing that the converter left as it was, constants for each channel, and values that are read twice."""

    def constant(*values: float) -> int:
        return net.file.constant("constant", values if len(values) > 1 else values[0], "float32")

    ratio = net.of_reals("DIV", net.real("CAST"), constant(127.5))
    net.stored(net.of_reals("SUB", ratio, constant(0.3, 1.0, -0.2), "RELU6"), 0.006)
    net.convolution(3)
    real = net.real("DEQUANTIZE")
    gate = net.of_reals("MINIMUM", net.of_reals("MAXIMUM", constant(-0.5), real), constant(1.7))
    net.stored(net.of_reals("MUL", real, net.of_reals("ADD", gate, constant(0.1))), net.current.scale)
    positive = net.file.tensor("positive", net.current.shape, "float32")
    net.file.operator("RELU", [net.real("DEQUANTIZE")], [positive])
    net.stored(positive, 0.9 * net.current.scale)


def _of_unit_length(net: NetworkBuilder) -> None:
    """Long vectors, of one and of few values, then the vector of all."""
    net.l2_normalize()
    net.convolution(20, scale=0.5)
    net.l2_normalize()
    net.reshape((1, net.current.size))
    net.l2_normalize()
    net.fully_connected(1)
    net.l2_normalize()


def _logarithms(net: NetworkBuilder) -> None:
    """Of maps and of a long vector, flat and steep."""
    net.convolution(6, scale=0.3)
    net.log_softmax()
    net.convolution(3, scale=0.002)
    net.log_softmax()
    net.reshape((1, net.current.size))
    net.log_softmax()
    net.fully_connected(4, scale=2.5)
    net.log_softmax()


def _requantized(net: NetworkBuilder) -> None:
    net.quantize(0.03, 7)
    net.quantize(0.003, -128)
    net.quantize(0.5, 127)


def _activated(net: NetworkBuilder) -> None:
    net.activate("RELU", scale=0.02, zero_point=-100)
    net.activate("RELU")
    net.activate("RELU6")


def _functions(net: NetworkBuilder) -> None:
    net.activate("HARD_SWISH", scale=0.03, zero_point=-100)
    net.activate("LEAKY_RELU", scale=0.02, zero_point=5, Alpha=0.3)
    net.activate("ELU", scale=0.03, zero_point=-30)
    net.activate("TANH", scale=1 / 128, zero_point=0)
    net.activate("LOGISTIC", scale=1 / 256, zero_point=-128)


def _mean_keeping_the_scale(net: NetworkBuilder) -> None:
    net.mean(scale=net.current.scale, zero_point=net.current.zero_point)


NETWORKS: dict[str, Callable[[NetworkBuilder], None]] = {
    **MOVES,
    "whole network": _whole_network,
    "per tensor, multiplier 2": _per_tensor,
    "add": _add("NONE"),
    "add relu": _add("RELU"),
    "add relu6": _add("RELU6"),
    "transposed same": _transposed("SAME"),
    "transposed valid": _transposed("VALID"),
    "weighted relu": _weighted_relu,
    "reduced": _reduced,
    "largest": _extreme("REDUCE_MAX"),
    "smallest": _extreme("REDUCE_MIN"),
    **{f"{kind} of maps and constants": _compared(kind) for kind in ("MAXIMUM", "MINIMUM")},
    "dilated as images": _dilated_as_images,
    "dilated and grouped": _dilated_and_grouped,
    "add to itself": _add_to_itself,
    **{f"{kind} of maps": _elementwise(kind) for kind in ("ADD", "SUB", "MUL")},
    **{f"{kind} of maps relu6": _elementwise(kind, "RELU6") for kind in ("ADD", "SUB", "MUL")},
    **{f"{kind} of constants": _elementwise_with_constants(kind) for kind in ("ADD", "SUB", "MUL")},
    "average pool same": _pool("AVERAGE", "SAME", "NONE"),
    "average pool valid relu6": _pool("AVERAGE", "VALID", "RELU6"),
    "max pool same relu": _pool("MAX", "SAME", "RELU"),
    "no bias": _no_bias,
    "dense per pixel": _dense_per_pixel,
    "largest class": _largest_class,
    "largest class of a map": _largest_class_of_a_map,
    "in float": _in_float,
    "of unit length": _of_unit_length,
    "logarithms": _logarithms,
    "requantized": _requantized,
    "activated": _activated,
    "functions of one value": _functions,
    "dense over positions": _dense_over_positions,
    "softmax over a map": _softmax_over_a_map,
    "mean keeping the scale": _mean_keeping_the_scale,
}
