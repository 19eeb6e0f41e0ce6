"""--mean and --std: what is taken from pixel / 255, and what it is divided by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mcugen.data import Normalization


def parse_numbers(text: str) -> tuple[float, ...]:
    """Floating-point numbers between commas."""
    try:
        numbers = tuple(float(number) for number in text.split(","))
    except ValueError:
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise typer.BadParameter(f"{text!r} is not a number, or several with commas between")
    return numbers


def parse_normalization(mean: str | None, deviation: str | None) -> Normalization | None:
    """What --mean and --std say, None where neither is given; raises McugenError for negative deviations."""
    from mcugen.data import Normalization
    from mcugen.diagnostics import McugenError

    if mean is None and deviation is None:
        return None
    found = Normalization(parse_numbers(mean or "0"), parse_numbers(deviation or "1"))
    if min(found.deviation) < 0:
        raise McugenError(f"--std is {min(found.deviation):g}", "a standard deviation is greater than 0")
    return found
