"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN over any of height, width and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import tflite

from mcugen.fixedpoint import Requantization
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import (
    CHANNELS,
    HEIGHT,
    WIDTH,
    graph_axis,
    require_one_quantization,
    reshaped,
    reshaped_output,
)
from mcugen.frontend.tflite.quantization import mean_requantization, rescale_requantization
from mcugen.ir import AveragePool2D, Conv2D, Lookup, MaxPool2D, Operator, Tensor, Window

_LARGEST_WEIGHTS = 1 << 20
_TURNED = np.arange(127, -129, -1)
"""-1 - q of every int8 q, the lowest first."""


def _axes(network: Network, operator: FileOperator) -> set[int]:
    """The graph's axes over which the operator goes."""
    rank = len(network.shape(network.file_tensor(operator, operator.input(0))))
    axes = network.constant(operator, 1, tflite.TensorType.INT32).reshape(-1).tolist()
    return {graph_axis(operator, axis, rank) for axis in axes}


def _left(source: Tensor, axes: set[int]) -> tuple[int, int, int]:
    """The shape in which the axes are 1."""
    height, width, channels = (1 if axis in axes else size for axis, size in enumerate(source.shape))
    return height, width, channels


def _mean(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Over any of height, width and channels, dimensions kept or not."""
    source, output = network.input(operator), network.output(operator)
    axes = _axes(network, operator)
    count = int(np.prod([source.shape[axis] for axis in axes], dtype=np.int64))
    return _sums(network, operator, axes, mean_requantization(source, count, output))


def _sum(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """As MEAN."""
    source, output = network.input(operator), network.output(operator)
    requantization = rescale_requantization(source, output, (output.qmin, output.qmax))
    return _sums(network, operator, _axes(network, operator), requantization)


def _sums(
    network: Network, operator: FileOperator, axes: set[int], requantization: Requantization
) -> Sequence[Operator]:
    """Sums over the axes, requantized: a pool, or with channels among them a convolution whose weights are 1."""
    source, output = network.input(operator), network.output(operator)
    shape = _left(source, axes)
    target, behind = reshaped_output(network, operator, output, shape)
    kernel = (source.height if HEIGHT in axes else 1, source.width if WIDTH in axes else 1)
    window = Window(kernel=kernel, stride=kernel)
    fields = network.operator_fields(operator, (source,), target)
    if CHANNELS not in axes:
        return [AveragePool2D(**fields, window=window, requantization=requantization), *behind]
    if window.cells * source.channels > _LARGEST_WEIGHTS:
        raise operator.unsupported(f"adds {window.cells * source.channels:,} values", "reduce height and width first")
    weights = np.ones((1, *kernel, source.channels), np.int8)
    bias = np.zeros(1, np.int32)
    return [Conv2D(**fields, weights=weights, bias=bias, window=window, requantization=requantization), *behind]


def _maximum(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Over any of height, width and channels, dimensions kept or not, of the same scale and zero point out as in."""
    source, output = network.input(operator), network.output(operator)
    require_one_quantization(operator, source, output)
    return _largest(network, operator, source, output)


def _minimum(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """As REDUCE_MAX, of values in reverse order: q and -1 - q."""
    source, output = network.input(operator), network.output(operator)
    require_one_quantization(operator, source, output)
    zero_point = -1 - source.zero_point
    turned = network.inner(operator, "turned", source.shape, replace(source, zero_point=zero_point))
    largest = network.inner(operator, "largest", output.shape, turned)
    return [
        Lookup(**network.operator_fields(operator, (source,), turned), table=_TURNED),
        *_largest(network, operator, turned, largest),
        Lookup(**network.operator_fields(operator, (largest,), output), table=_TURNED),
    ]


def _largest(network: Network, operator: FileOperator, source: Tensor, output: Tensor) -> Sequence[Operator]:
    """The largest values of `source` over the operator's axes."""
    axes = _axes(network, operator)
    height, width = (source.height if HEIGHT in axes else 1), (source.width if WIDTH in axes else 1)
    before: list[Operator] = []
    if CHANNELS in axes:
        # Channels as columns, so that a window goes over them.
        flat = (source.height, source.width * source.channels, 1)
        width *= source.channels
        source, before = reshaped(network, operator, source, flat, "columns")
    window = Window(kernel=(height, width), stride=(height, width))
    shape = (*window.output_size(source.height, source.width), source.channels)
    target, behind = reshaped_output(network, operator, output, shape)
    return [*before, MaxPool2D(**network.operator_fields(operator, (source,), target), window=window), *behind]


MEAN = Handler(_mean, inputs=(2, 2), unsigned=True)
SUM = Handler(_sum, inputs=(2, 2))
REDUCE_MAX = Handler(_maximum, inputs=(2, 2), unsigned=True)
REDUCE_MIN = Handler(_minimum, inputs=(2, 2), unsigned=True)
