"""Tables of the DSP kernels in the order in which they read them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.epilogue import MatrixEpilogue
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.one_pixel import OnePixelKernel
from mcugen.kernels.tables import bytes_in_words, padded_weights, words
from mcugen.plan.rescaling import SCALE, Rescaling


def copied_order(op: Conv2D, depth: int) -> Conv2D:
    """The operator as a pointwise one whose input channels are in the order in which plain columns have copied values:
    a word holds two that are half a column apart, and is made of values 4q and 4q + 2, or the ones behind them."""
    weights, half = padded_weights(op, depth), np.arange(depth // 2)
    first = half // 2 * 4 + half % 2
    ordered = weights[:, np.concatenate([first, first + 2])]
    return replace(op, weights=ordered.reshape(len(weights), 1, 1, depth))


def depthwise_table(op: DepthwiseConv2D, rescaling: Rescaling, compact: bool) -> np.ndarray:
    """uint32: for each channel the words w1 w0 0 w2 of three kernel rows, start, multiplier. compact: the multiplier, a
    multiple of 16, in the third bytes of the three words and in the upper four bits of the start, which needs 28."""
    columns = []
    for i in range(3):
        w0, w1, w2 = (op.weights[i, j].astype(np.int64) & 0xFF for j in range(3))
        third = rescaling.multiplier >> (24 - 8 * i) & 0xFF if compact else 0
        columns.append(w1 | w0 << 8 | third << 16 | w2 << 24)
    start = SCALE * op.bias.astype(np.int64) + rescaling.offset
    if compact:
        columns.append(start & 0x0FFFFFFF | (rescaling.multiplier >> 4 & 0xF) << 28)
    else:
        columns += [start, rescaling.multiplier]
    return words(np.stack(columns, axis=1))


def eight_stream(op: Conv2D, epilogue: MatrixEpilogue) -> np.ndarray:
    """uint32: for each output channel of depth 8 two words of weights as in a quad, start, multiplier."""
    quads = _quads(padded_weights(op, 8))
    return words(np.concatenate([quads, np.stack([epilogue.start, epilogue.multiplier], axis=1)], axis=1))


def matrix_stream(op: Conv2D, depth: int, epilogue: MatrixEpilogue) -> np.ndarray:
    """uint32: for each pair of output channels two starts, depth/4 quads of two words, and the constants of its end."""
    return _stream(epilogue, _quads(padded_weights(op, depth)))


def paired_stream(op: Conv2D, depth: int, epilogue: MatrixEpilogue) -> np.ndarray:
    """uint32: for each pair of output channels the second one's start, depth/2 words whose halves weigh channels j and
    j + depth/2 by low + 256 * high for both, the first one's start, and the constants of its end."""
    weights, half = padded_weights(op, depth).astype(np.int64), depth // 2
    halves = (weights[::2] + 256 * weights[1::2]) & 0xFFFF
    start = epilogue.start.reshape(-1, 2)
    ends = _ends(epilogue).reshape(len(start), -1)
    paired = halves[:, :half] | halves[:, half:] << 16
    return words(np.concatenate([start[:, 1:], paired, start[:, :1], ends], axis=1))


def four_stream(op: Conv2D, depth: int, epilogue: MatrixEpilogue) -> np.ndarray:
    """uint32: of each four output channels the words of `paired_stream` for both pairs, which alternate."""
    pairs = paired_stream(op, depth, epilogue).reshape(len(op.weights) // 4, 2, -1)
    return words(pairs.transpose(0, 2, 1).astype(np.int64))


def first_stream(op: Conv2D, first: FirstConvolution, epilogue: MatrixEpilogue) -> np.ndarray:
    """uint32: the same with 16-bit weights, 256-fold, of columns as the first convolution's kernel makes them."""
    channels = len(op.weights)
    rows = op.weights.reshape(channels, 3, -1).astype(np.int64)
    columns = np.zeros((channels, 2 * first.halves), np.int64)
    if first.channels == 3:
        columns[:, :24] = rows[:, :, :8].reshape(channels, -1)
        columns[:, 24:27] = rows[:, :, 8]
    else:
        columns.reshape(channels, 3, 4)[:, :, :3] = rows
    weights = (SCALE * columns & 0xFFFF).reshape(channels, -1, 4)
    pairs = weights[:, :, :2] | weights[:, :, 2:] << 16
    return _stream(epilogue, pairs.reshape(channels, -1))


def pixel_stream(op: Conv2D, kernel: OnePixelKernel) -> np.ndarray:
    """uint32: for each time that the kernel takes output channels the starts of the high channels' sums, weights, the
    starts of the others', and the constants of the ends. Of four values of the column each pair of channels has two
    words, of values 0 and 2 and of 1 and 3, whose halves are low + 256 * high; a single channel has one of four bytes.
    Weights of values behind the last four have as many words as they need."""
    weights, channels = op.weight_matrix.astype(np.int64), len(op.weights)
    parts: list[np.ndarray] = []
    for first in range(0, channels, kernel.rows):
        these = slice(first, min(first + kernel.rows, channels))
        starts = kernel.epilogue.start[these]
        parts += [starts[1::2], _pixel_weights(weights[these]), starts[::2], _ends(kernel.epilogue)[these].reshape(-1)]
    return words(np.concatenate(parts))


def _pixel_weights(weights: np.ndarray) -> np.ndarray:
    """int64: the words of weights of int64 [rows, depth]."""
    depth = weights.shape[1]
    quads = np.pad(weights, ((0, 0), (0, -depth % 4))).reshape(len(weights), -1, 4)
    lows, highs = quads[: len(quads) // 2 * 2 : 2], quads[1::2]
    halves = (lows + 256 * highs) & 0xFFFF
    pairs = halves[:, :, :2] | halves[:, :, 2:] << 16
    columns = [pairs.transpose(1, 0, 2).reshape(quads.shape[1], -1)]
    if len(quads) % 2:
        columns.append(bytes_in_words(quads[-1].astype(np.int8)))
    whole = np.concatenate(columns, axis=1)
    if depth % 4 != 1:
        return whole.reshape(-1)
    # Of a last value alone there are no words of values 1 and 3.
    last = np.concatenate([pairs[:, -1, 0], *(each[-1] for each in columns[1:])])
    return np.concatenate([whole[:-1].reshape(-1), last])


def _quads(weights: np.ndarray) -> np.ndarray:
    """Words of channels 2q, 2q + 1, 2q + depth/2, 2q + 1 + depth/2."""
    weights, half = weights.astype(np.int64) & 0xFF, weights.shape[1] // 2
    even, odd = weights[:, 0:half:2], weights[:, 1:half:2]
    even_high, odd_high = weights[:, half::2], weights[:, half + 1 :: 2]
    return even | odd << 8 | even_high << 16 | odd_high << 24


def _stream(epilogue: MatrixEpilogue, weights: np.ndarray) -> np.ndarray:
    pairs = len(weights) // 2
    parts = [
        epilogue.start.reshape(pairs, 2),
        weights.reshape(pairs, 2, -1).transpose(0, 2, 1).reshape(pairs, -1),
        _ends(epilogue).reshape(pairs, -1),
    ]
    return words(np.concatenate(parts, axis=1))


def _ends(epilogue: MatrixEpilogue) -> np.ndarray:
    """int64 [C, constants]: of the end of each channel."""
    constants = {
        "fitted": [epilogue.multiplier],
        "fitted_addend": [epilogue.multiplier, epilogue.addend],
        "signed": [epilogue.multiplier, epilogue.addend, epilogue.shift],
    }[epilogue.form]
    return np.stack(constants, axis=1)
