"""Rules that several operators share, for their `verify`."""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint import Requantization
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window

_UNROLLED_COLUMNS = 3
"""Columns of a window that compilers write out rather than run a loop over."""


def verify_requantization(op: Operator, requantization: Requantization, output: Tensor) -> None:
    """Multipliers, shifts and zero point of a requantization to `output`."""
    op.require(requantization.channels in (1, output.channels), "one multiplier a channel, or one for all")
    op.require(len(requantization.shift) == requantization.channels, "as many shifts as multipliers")
    op.require(bool(np.all(requantization.multiplier >= 0)), "multipliers are not negative")
    op.require(bool(np.all(requantization.multiplier < 1 << 31)), "multipliers fit 31 bits")
    op.require(bool(np.all((requantization.shift >= -31) & (requantization.shift <= 30))), "shifts are -31 to 30")
    op.require(requantization.zero_point == output.zero_point, "the output's zero point")
    verify_clamp(op, requantization.minimum, requantization.maximum, output)


def verify_clamp(op: Operator, minimum: int, maximum: int, output: Tensor) -> None:
    """A clamp of stored values."""
    op.require(output.qmin <= minimum <= maximum <= output.qmax, "the clamp lies in the output's type")


def verify_window(op: Operator, window: Window, source: Tensor, output: Tensor) -> None:
    """A window that makes `output` of `source`."""
    op.require(window.output_size(*source.shape[:2]) == output.shape[:2], "the output's size")


def verify_pooling_window(op: Operator, window: Window, source: Tensor, output: Tensor) -> None:
    """A window that pools `source` channel by channel."""
    (height, width), (top, bottom, left, right) = window.kernel, window.padding
    inside = max(top, bottom) < height and max(left, right) < width
    op.require(inside, "padding smaller than the kernel, so that every window holds something")
    verify_window(op, window, source, output)
    op.require(source.channels == output.channels, "as many channels out as in")


def loops_of_windows(window: Window, stage: StageReader) -> dict[str, float]:
    """Rows and cells of all windows of a pool, as far as they lie in the input."""
    source, output = stage.inputs[0], stage.output
    sizes = ((output.height, source.height), (output.width, source.width))
    rows, columns = (
        sum(0 <= i * window.stride[axis] - window.padding[2 * axis] + j < size
            for i in range(count) for j in range(window.kernel[axis]))
        for axis, (count, size) in enumerate(sizes)
    )  # fmt: skip
    columns_of_window = window.kernel[1]
    written_out = columns_of_window <= _UNROLLED_COLUMNS and not _at_one_place(window, source)
    # Two windows are written out themselves, and no index runs along far windows of planes.
    written_out = written_out and output.width > 2 and not (window.stride[1] > 1 and stage.planes[-1])
    taps = f"tap of {columns_of_window} columns" if written_out else "tap"
    return {"window row": rows * output.width * output.channels, taps: rows * columns * output.channels}


def windows_of(window: Window, stage: StageReader) -> str:
    """What code for a pool's windows depends on: whether all of them lie in the input, and how that lies."""
    *_, cells = loops_of_windows(window, stage).values()
    whole = "whole" if cells == stage.output.size * window.cells else "clipped"
    windows = "the whole map" if _at_one_place(window, stage.inputs[0]) else f"{whole} windows"
    return f"of {windows}{' by planes' if stage.planar else ''}"


def _at_one_place(window: Window, source: Tensor) -> bool:
    """Whether the window is the whole input."""
    return window.kernel == (source.height, source.width) and not any(window.padding)
