"""PAD and PADV2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import CHANNELS, part, require_one_quantization
from mcugen.ir import Lookup, Operator, Pad, Tensor
from mcugen.ir.operators.concat import Concat

_MAP_RANK = 4


def _pad(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of height, width and channels of a map with zeros; refused: batch.

    paddings: int32 or int64 [4, 2], before and after each of batch, height, width, channels.
    """
    source, output = network.input(operator), network.output(operator)
    paddings = network.constant(operator, 1, tflite.TensorType.INT32, tflite.TensorType.INT64)
    if paddings.shape != (_MAP_RANK, 2):
        raise operator.unsupported(f"pads {paddings.shape[:1]} dimensions; maps of 4 dimensions are supported")
    if np.any(paddings < 0):
        raise operator.damaged(f"its paddings are negative: {paddings.tolist()}")
    if np.any(paddings[0]):
        raise operator.unsupported("pads the batch; height, width and channels are supported")
    top, bottom, left, right, before, behind = (int(size) for size in paddings[1:].reshape(-1))
    if not before and not behind:
        return [Pad(**network.operator_fields(operator, (source,), output), padding=(top, bottom, left, right))]
    return _with_channels(network, operator, (top, bottom, left, right), (before, behind))


def _with_channels(
    network: Network, operator: FileOperator, padding: tuple[int, int, int, int], channels: tuple[int, int]
) -> list[Operator]:
    """Padded in height and width, then with channels of zeros on either side: a table that knows only zero makes them
    of the map's own."""
    source, output = network.input(operator), network.output(operator)
    require_one_quantization(operator, source, output)
    if source.channels + sum(channels) != output.channels:
        raise operator.damaged(f"pads {source.channels} channels by {channels} to {output.channels}")
    operators: list[Operator] = []
    if any(padding):
        framed = network.inner(operator, "framed", (*output.shape[:2], source.channels), output)
        operators.append(Pad(**network.operator_fields(operator, (source,), framed), padding=padding))
        source = framed
    zeros = network.inner(operator, "zeros", source.shape, output)
    table = np.full(256, output.zero_point, np.int64)
    operators.append(Lookup(**network.operator_fields(operator, (source,), zeros), table=table))
    sides: list[list[Tensor]] = []
    for side, count in zip(("before", "behind"), channels, strict=True):
        whole, rest = divmod(count, source.channels)
        sides.append([zeros] * whole)
        if rest:
            piece = network.inner(operator, side, (*source.shape[:2], rest), output)
            ranges = [range(source.height), range(source.width), range(rest)]
            operators += part(network, operator, zeros, ranges, piece)
            sides[-1].append(piece)
    inputs = (*sides[0], source, *sides[1])
    return [*operators, Concat(**network.operator_fields(operator, inputs, output), axis=CHANNELS)]


def _pad_value(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """As PAD; refused: values other than zero."""
    output, unsigned = network.output(operator), network.is_unsigned(operator)
    values = network.constant(operator, 2, tflite.TensorType.UINT8 if unsigned else tflite.TensorType.INT8)
    if values.size != 1 or int(values.reshape(-1)[0]) - (128 if unsigned else 0) != output.zero_point:
        raise operator.unsupported("pads with a value other than zero; zero padding is supported")
    return _pad(network, operator)


PAD = Handler(_pad, inputs=(2, 2), unsigned=True)
PAD_VALUE = Handler(_pad_value, inputs=(3, 3), unsigned=True)
