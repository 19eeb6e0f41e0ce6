"""Turns of loops that copy the pixels of a row, by what compilers make of them.

Where compilers see that source and copy do not overlap, they copy what lies side by side by a call of the library, or
word by word; what they make of other loops runs value by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mcugen.ir.library_calls import COPY, MOVE, called
from mcugen.ir.stage import StageReader

WRITTEN_OUT_CHANNELS = 2
_WRITTEN_OUT_PIXELS = 3
WORD = 4
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
        if channels == 1:
            return {"pixel of one channel": count}
        few = " of few channels" * (channels <= WRITTEN_OUT_CHANNELS)
        return {f"pixel{few}": count, f"element{few}": count * channels}
    if channels == WORD and width > 1:
        return {"moved word": count}
    runs = rows * _runs(width, channels)[0]
    values = count * channels
    if values <= _CALLED * runs:
        return {"moved short run": runs, "moved value of short runs": values}
    return {"moved run": runs, "moved value": values}


def moved(
    stage: StageReader,
    position: int,
    rows: Sequence[int],
    width: int,
    channels: int,
    step: int,
    begins: tuple[int, int],
) -> Counter[str]:
    """Turns of the library's functions that copy what `copied` says is copied together. rows: of the input, for each
    of the output. begins: of what is read and of what is written, in bytes from the begin of a row."""
    turns: Counter[str] = Counter()
    if not any(
        loop.startswith(("moved run", "moved short"))
        for loop in copied(stage, position, (len(rows), width), channels, step)
    ):
        return turns
    count, size = _runs(width, channels)
    # Of few runs, which are written out, and of a single row it is known that they do not overlap.
    function = COPY if width <= _WRITTEN_OUT_PIXELS or len(rows) == 1 else MOVE
    for y, row in enumerate(rows):
        source, destination = stage.place(position, row) + begins[0], stage.place(-1, y) + begins[1]
        for x in range(count):
            turns.update(called(function, size, source + x * step, destination + x * stage.output.channels))
    return turns


def _runs(width: int, channels: int) -> tuple[int, int]:
    """How many runs of values that lie side by side so many pixels of a row are, and values of each."""
    return (1, width * channels) if 1 in (width, channels) else (width, channels)
