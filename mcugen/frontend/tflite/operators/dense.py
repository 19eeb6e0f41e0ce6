"""FULLY_CONNECTED, over a flattened map or, keeping dimensions, over the channels of every pixel."""

from __future__ import annotations

from dataclasses import replace

import tflite

from mcugen.fixedpoint import Rounding
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.weights import check_bias_scale, check_scales, read_bias, read_weights
from mcugen.frontend.tflite.quantization import (
    activation_clamp,
    dense_requantization,
    fused_activation,
    weighted_requantization,
)
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Conv2D, FullyConnected, Operator, Window


def _fully_connected(network: Network, operator: FileOperator) -> Operator:
    """Over a map as one vector, or over the channels of every pixel, with constant symmetric int8 weights, one scale or
    one a channel, or uint8 ones with a zero point, and a fused ReLU, ReLU6 or ReLU-1-to-1; refused: shuffled weights.

    Weights in the file: [out channels, accumulation depth].
    """
    if operator.integer("WeightsFormat") != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        raise operator.unsupported("shuffled weights are not supported", "convert for a microcontroller")
    source, output = network.input(operator), network.output(operator)
    weights, scales = read_weights(network, operator, rank=2)
    channels, depth = weights.shape
    check_scales(network, operator, channel_axis=0)
    if len(scales) == 1:
        check_bias_scale(network, operator, scales[0])
    activation = fused_activation(operator)
    clamp = activation_clamp(activation, output)
    if network.is_unsigned(operator):
        # LiteRT 2's reference kernel rounds once here, as no other kernel of uint8 does.
        twice = dense_requantization(source, scales[0], output, clamp)
        requantization = replace(twice, rounding=Rounding.SINGLE)
    elif len(scales) == 1:
        requantization = dense_requantization(source, scales[0], output, clamp)
    else:
        requantization = weighted_requantization(source, scales, output, clamp)
    fields = network.operator_fields(operator, (source,), output, activation)
    bias = read_bias(network, operator, channels)
    if depth == source.size:
        return FullyConnected(**fields, weights=weights, bias=bias, requantization=requantization)
    if depth != source.channels:
        raise operator.damaged(f"weights of depth {depth} do not fit the input {source.shape}")
    # With several pixels left, the layer is applied to each of them: a pointwise convolution.
    return Conv2D(
        **fields,
        weights=weights.reshape(channels, 1, 1, depth),
        bias=bias,
        window=Window(kernel=(1, 1)),
        requantization=requantization,
    )


FULLY_CONNECTED = Handler(
    _fully_connected,
    OptionFields(
        tflite.FullyConnectedOptions,
        tflite.BuiltinOptions.FullyConnectedOptions,
        ("FusedActivationFunction", "WeightsFormat"),
    ),
    inputs=(2, 3),
    unsigned=True,
)
