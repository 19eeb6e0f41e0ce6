"""What the library's functions that copy and clear do with a number of bytes."""

from __future__ import annotations

import pytest

from mcugen.ir.library_calls import CLEAR, COPY, MOVE, called

_BYTES = {"block of 64": 64, "block of 16": 16, "word": 4, "byte": 1}


def _loop(name: str) -> str:
    """Without where, and without what is no number of bytes."""
    return name.partition(" of few bytes")[0] if "loop over" not in name else ""


@pytest.mark.parametrize("function", [COPY, MOVE, CLEAR])
@pytest.mark.parametrize("size", [1, 7, 15, 16, 31, 32, 63, 64, 65, 150, 1000])
@pytest.mark.parametrize("source", [0, 1, 2])
def test_all_bytes_are_copied(function: str, size: int, source: int) -> None:
    turns = called(function, size, source, 64)
    copied = sum(count * _BYTES[loop] for name, count in turns.items() for loop in _BYTES if loop in _loop(name))
    assert copied == size
    assert sum(count for name, count in turns.items() if " call" in name) == 1


def test_nothing_is_no_call() -> None:
    assert not called(COPY, 0, 0, 0)
