"""Tables of the Helium kernels in the order in which they read them.

Channels stand in fours: of each four the starts of their sums, multipliers and shifts (to the left, a byte each), and
weights. A depthwise table has the nine weights of the four channels first. That of a wide kernel has channels in
eights: shifts, nine weights of each channel, starts, multipliers; but for weights those of the four even channels stand
first.
"""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.helium.shapes import CHANNELS, VALUES, WIDE, HeliumDepthwise, HeliumMatrix
from mcugen.kernels.tables import folded_bias
from mcugen.plan.epilogue import Epilogue


def matrix_stream(op: Conv2D, shape: HeliumMatrix, epilogue: Epilogue, zero_point: int) -> np.ndarray:
    """uint32: for each four channels constants, 16 weights of each in turn, and what is left of them."""
    weights = op.weight_matrix
    fours = len(weights) // CHANNELS
    whole = weights[:, : VALUES * shape.steps].reshape(fours, CHANNELS, shape.steps, VALUES)
    rest = np.zeros((len(weights), shape.rest_stride), np.int8)
    rest[:, : shape.rest] = weights[:, VALUES * shape.steps :]
    parts = [
        _constants(folded_bias(op, epilogue.bias, zero_point), epilogue),
        _bytes(whole.transpose(0, 2, 1, 3), fours),
        _bytes(rest, fours),
    ]
    # The rest is read as a whole vector, whose end meets no value.
    behind = np.zeros(VALUES - shape.rest_stride if shape.rest else 0, np.uint8)
    return np.concatenate([np.concatenate(parts, axis=1).reshape(-1), behind]).view("<u4").astype(np.uint32)


def depthwise_table(op: DepthwiseConv2D, shape: HeliumDepthwise, epilogue: Epilogue) -> np.ndarray:
    """uint32: for each four channels nine weights of each, and constants; or for each eight."""
    if shape.is_wide:
        return _wide_table(op, shape, epilogue)
    fours = op.weights.shape[2] // CHANNELS
    weights = op.weights.reshape(9, fours, CHANNELS).transpose(1, 0, 2)
    table = np.concatenate([_bytes(weights, fours), _constants(epilogue.bias, epilogue)], axis=1)
    return table.reshape(-1).view("<u4").astype(np.uint32)


def _wide_table(op: DepthwiseConv2D, shape: HeliumDepthwise, epilogue: Epilogue) -> np.ndarray:
    channels = np.add.outer(shape.eights, np.arange(WIDE))
    even_first = np.add.outer(shape.eights, [*range(0, WIDE, 2), *range(1, WIDE, 2)])
    eights = len(channels)
    weights = op.weights.reshape(9, -1)[:, channels].transpose(1, 0, 2)
    words = [values[even_first].astype("<i4").view(np.uint8) for values in (epilogue.bias, epilogue.multiplier)]
    parts = [_bytes(-epilogue.shift[even_first], eights), _bytes(weights, eights), *words]
    return np.concatenate(parts, axis=1).reshape(-1).view("<u4").astype(np.uint32)


def _constants(start: np.ndarray, epilogue: Epilogue) -> np.ndarray:
    fours = len(start) // CHANNELS
    words = (start, epilogue.multiplier)
    parts = [values.astype("<i4").reshape(fours, CHANNELS).view(np.uint8) for values in words]
    return np.concatenate([*parts, _bytes(-epilogue.shift, fours)], axis=1)


def _bytes(values: np.ndarray, fours: int) -> np.ndarray:
    return np.ascontiguousarray(values.astype(np.int8)).view(np.uint8).reshape(fours, -1)
