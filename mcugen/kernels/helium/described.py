"""What Helium kernels are, for people, and why no better one, by the shapes that they are written for."""

from __future__ import annotations

from mcugen.kernels.helium.shapes import OUTPUTS, VALUES, WIDE, WIDE_OUTPUTS, HeliumDepthwise, HeliumMatrix

KEPT_WEIGHTS = "4 channels x 1 pixel, their weights kept in registers"
TILES, WIDE_TILES = f"4 channels x {OUTPUTS} pixels", f"{WIDE} channels x {WIDE_OUTPUTS} pixels"
"""Blocking of the depthwise kernel, and of the wide one."""


def described_matrix(shape: HeliumMatrix) -> tuple[str, str]:
    """(name, blocking) of a matrix kernel."""
    values = f"all {shape.depth}" if shape.depth <= VALUES else f"{VALUES} of {shape.depth}"
    if shape.keeps_weights:
        return "kept weights", f"{KEPT_WEIGHTS}, {values} values a step"
    if shape.pixels == 1:
        return "one pixel", f"4 channels x 1 pixel, {values} values a step"
    pixels = "2 and 1" if shape.pixels % 2 else "2"
    return "pairs of pixels", f"4 channels x {pixels} pixels, {values} values a step"


def refused_kept_weights(shape: HeliumMatrix) -> str:
    """Why weights are loaded again for every tile though a column is one vector, "" where they are not, where columns
    are longer, and where there is one tile only."""
    if shape.keeps_weights or shape.depth > VALUES or shape.pixels <= 2:
        return ""
    if shape.channel_stride != 1:
        return "its output lies [channel][x], as what reads it needs it"
    if not shape.end.is_whole:
        return "its output does not saturate to a whole byte, and no register is left for the bounds"
    return "its requantization rounds by the sign of the sum, for which no register is left"


def refused_wide(shape: HeliumDepthwise) -> str:
    """Why the depthwise kernel takes four channels at a time and not eight, "" where it takes eight."""
    if shape.is_wide:
        return ""
    if shape.computes_many_twice:
        return f"of {shape.channels} channels {len(shape.eights) * WIDE - shape.channels} would be computed twice"
    return f"its longer code does not pay for rows of {shape.outputs} pixels by {shape.channels} channels"
