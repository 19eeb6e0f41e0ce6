"""Turns of loops that copy the pixels of a row, by what compilers make of them.

Where compilers see that source and copy do not overlap, they copy what lies side by side by a call of the library, or
word by word; what they make of other loops runs value by value.
"""

from __future__ import annotations

from mcugen.ir.stage import StageReader

_WRITTEN_OUT_CHANNELS = 2
_WORD = 4
_CALLED = 64
"""Bytes up to which compilers copy in place, by words, where a core may read them anywhere."""


def addresses(stage: StageReader, count: float) -> dict[str, float]:
    """Turns in which `count` values are read and written by addresses of their own, where compilers do not see that one
    does for all: rows of pools lie anywhere, others at distances that change from row to row."""
    if stage.pooled:
        return {"address of a pool": count}
    return {"address apart": count * (not lie_apart(stage))}


def lie_apart(stage: StageReader) -> bool:
    """Whether compilers see that no input overlaps the output."""
    return all(stage.apart(position) for position in range(len(stage.inputs)))


def copied(stage: StageReader, position: int, pixels: tuple[int, int], channels: int, step: int) -> dict[str, float]:
    """Turns of the loops over (rows, pixels of a row), each of `channels` values. position: of the input. step: values
    from one pixel that is read to the next, where a pixel's channels are neighbours."""
    (rows, width), output = pixels, stage.output
    count = rows * width
    read, written = stage.planes[position], stage.planes[-1]
    if read != written and channels > 1:
        return {"pixel across layouts": count, "element across layouts": count * channels}
    if read and channels > 1:
        return {"pixel of planes": count, "element of planes": count * channels}
    beside = step == output.channels or width == 1
    if not beside or not stage.apart(position):
        few = " of few channels" * (channels <= _WRITTEN_OUT_CHANNELS)
        return {f"pixel{few}": count, f"element{few}": count * channels}
    if channels == _WORD and width > 1:
        return {"moved word": count}
    runs = rows if 1 in (width, channels) else count
    values = count * channels
    if values <= _CALLED * runs:
        return {"moved short run": runs, "moved value of short runs": values}
    return {"moved run": runs, "moved value": values}
