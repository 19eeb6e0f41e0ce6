"""Results are kept by the values of arguments, arrays among them."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Interval
from mcugen.memo import remembered


def test_equal_values_are_searched_for_once_and_others_again() -> None:
    asked = []

    @remembered
    def search(weights: np.ndarray, reachable: Interval, *, limit: int = 0) -> int:
        asked.append(limit)
        return int(weights.sum() + reachable.high.sum()) + limit

    def interval(high: int) -> Interval:
        return Interval(np.zeros(2, np.int64), np.full(2, high))

    assert search(np.arange(4), interval(3)) == search(np.arange(4), interval(3)) == 12
    assert len(asked) == 1
    assert search(np.arange(4), interval(3), limit=1) == 13
    assert search(np.arange(4), interval(4)) == 14
    assert search(np.arange(5), interval(3)) == 16
    assert search(np.arange(4).astype(np.int8), interval(3)) == 12
    assert len(asked) == 5


def test_the_oldest_results_are_forgotten() -> None:
    asked = []

    @remembered
    def search(value: int) -> int:
        asked.append(value)
        return value

    values = [*range(513), 512, 0]
    assert [search(value) for value in values] == values
    assert asked == [*range(513), 0]
