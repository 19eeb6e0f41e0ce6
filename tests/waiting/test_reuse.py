"""What a cache has no longer: cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.targets.memory import Cache
from mcugen.waiting.reuse import line_count, missing_share, reuse_of
from mcugen.waiting.touches import Touch


def touch(name: str, size: int, cause: str = "code") -> Touch:
    return Touch(name, size, 0, cause)  # type: ignore[arg-type]


def test_bytes_since_the_last_time_in_the_second_of_two_inferences() -> None:
    found = reuse_of([touch("a", 8), touch("b", 16), touch("a", 8), touch("c", 32, "weights"), touch("row", 4, "rows")])
    assert found[:, :, 0].tolist() == [[0, 32, 4], [8, 32, 4], [16, 0, 0], [24, 0, 4], [24, 32, 0]]
    assert found[:, :, 1].tolist() == [[0, 1, 1], [1, 1, 1], [1, 0, 0], [2, 0, 1], [2, 1, 0]]


@pytest.mark.parametrize(
    ("ways", "own", "other", "share"),
    [
        # A loop that the whole cache holds, and one line more, which then misses always.
        (32, 32, 0, 0.0),
        (32, 33, 0, 1.0),
        # Sixteen sets of two: 36 lines fill four sets with three each, and those miss.
        (2, 32, 0, 0.0),
        (2, 36, 0, 12 / 36),
        (2, 48, 0, 1.0),
        # Lines of others fill half of the sets with what is one too many.
        (2, 16, 16, 0.0),
        (2, 16, 24, 0.5),
        (2, 16, 32, 1.0),
    ],
)
def test_shares_by_hand(ways: int, own: int, other: int, share: float) -> None:
    cache = Cache(32 * 8, 8, ways)
    assert missing_share(cache, np.array([float(own)]), np.array([[float(other)]])) == pytest.approx(share)


def test_lines_of_nothing_are_none() -> None:
    cache = Cache(256, 16, 2)
    assert line_count(cache, np.array([0.0, 4.0, 16.0]), 1).tolist() == [0, 1, 1.75]
