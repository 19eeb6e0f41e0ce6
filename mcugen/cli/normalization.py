"""--mean and --std: what is taken from pixel / 255, and what it is divided by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mcugen.data import Normalization


def parse_numbers(text: str) -> tuple[float, ...]:
    """Floating-point numbers between commas."""
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number, or several with commas between") from None


def parse_normalization(mean: str | None, deviation: str | None) -> Normalization | None:
    """What --mean and --std say, None where neither is given."""
    from mcugen.data import Normalization

    if mean is None and deviation is None:
        return None
    return Normalization(parse_numbers(mean or "0"), parse_numbers(deviation or "1"))
