"""What the kernels for DSP instructions are, for people, and why a stage has none of those that are preferred."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.kernels.dsp.tiling import Tiling
from mcugen.kernels.family import ONE_BY_ONE
from mcugen.plan.stage import Stage
from mcugen.schemas.kernels import BetterKernel

FIRST = "3x3 windows from the image, without columns"
EIGHT = "1 channel x 1 pixel, its 8 weights kept in registers"
FOUR = "4 channels x 2 pixels"
PAIRED = "2 channels whose weights stand in one word"
"""What kernels compute at a time."""
NO_END = "no form of its requantization is proved equal on sums that are 256-fold"
NOT_ONE_WORD = "a weight of -128 beside a negative one of the channel before it, which 16 bits do not hold together"
NOT_COMPACT = BetterKernel("depthwise: a shorter table", "no rescaling with multipliers of 27 bits is proved equal")
"""Of a depthwise convolution with short rows."""
RESCALED_END = BetterKernel("a rescaling at the end of sums", "none is proved equal to its requantization")
"""Of a stage whose sums end by the exact form for results of either sign."""
_EIGHT = 8
_FEWEST_PIXELS = 5
MOST_CHANNELS = 4095
"""Output channels of which a pixel is no farther from the next than ADDW reaches."""


@dataclass(frozen=True)
class Refused:
    """Why each of the kernels that are preferred is not for a stage, "" where it is. first: "" also where the stage has
    no windows of an image. paired: those whose weights of two channels stand in one word."""

    first: str
    eight: str
    paired: str
    four: str

    def better(self, depth: int, width: int, tiling: Tiling, *, four: bool) -> tuple[BetterKernel, ...]:
        """The kernels that the stage could have had. depth: of a column. width: pixels of a row. tiling: of the kernel
        that was taken. four: some of its tiles have the kernel of four channels."""
        found = [BetterKernel(FIRST, self.first)] if self.first else []
        if not self.eight:
            return tuple(found)
        if depth == _EIGHT:
            found.append(BetterKernel(EIGHT, self.eight))
        if four:
            mixed = BetterKernel(f"{FOUR} throughout", f"rows have {width} pixels, an odd number")
            return (*found, *([mixed] if tiling.tile_pixels != 2 else []))
        tiled = f"rows of {width} pixels stand in tiles of {tiling.tile_pixels}"
        found.append(BetterKernel(FOUR, self.four or self.paired or tiled))
        if self.four and self.paired:
            found.append(BetterKernel(PAIRED, self.paired))
        return tuple(found)


def refused_end(form: str) -> str:
    """Why kernels that know one end of their sums are not for this form of it, "" where they are."""
    reasons = {"fitted_addend": "its rescaling needs an addend", "signed": "no rescaling of its sums is proved equal"}
    return reasons.get(form, "")


def slow_end(form: str) -> tuple[BetterKernel, ...]:
    """What ends sums with fewer instructions than this form does."""
    return (RESCALED_END,) if form == "signed" else ()


def refused_eight(depth: int, width: int, form: str) -> str:
    """Why the kernel of depth 8 is not for a stage. depth: of a column. width: pixels of a row. form: of the end of its
    sums."""
    if depth != _EIGHT:
        return f"columns of {depth} values, not {_EIGHT}"
    if width < _FEWEST_PIXELS:
        return f"rows of {width} pixels, fewer than {_FEWEST_PIXELS}"
    return refused_end(form)


def refused_four(channels: int) -> str:
    """Why the kernel of four channels is not for so many output channels."""
    if channels % 4:
        return f"{channels} output channels are no multiple of 4"
    if channels > MOST_CHANNELS // 2:
        return f"{channels:,} output channels are more than {MOST_CHANNELS // 2:,}, the widest step over two pixels"
    return ""


def described_depthwise(stage: Stage, *, assembled: bool, compact: bool) -> str:
    """What makes the columns of a separable stage computes at a time, "" of others. assembled: by assembly. compact:
    its table is the shorter one."""
    op = stage.depthwise
    if op is None:
        return ""
    if not assembled:
        return ONE_BY_ONE
    width = stage.inputs[0].width
    pixels = 3 if op.window.stride[1] == 1 and width <= 4 else 2
    return f"1 channel x {pixels} pixels{', a shorter table' if compact else ''}"
