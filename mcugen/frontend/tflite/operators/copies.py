"""Copies of a map's elements: TILE, BROADCAST_TO, and what `frontend.tflite.copies` joined to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
import tflite

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.blocks import gather_blocks, require_block, spread_blocks
from mcugen.frontend.dense_weights import of_channels
from mcugen.frontend.tflite.copies import broadcast, tiled
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network, OperatorLowering
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import require_one_quantization
from mcugen.frontend.tflite.quantization import rescale_requantization
from mcugen.ir import Conv2D, Operator, Reshape, Tensor, Window
from mcugen.ir.operators.resize import Resize, nearest_taps
from mcugen.ir.operators.transpose import Transpose

_INTEGERS = (tflite.TensorType.INT32, tflite.TensorType.INT64)


def copies(network: Network, operator: FileOperator, elements: np.ndarray) -> Sequence[Operator]:
    """The operators of the graph that copy elements of the input to the output.

    elements: in the output's shape in the file, for each of its elements the number of the input's, in memory's order.
    Raises UnsupportedModelError where they lie in no order that an operator of the graph has.
    """
    network.resolved_shapes[operator.outputs[0]] = elements.shape
    source, output = network.input(operator), network.output(operator)
    require_one_quantization(operator, source, output)
    fields = network.operator_fields(operator, (source,), output)
    wanted = elements.reshape(output.shape)
    given = np.arange(source.size).reshape(source.shape)
    if np.array_equal(wanted.reshape(-1), given.reshape(-1)):
        return [Reshape(**fields)]
    for first, second, third in permutations(range(3)):
        if np.array_equal(given.transpose(first, second, third), wanted):
            return [Transpose(**fields, axes=(first, second, third))]
    rows, columns, channels = np.unravel_index(wanted, source.shape)
    of_row, of_column, of_channel = rows[:, 0, 0], columns[0, :, 0], channels[0, 0, :]
    if np.array_equal(given[np.ix_(of_row, of_column, of_channel)], wanted):
        if np.array_equal(of_channel, np.arange(source.channels)):
            return [Resize(**fields, rows=nearest_taps(of_row), columns=nearest_taps(of_column))]
        if source.shape[:2] == output.shape[:2]:
            return [_channels(network, operator, source, output, of_channel)]
    lowering = OperatorLowering(network, operator, output)
    if (block := _block(source, output)) is not None and np.array_equal(_spread(given, block), wanted):
        require_block(max(block), operator.unsupported)
        return spread_blocks(lowering, source, output, block)
    if (block := _block(output, source)) is not None and block[0] == block[1]:
        deep = np.arange(output.size).reshape(output.shape)
        if np.array_equal(wanted.reshape(-1)[_spread(deep, block)], given):
            require_block(block[0], operator.unsupported)
            return gather_blocks(lowering, source, output, block[0])
    raise operator.unsupported(
        f"makes {output.shape} of {source.shape} by copies in an order that is not supported; rows, columns or channels"
        " that are repeated or in another order, axes in another order and blocks of pixels are",
        "use UpSampling2D, SPACE_TO_DEPTH or DEPTH_TO_SPACE",
    )


def _channels(network: Network, operator: FileOperator, source: Tensor, output: Tensor, order: np.ndarray) -> Operator:
    """Channels order[0], order[1], ... of the map: a pointwise convolution with one weight, 1, for each."""
    return Conv2D(
        **network.operator_fields(operator, (source,), output),
        weights=of_channels(order, source.channels, operator.unsupported),
        bias=np.zeros(len(order), np.int32),
        window=Window(kernel=(1, 1)),
        requantization=rescale_requantization(source, output, (output.qmin, output.qmax)),
    )


def _block(deep: Tensor, wide: Tensor) -> tuple[int, int] | None:
    """Height and width of the blocks whose pixels are channels of the first; None where there are none."""
    if any(b % a for a, b in zip(deep.shape[:2], wide.shape[:2], strict=True)):
        return None
    height, width = wide.height // deep.height, wide.width // deep.width
    return (height, width) if height * width * wide.channels == deep.channels else None


def _spread(deep: np.ndarray, block: tuple[int, int]) -> np.ndarray:
    """Channels as blocks of pixels, as `frontend.blocks` has them."""
    rows, columns, channels = deep.shape
    height, width = block
    apart = deep.reshape(rows, columns, height, width, channels // (height * width)).transpose(0, 2, 1, 3, 4)
    return apart.reshape(rows * height, columns * width, -1)


def _tile(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of maps along their rows or columns, or of their channels alone, by constant numbers."""
    times = network.constant(operator, 1, *_INTEGERS).reshape(-1).tolist()
    return _repeated(network, operator, lambda elements: tiled(elements, times))


def _broadcast_to(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of maps of one row, column or channel, to a constant shape."""
    shape = network.constant(operator, 1, *_INTEGERS).reshape(-1).tolist()
    return _repeated(network, operator, lambda elements: broadcast(elements, shape))


def _repeated(
    network: Network, operator: FileOperator, repeat: Callable[[np.ndarray], np.ndarray]
) -> Sequence[Operator]:
    source = network.input(operator)
    shape = network.shape(network.file_tensor(operator, operator.input(0)))
    try:
        elements = repeat(np.arange(source.size).reshape(shape))
    except ModelFormatError as error:
        raise operator.damaged(error.message) from error
    return copies(network, operator, elements)


TILE = Handler(_tile, inputs=(2, 2))
BROADCAST_TO = Handler(_broadcast_to, inputs=(2, 2))
