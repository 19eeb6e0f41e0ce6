"""RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.window import map_and_output
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator
from mcugen.ir.operators.resize import Resize, nearest_taps

_ONE = 1 << 10
_LARGEST = 1 << 12
_MANTISSA_BITS, _VALUE_BITS = 24, 8
_FIELDS = ("AlignCorners", "HalfPixelCenters")
Taps = Callable[[int, int, bool, bool], np.ndarray]
"""Sizes of input and output, corners aligned, centers of pixels: `Resize.rows` or `columns`."""


def _bilinear_taps(size: int, wanted: int, align: bool, half: bool) -> np.ndarray:
    """ComputeInterpolationValuesInteger, positions with ten bits behind the point."""
    scale = (_ONE * size + wanted // 2) // wanted
    if align and wanted > 1:
        scale = (_ONE * (size - 1) + (wanted - 1) // 2) // (wanted - 1)
    position = np.arange(wanted, dtype=np.int64) * scale
    if half:
        position += scale // 2 - _ONE // 2
    first = np.maximum(position // _ONE, 0)
    second = np.minimum(-(-position // _ONE), size - 1)
    # The runtime's division of what is negative is to zero, which the maximum makes the same.
    first, second = np.minimum(first, size - 1), np.maximum(second, 0)
    return np.stack([first, second, position - first * _ONE], axis=1)


def _nearest_taps(size: int, wanted: int, align: bool, half: bool) -> np.ndarray:
    """GetNearestNeighbor, in float32 as the runtime."""
    scale = np.float32(size) / np.float32(wanted)
    if align and wanted > 1:
        scale = np.float32(size - 1) / np.float32(wanted - 1)
    offset = np.float32(0.5) if half else np.float32(0)
    position = (np.arange(wanted).astype(np.float32) + offset) * scale
    nearest = np.floor(position + np.float32(0.5)) if align else np.floor(position)
    index = np.clip(nearest.astype(np.int64), 0, size - 1)
    return nearest_taps(index)


def _resize(network: Network, operator: FileOperator, taps: Taps) -> Operator:
    source, output = map_and_output(network, operator)
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise operator.unsupported("changes the scale, which its runtime leaves out; the same are supported")
    size = network.constant(operator, 1, tflite.TensorType.INT32).reshape(-1).tolist()
    if size != list(output.shape[:2]) or source.channels != output.channels or max(size) > _LARGEST:
        raise operator.damaged(f"resizes {source.shape} to {size}, and its output has shape {output.shape}")
    align, half = (bool(operator.integer(option)) for option in _FIELDS)
    if align and half:
        raise operator.damaged("aligns both corners and centers of pixels")
    sizes = list(zip(source.shape[:2], output.shape[:2], strict=True))
    rows, columns = (taps(whole, wanted, align, half) for whole, wanted in sizes)
    unsigned = network.is_unsigned(operator)
    if unsigned and not _exact_in_float(sizes, (rows, columns), align, half):
        raise operator.unsupported(
            f"resizes {source.shape[:2]} to {output.shape[:2]} in uint8, which its runtime rounds in float32;"
            " factors that are powers of two are supported",
            "resize by powers of two, with corners aligned from n + 1 to a multiple of n and 1",
        )
    return Resize(
        **network.operator_fields(operator, (source,), output),
        rows=rows,
        columns=columns,
        origin=source.qmin if unsigned else 0,
    )


def _exact_in_float(
    sizes: Sequence[tuple[int, int]], taps: tuple[np.ndarray, np.ndarray], align: bool, half: bool
) -> bool:
    """Whether float32 (reference_ops::ResizeBilinear of uint8) computes positions, products and sums of the taps
    without rounding, so that its truncation of a sum plus a half is the rounding of `Resize`."""
    bits = 0
    for (size, wanted), positions in zip(sizes, taps, strict=True):
        corners = align and wanted > 1
        step, rest = divmod(_ONE * (size - corners), wanted - corners)
        weights = positions[:, 2]
        if np.any(weights) and (rest or (half and step % 2)):
            return False
        whole = int(np.gcd.reduce(np.append(np.abs(weights), _ONE)))
        bits += (_ONE // whole).bit_length() - 1
    return bits + _VALUE_BITS <= _MANTISSA_BITS


def _bilinear(network: Network, operator: FileOperator) -> Operator:
    """Of a map to any size, corners aligned or centers of pixels or neither; in uint8 by powers of two."""
    return _resize(network, operator, _bilinear_taps)


def _nearest(network: Network, operator: FileOperator) -> Operator:
    """As RESIZE_BILINEAR, in uint8 to any size, too."""
    return _resize(network, operator, _nearest_taps)


BILINEAR = Handler(
    _bilinear,
    OptionFields(tflite.ResizeBilinearOptions, tflite.BuiltinOptions.ResizeBilinearOptions, _FIELDS),
    inputs=(2, 2),
    unsigned=True,
)
NEAREST = Handler(
    _nearest,
    OptionFields(tflite.ResizeNearestNeighborOptions, tflite.BuiltinOptions.ResizeNearestNeighborOptions, _FIELDS),
    inputs=(2, 2),
    unsigned=True,
)
