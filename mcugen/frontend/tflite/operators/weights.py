"""Weights and bias of convolutions and fully connected layers."""

from __future__ import annotations

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator, FileTensor
from mcugen.frontend.tflite.network import Network
from mcugen.ir import narrow_weights

_BIAS_TOLERANCE = 0.02


def read_weights(network: Network, operator: FileOperator, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """(weights of `rank` dimensions less their zero point, their float32 scales [n]).

    int8, and of a uint8 operator int16 [-255, 255] where they do not fit. The zero points of int8 weights are 0.
    """
    unsigned = network.is_unsigned(operator)
    weights = network.constant(operator, 1, tflite.TensorType.UINT8 if unsigned else tflite.TensorType.INT8)
    tensor = network.file_tensor(operator, operator.input(1))
    if weights.ndim != rank:
        raise operator.damaged(f"its weights have shape {weights.shape}, not {rank} dimensions")
    if len(tensor.scales) == 0:
        raise operator.damaged("its weights have no scale")
    if tensor.lacks_zero_points:
        raise operator.damaged("its weights have scales and no zero points")
    if unsigned:
        return _centered(operator, weights, tensor), tensor.scales
    if np.any(tensor.zero_points != 0):
        raise operator.unsupported(
            "its weights have a zero point other than 0; symmetric int8 weights are supported",
            "quantize again with the current TensorFlow Lite converter",
        )
    return weights, tensor.scales


def _centered(operator: FileOperator, weights: np.ndarray, tensor: FileTensor) -> np.ndarray:
    if len(tensor.scales) != 1:
        raise operator.unsupported("its uint8 weights have a scale for each channel; one for all is supported")
    zero_point = int(tensor.zero_points[0])
    if not 0 <= zero_point <= 255:
        raise operator.damaged(f"the zero point of its uint8 weights is {zero_point}")
    return narrow_weights(weights.astype(np.int16) - np.int16(zero_point))


def check_bias_scale(network: Network, operator: FileOperator, scale: np.float32, position: int = 2) -> None:
    """Raises ModelFormatError where the bias has another scale than the sums of a layer with one scale of weights.

    As the runtime prepares it (GetQuantizedConvolutionMultipler, kernel_util.cc): they may differ by 2 % of the
    output's scale. The runtime then computes with that of input and weights alone.
    """
    if not operator.has_input(position):
        return
    scales = network.file_tensor(operator, operator.input(position)).scales
    found = np.float64(scales[0]) if len(scales) else np.float64(0)
    source, output = network.input(operator), network.output(operator)
    wanted = np.float64(np.float32(source.scale) * scale)
    if abs(wanted - found) / output.scale > _BIAS_TOLERANCE:
        raise operator.damaged(f"its bias has scale {found:g}; input and weights have {wanted:g} together")


def check_scales(network: Network, operator: FileOperator, channel_axis: int) -> None:
    """Raises ModelFormatError unless the weights have one scale, or one for each output channel.

    channel_axis: the axis of the weights that is the output channels.
    """
    tensor = network.file_tensor(operator, operator.input(1))
    scales, channels = len(tensor.scales), tensor.shape[channel_axis]
    if scales not in (1, channels):
        raise operator.damaged(f"its weights have {scales} scales for {channels} output channels")
    if scales > 1 and tensor.quantized_dimension != channel_axis:
        raise operator.damaged(
            f"its weights have a scale for each index of axis {tensor.quantized_dimension}; its output channels are"
            f" axis {channel_axis}"
        )


def read_bias(network: Network, operator: FileOperator, channels: int, position: int = 2) -> np.ndarray:
    """int32 [channels], zeros where the operator has no bias at this input."""
    if not operator.has_input(position):
        return np.zeros(channels, np.int32)
    bias = network.constant(operator, position, tflite.TensorType.INT32)
    if bias.size != channels:
        raise operator.damaged(f"its bias has {bias.size} values for {channels} output channels")
    return bias.reshape(channels)
