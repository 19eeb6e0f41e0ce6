"""Axes: from values to positions, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis. position: in units of the drawing."""

    position: float
    label: str


@dataclass(frozen=True)
class Axis:
    """low, high: values at the ends. start, end: where they lie in the drawing. log: logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Position of a value."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        return round(self.start + (self.end - self.start) * (value - low) / (high - low), 2)

    def length(self, value: float) -> float:
        """Length of a bar of this value on an axis that begins at 0."""
        return round(abs(self.at(value) - self.at(self.low)), 2)

    def ticks(self, count: int = 6, text: Callable[[float], str] | None = None) -> list[Tick]:
        """About `count` ticks at round values, or the powers of ten and what lies well between them. text: of labels,
        `compact` by default."""
        text = text or compact
        values = log_steps(self.low, self.high) if self.log else round_steps(self.low, self.high, count)
        return [Tick(self.at(value), text(value)) for value in values]


def round_steps(low: float, high: float, count: int) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten inside the range, about `count` of them."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in _STEPS if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def log_steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten inside the range; the powers alone where it is wide."""
    factors = (1.0,) if high / low > 1e4 else (1.0, 2.0, 5.0)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return [value for value in values if low * 0.999 <= value <= high * 1.001]


def compact(value: float) -> str:
    """A number of three significant digits at most: 1.25 M, 640 k, 0.05."""
    for limit, unit in ((1e6, " M"), (1e4, " k")):
        if abs(value) >= limit:
            return f"{_plain(value / (1e6 if unit == ' M' else 1e3))}{unit}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return _plain(value)


def _plain(value: float) -> str:
    text = f"{value:.3g}"
    return (f"{value:.0f}" if "e+" in text else text).replace("-", "−")
