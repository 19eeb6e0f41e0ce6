"""Rules that several operators share, for their `verify`."""

from __future__ import annotations

import numpy as np

from mcugen.fixedpoint import Requantization
from mcugen.ir.operator import Operator
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window


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
