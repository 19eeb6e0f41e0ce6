"""Axes: positions, round ticks, labels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.report.plots.axis import Axis, compact, log_steps, round_steps


def test_positions() -> None:
    axis = Axis(0, 200, 50, 250)
    assert (axis.at(0), axis.at(50), axis.at(200)) == (50, 100, 250)
    assert axis.length(30) == 30
    log = Axis(1, 100, 0, 200, log=True)
    assert (log.at(1), log.at(10), log.at(100)) == (0, 100, 200)
    # What lies below a logarithmic axis is drawn at its begin.
    assert log.at(0) == 0
    downwards = Axis(0, 10, 300, 100)
    assert (downwards.at(2.5), downwards.length(2.5)) == (250, 50)


@given(st.floats(1e-3, 1e9), st.integers(2, 10))
def test_linear_ticks_are_round_inside_and_evenly_spaced(high: float, count: int) -> None:
    ticks = round_steps(0, high, count)
    assert ticks[0] == 0
    assert ticks[-1] <= high * (1 + 1e-9)
    assert count // 2.5 <= len(ticks) <= count + 1
    step = ticks[1] - ticks[0]
    assert float(f"{step:.0e}") == pytest.approx(step) or float(f"{step:.1e}") == pytest.approx(step)
    assert [b - a for a, b in pairwise(ticks)] == pytest.approx([step] * (len(ticks) - 1))


def test_logarithmic_ticks() -> None:
    assert log_steps(1.5, 60) == [2, 5, 10, 20, 50]
    assert log_steps(1e-4, 10) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1, 10])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.05, "0.05"),
        (-1.8, "−1.8"),
        (999, "999"),
        (1250, "1,250"),
        (640_000, "640 k"),
        (1_250_000, "1.25 M"),
        (123_456_789, "123 M"),
    ],
)
def test_compact_numbers(value: float, text: str) -> None:
    assert compact(value) == text
