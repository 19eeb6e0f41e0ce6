"""Options that name a net: shared by the commands that make one."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mcugen.nets import Architecture


def parse_ratio(text: str) -> float:
    """A number, or a fraction as in 3/7."""
    plain = text.replace(" ", "")
    try:
        # A fraction of 1e999999999 would be computed digit by digit.
        value = float(Fraction(plain)) if "/" in plain else float(plain)
    except (ValueError, ZeroDivisionError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise typer.BadParameter(f"{text!r} is not a number or a fraction such as 3/7")
    return value


_MOST_PIXELS = 1 << 23
"""As many values as the largest external memory of any supported board has bytes."""


def parse_ratios(text: str) -> list[float]:
    """Numbers or fractions between commas."""
    return [parse_ratio(part) for part in text.split(",")]


def parse_sizes(text: str) -> list[int]:
    """Whole numbers between commas."""
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a size, or several with commas between") from None
    for size in sizes:
        _check_pixels(size, size)
    return sizes


def parse_image_size(text: str) -> tuple[int, int]:
    """(height, width) from "96" or "96x128"."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise typer.BadParameter(f"{text!r} is not a size; sizes are like 96, or 96x128 for height and width")
    height, width = int(parts[0]), int(parts[-1])
    _check_pixels(height, width)
    return height, width


def _check_pixels(height: int, width: int) -> None:
    if height * width > _MOST_PIXELS:
        raise typer.BadParameter(
            f"an image of {height} x {width} has {height * width:,} pixels, more than {_MOST_PIXELS:,}"
        )


Net = Annotated[
    str,
    typer.Argument(
        metavar="[NET]",
        help="A net of `mcugen nets list`.",
        show_default=True,
    ),
]
NetOption = Annotated[
    str,
    typer.Option("--net", metavar="NET", help="A net of `mcugen nets list`."),
]
Alpha = Annotated[
    float, typer.Option("--alpha", metavar="A", parser=parse_ratio, help="Width multiplier, such as 0.25 or 1/4.")
]
Rho = Annotated[
    float,
    typer.Option("--rho", metavar="R", parser=parse_ratio, help="Resolution multiplier on --size, such as 3/7."),
]
Size = Annotated[
    tuple | None,
    typer.Option(
        "--size", metavar="S", parser=parse_image_size, help="Side of the images, or HEIGHTxWIDTH: 96, 96x128."
    ),
]
MinDepth = Annotated[
    int, typer.Option("--min-depth", min=1, metavar="N", help="Least channels of a layer: 1 as in Keras, 8 in TF-slim.")
]


def make_net(
    net: str,
    alpha: float,
    rho: float,
    size: tuple | None,
    channels: int | None,
    classes: int | None,
    min_depth: int,
    cut: int | None = None,
) -> Architecture:
    """The net that these options describe; raises McugenError for one that there is not."""
    from mcugen.nets import architecture

    return architecture(
        net,
        alpha=alpha,
        rho=rho,
        size=size,
        in_chans=channels,
        num_classes=classes,
        min_depth=min_depth,
        cut=cut,
    )
