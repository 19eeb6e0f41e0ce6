"""CONV_2D and DEPTHWISE_CONV_2D."""

from __future__ import annotations

import numpy as np
import tflite

from mcugen.fixedpoint import Requantization
from mcugen.frontend.dense_weights import dilated, ungrouped
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.weights import check_scales, read_bias, read_weights
from mcugen.frontend.tflite.operators.window import STRIDE_FIELDS, map_and_output, sliding_window
from mcugen.frontend.tflite.quantization import (
    activation_clamp,
    dense_requantization,
    fused_activation,
    weighted_requantization,
)
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Conv2D, DepthwiseConv2D, Operator, Tensor

_FIELDS = (*STRIDE_FIELDS, "DilationHFactor", "DilationWFactor")


def _dilated(operator: FileOperator, weights: np.ndarray, axis: int) -> np.ndarray:
    """Weights with the zeros that a dilation leaves between them. axis: of the kernel's height; its width is next."""
    factors = (operator.integer("DilationHFactor"), operator.integer("DilationWFactor"))
    for factor in factors:
        if factor < 1:
            raise operator.damaged(f"a dilation of {factor}")
    return dilated(weights, factors, axis, operator.unsupported)


def _ungrouped(operator: FileOperator, weights: np.ndarray, in_channels: int) -> np.ndarray:
    """Weights of all input channels, zeros outside an output channel's group."""
    channels, _, _, of_group = weights.shape
    groups = in_channels // of_group
    if in_channels % of_group or channels % groups:
        raise operator.damaged(
            f"its weights have {of_group} input channels, its input {in_channels}, its output {channels}: no groups"
        )
    return ungrouped(weights, groups, operator.unsupported)


def sums_requantized(
    network: Network, operator: FileOperator, source: Tensor, scales: np.ndarray, output: Tensor
) -> Requantization:
    """Of a convolution, with its fused activation. scales: of its weights, float32 [C] or [1]; one in uint8."""
    clamp = activation_clamp(fused_activation(operator), output)
    if network.is_unsigned(operator):
        return dense_requantization(source, scales[0], output, clamp)
    return weighted_requantization(source, scales, output, clamp)


def _convolution(network: Network, operator: FileOperator) -> Operator:
    """Standard and pointwise, of any kernel and stride, SAME or VALID, with constant symmetric int8 weights, or
    uint8 ones with a zero point, and a fused ReLU, ReLU6 or ReLU-1-to-1; dilation and groups as zeros among the
    weights.

    Weights in the file: [out channels, kernel height, kernel width, in channels].
    """
    source, output = map_and_output(network, operator)
    weights, scales = read_weights(network, operator, rank=4)
    if weights.shape[3] != source.channels:
        weights = _ungrouped(operator, weights, source.channels)
    weights = _dilated(operator, weights, axis=1)
    channels, height, width, _ = weights.shape
    check_scales(network, operator, channel_axis=0)
    return Conv2D(
        **network.operator_fields(operator, (source,), output, fused_activation(operator)),
        weights=weights,
        bias=read_bias(network, operator, channels),
        window=sliding_window(operator, (height, width), source),
        requantization=sums_requantized(network, operator, source, scales, output),
    )


def _depthwise(network: Network, operator: FileOperator) -> Operator:
    """As CONV_2D, with any whole multiplier of channels.

    Weights in the file: [1, kernel height, kernel width, out channels]. The multiplier is out channels / in channels,
    and the option of that name has to say the same: the runtime reads the option.
    """
    source, output = map_and_output(network, operator)
    weights, scales = read_weights(network, operator, rank=4)
    weights = _dilated(operator, weights, axis=1)
    one, height, width, channels = weights.shape
    if one != 1 or channels % source.channels:
        raise operator.damaged(f"weights {weights.shape} do not fit {source.channels} input channels")
    multiplier = channels // source.channels
    if operator.integer("DepthMultiplier") != multiplier:
        raise operator.damaged(
            f"its depth multiplier is {operator.integer('DepthMultiplier')}; its weights make {channels} channels of"
            f" {source.channels}, {multiplier} of each"
        )
    check_scales(network, operator, channel_axis=3)
    return DepthwiseConv2D(
        **network.operator_fields(operator, (source,), output, fused_activation(operator)),
        weights=weights[0],
        bias=read_bias(network, operator, channels),
        window=sliding_window(operator, (height, width), source),
        requantization=sums_requantized(network, operator, source, scales, output),
        depth_multiplier=multiplier,
    )


CONVOLUTION = Handler(
    _convolution,
    OptionFields(tflite.Conv2DOptions, tflite.BuiltinOptions.Conv2DOptions, _FIELDS),
    inputs=(2, 3),
    unsigned=True,
)
DEPTHWISE = Handler(
    _depthwise,
    OptionFields(
        tflite.DepthwiseConv2DOptions, tflite.BuiltinOptions.DepthwiseConv2DOptions, (*_FIELDS, "DepthMultiplier")
    ),
    inputs=(2, 3),
    unsigned=True,
)
