"""Tables of the kernels of packed pixels in the order in which they read them."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.packed import armv6m, armv7m
from mcugen.kernels.packed.fit_signed import SignedFit
from mcugen.kernels.packed.fit_split import SplitFit
from mcugen.kernels.packed.select import PackedKernel
from mcugen.kernels.tables import bytes_in_words, folded_bias, padded_weights, words
from mcugen.plan.fit import Fit


def lane_origins(core: str, depth: int, block: int) -> int:
    """What the lanes' origins add up to in a sum of the core's matrix kernel."""
    return (armv7m if core == "armv7-m" else armv6m).lane_origins(depth, block)


def matrix_stream(op: Conv2D, packed: PackedKernel, zero_point: int, core: str) -> np.ndarray:
    """uint32: for each output channel its constants, the start of its sums, and its weights, four in a word.

    Constants of a plain fit: addend in the upper half and whether blocks are of 2; multiplier. Of a signed fit: the
    half and, as its last bit, whether blocks are of 2; multiplier. Of a split fit: how far its two lines lie apart, if
    it has two; both halves of the multiplier; addend and in bit 31 whether blocks are of 2; limit.
    """
    fit = packed.matrix
    start = folded_bias(op, op.bias, zero_point) + fit.offset
    by_two = packed.blocks == 2
    if isinstance(fit, SplitFit):
        addend = fit.addend & 0x7FFFFFFF | by_two.astype(np.int64) << 31
        constants = [*([] if fit.drop is None else [fit.drop]), fit.low | fit.high << 16, addend, fit.limit]
    elif isinstance(fit, SignedFit):
        constants = [fit.half | by_two, fit.multiplier]
    else:
        constants = [(fit.addend & 0xFFFF) << 16 | by_two, fit.multiplier]
    start -= np.array([lane_origins(core, packed.depth, int(block)) for block in packed.blocks])
    weights = bytes_in_words(padded_weights(op, packed.depth))
    return words(np.concatenate([np.stack([*constants, start], axis=1), weights], axis=1))


def depthwise_table(op: DepthwiseConv2D, fit: Fit | SplitFit) -> np.ndarray:
    """uint32: for each channel nine weights and three zeros, which rows outside the image meet, as bytes; the start of
    its sums; multiplier and, where one is not 0, addend, or the split fit's multiplier, addend and limit."""
    channels = op.weights.shape[2]
    weights = np.zeros((channels, 12), np.int8)
    weights[:, :9] = op.weights.transpose(2, 0, 1).reshape(channels, 9)
    columns = [*bytes_in_words(weights).T]
    bias = op.bias.astype(np.int64)
    if isinstance(fit, SplitFit):
        columns += [bias + fit.offset, fit.low | fit.high << 16, fit.addend, fit.limit]
    else:
        columns += [fit.scale * bias + fit.offset, fit.multiplier]
        if np.any(fit.addend):
            columns.append(fit.addend)
    return words(np.stack(columns, axis=1))
