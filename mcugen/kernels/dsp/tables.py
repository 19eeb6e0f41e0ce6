"""Tables of the DSP kernels in the order in which they read them."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.first import FirstConvolution
from mcugen.kernels.dsp.select import MatrixEpilogue
from mcugen.kernels.tables import padded_weights, words
from mcugen.plan.rescaling import SCALE, Rescaling


def depthwise_table(op: DepthwiseConv2D, rescaling: Rescaling, packed: bool) -> np.ndarray:
    """uint32: for each channel the words w1 w0 0 w2 of three kernel rows, start, multiplier. packed: the multiplier, a
    multiple of 16, in the third bytes of the three words and in the upper four bits of the start, which needs 28."""
    columns = []
    for i in range(3):
        w0, w1, w2 = (op.weights[i, j].astype(np.int64) & 0xFF for j in range(3))
        third = rescaling.multiplier >> (24 - 8 * i) & 0xFF if packed else 0
        columns.append(w1 | w0 << 8 | third << 16 | w2 << 24)
    start = SCALE * op.bias.astype(np.int64) + rescaling.offset
    if packed:
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


def _quads(weights: np.ndarray) -> np.ndarray:
    """Words of channels 2q, 2q + 1, 2q + depth/2, 2q + 1 + depth/2."""
    weights, half = weights.astype(np.int64) & 0xFF, weights.shape[1] // 2
    even, odd = weights[:, 0:half:2], weights[:, 1:half:2]
    even_high, odd_high = weights[:, half::2], weights[:, half + 1 :: 2]
    return even | odd << 8 | even_high << 16 | odd_high << 24


def _stream(epilogue: MatrixEpilogue, weights: np.ndarray) -> np.ndarray:
    tail = {
        "fitted": [epilogue.multiplier],
        "fitted_addend": [epilogue.multiplier, epilogue.addend],
        "signed": [epilogue.multiplier, epilogue.addend, epilogue.shift],
    }[epilogue.form]
    pairs = len(weights) // 2
    parts = [
        epilogue.start.reshape(pairs, 2),
        weights.reshape(pairs, 2, -1).transpose(0, 2, 1).reshape(pairs, -1),
        np.stack(tail, axis=1).reshape(pairs, -1),
    ]
    return words(np.concatenate(parts, axis=1))
