"""SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels become channels and back, by parts that are put together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import (
    CHANNELS,
    WIDTH,
    part,
    require_one_quantization,
    reshaped,
    reshaped_output,
)
from mcugen.frontend.tflite.operators.window import map_and_output
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator, Tensor
from mcugen.ir.operators.concat import Concat


def _block(operator: FileOperator, deep: Tensor, wide: Tensor) -> int:
    """The size of the blocks, which makes (H, W, C) of `wide` (H / size, W / size, C * size * size) of `deep`."""
    size = operator.integer("BlockSize")
    height, width, channels = deep.shape
    if size < 1 or (height * size, width * size, channels) != (*wide.shape[:2], wide.channels * size * size):
        raise operator.damaged(f"blocks of {size} do not lie between {wide.shape} and {deep.shape}")
    return size


def _space_to_depth(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of a map in blocks of any size."""
    source, output = map_and_output(network, operator)
    require_one_quantization(operator, source, output)
    size = _block(operator, output, source)
    operators: list[Operator] = []
    pixels = []
    for row, column in product(range(size), repeat=2):
        shape = (output.height, output.width, source.channels)
        pixel = network.inner(operator, f"pixel_{row}_{column}", shape, output)
        ranges = [range(row, source.height, size), range(column, source.width, size), range(source.channels)]
        operators += part(network, operator, source, ranges, pixel)
        pixels.append(pixel)
    return [*operators, Concat(**network.operator_fields(operator, tuple(pixels), output), axis=CHANNELS)]


def _depth_to_space(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of a map in blocks of any size."""
    source, output = map_and_output(network, operator)
    require_one_quantization(operator, source, output)
    size = _block(operator, source, output)
    return spread_blocks(network, operator, source, output, (size, size))


def spread_blocks(
    network: Network, operator: FileOperator, source: Tensor, output: Tensor, block: tuple[int, int]
) -> list[Operator]:
    """What writes y[i * height + a, j * width + b, c] = x[i, j, (a * width + b) * channels + c] for a, b in a block of
    height and width.

    A row of the output is, in memory, a block of the channels of a row of the input. So rows stand beside each other
    first, and below each other when the memory is read as the output.
    """
    operators: list[Operator] = []
    lines = []
    height, width = block
    channels = width * output.channels
    for row in range(height):
        deep = network.inner(operator, f"row_{row}", (source.height, source.width, channels), output)
        ranges = [range(source.height), range(source.width), range(row * channels, (row + 1) * channels)]
        operators += part(network, operator, source, ranges, deep)
        shape = (source.height, output.width, output.channels)
        line, behind = reshaped(network, operator, deep, shape, f"line_{row}")
        operators += behind
        lines.append(line)
    shape = (source.height, height * output.width, output.channels)
    joined, behind = reshaped_output(network, operator, output, shape)
    return [*operators, Concat(**network.operator_fields(operator, tuple(lines), joined), axis=WIDTH), *behind]


SPACE_TO_DEPTH = Handler(
    _space_to_depth,
    OptionFields(tflite.SpaceToDepthOptions, tflite.BuiltinOptions.SpaceToDepthOptions, ("BlockSize",)),
    unsigned=True,
)
DEPTH_TO_SPACE = Handler(
    _depth_to_space,
    OptionFields(tflite.DepthToSpaceOptions, tflite.BuiltinOptions.DepthToSpaceOptions, ("BlockSize",)),
    unsigned=True,
)
