"""Tables of the kernels of packed pixels in the order in which they read them."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.packed import armv6m, armv7m
from mcugen.kernels.packed.one_pixel import PackedOnePixel
from mcugen.kernels.packed.select import PackedKernel
from mcugen.kernels.packed.signed_rescaling import SignedRescaling
from mcugen.kernels.packed.split_rescaling import SplitRescaling
from mcugen.kernels.tables import bytes_in_words, folded_bias, padded_weights, words
from mcugen.plan.rescaling import Rescaling


def lane_origins(core: str, depth: int, block: int) -> int:
    """What the lanes' origins add up to in a sum of the core's matrix kernel."""
    return (armv7m if core == "armv7-m" else armv6m).lane_origins(depth, block)


def matrix_stream(op: Conv2D, packed: PackedKernel, zero_point: int, core: str) -> np.ndarray:
    """uint32: for each output channel its constants, the start of its sums, and its weights, four in a word.

    Constants of a plain rescaling: addend in the upper half and whether blocks are of 2; multiplier. Of a signed one:
    the half and, as its last bit, whether blocks are of 2; multiplier. Of a split one: how far its two lines lie apart,
    if it has two; both halves of the multiplier; addend and in bit 31 whether blocks are of 2; limit.
    """
    rescaling = packed.matrix
    start = folded_bias(op, op.bias, zero_point) + rescaling.offset
    by_two = packed.blocks == 2
    if isinstance(rescaling, SplitRescaling):
        constants = _split_constants(rescaling, rescaling.addend & 0x7FFFFFFF | by_two.astype(np.int64) << 31)
    elif isinstance(rescaling, SignedRescaling):
        constants = [rescaling.half | by_two, rescaling.multiplier]
    else:
        constants = [(rescaling.addend & 0xFFFF) << 16 | by_two, rescaling.multiplier]
    start -= np.array([lane_origins(core, packed.depth, int(block)) for block in packed.blocks])
    weights = bytes_in_words(padded_weights(op, packed.depth))
    return words(np.concatenate([np.stack([*constants, start], axis=1), weights], axis=1))


def pixel_stream(op: Conv2D, kernel: PackedOnePixel, zero_point: int) -> np.ndarray:
    """uint32: for each time that the kernel of one pixel takes output channels the starts of their sums, weights, and
    for each channel the constants of its split rescaling. Weights are bytes, of all these channels for the first value
    of the column, then for the second; behind the last value there are zeros, up to a multiple of four."""
    rescaling, channels = kernel.rescaling, len(op.weights)
    weights = padded_weights(op, -(-kernel.depth // 4) * 4)
    start = folded_bias(op, op.bias, zero_point) + rescaling.offset
    constants = np.stack(_split_constants(rescaling, rescaling.addend), axis=1)
    parts: list[np.ndarray] = []
    for first in range(0, channels, kernel.rows):
        these = slice(first, min(first + kernel.rows, channels))
        parts += [start[these], bytes_in_words(weights[these].T.reshape(-1)), constants[these].reshape(-1)]
    return words(np.concatenate(parts))


def _split_constants(rescaling: SplitRescaling, addend: np.ndarray) -> list[np.ndarray]:
    apart = [] if rescaling.drop is None else [rescaling.drop]
    return [*apart, rescaling.low | rescaling.high << 16, addend, rescaling.limit]


def depthwise_table(op: DepthwiseConv2D, rescaling: Rescaling | SplitRescaling) -> np.ndarray:
    """uint32: for each channel nine weights and three zeros, which rows outside the image meet, as bytes; the start of
    its sums; multiplier and, where one is not 0, addend, or the split rescaling's multiplier, addend and limit."""
    channels = op.weights.shape[2]
    weights = np.zeros((channels, 12), np.int8)
    weights[:, :9] = op.weights.transpose(2, 0, 1).reshape(channels, 9)
    columns = [*bytes_in_words(weights).T]
    bias = op.bias.astype(np.int64)
    if isinstance(rescaling, SplitRescaling):
        columns += [bias + rescaling.offset, rescaling.low | rescaling.high << 16, rescaling.addend, rescaling.limit]
    else:
        columns += [rescaling.scale * bias + rescaling.offset, rescaling.multiplier]
        if np.any(rescaling.addend):
            columns.append(rescaling.addend)
    return words(np.stack(columns, axis=1))
