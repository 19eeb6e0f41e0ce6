"""Powers of two, by which cores shift where others divide or multiply."""

from __future__ import annotations


def is_power_of_two(number: int) -> bool:
    """Whether a number is 1, 2, 4 and so on."""
    return number > 0 and number & (number - 1) == 0
