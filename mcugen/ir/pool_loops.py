"""Loops over the windows of pools, as compilers make them: what predictions count."""

from __future__ import annotations

from mcugen.ir.stage import StageReader
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window
from mcugen.powers import is_power_of_two

_WRITTEN_OUT = 2
"""Rows or columns of a window that compilers write out rather than run a loop over."""
_WRITTEN_OUT_OF_MAP = 3
"""The same of columns of a window that is the whole map, so that no loop over pixels is around it."""
INDEXED = (2, 4, 8)
"""Bytes from one cell of a window to the next that cores multiply an index by in a load, so that compilers count
cells and need an instruction more."""
_DIVIDED = ("tap at an even distance", "tap at a distance of 2^n")
"""Begins of the names of loops whose turns are counted beforehand, by a division for each pixel."""


def loops_of_windows(window: Window, stage: StageReader) -> dict[str, float]:
    """Rows and cells of all windows of a pool, as far as they lie in the input."""
    (rows, columns), output = _inside(window, stage), stage.output
    tap, row = _loops_of_columns(window, stage)
    counts: dict[str, float] = {tap: rows * columns * output.channels}
    if _rows_are_written_out(window, stage):
        # Rows of a ring or of a pool are not at one distance, so that each is read by an address of its own.
        several = window.kernel[0] > 1 and not stage.kept_in(0).startswith("map")
        column = " of one column" * (window.kernel[1] == 1)
        return counts | {f"written row{column}{' apart' * several}": rows * output.width * output.channels}
    if window.kernel[0] == 1:
        return counts | {"only row": output.size}
    loop = f"loop over rows{' of a pool at the begin' * row.endswith(' of a pool at the begin')}"
    counts |= {loop: output.size, row: rows * output.width * output.channels}
    if not windows_are_whole(window, stage):
        if not stage.at_begin(0):
            counts["row away from the begin"] = counts[row]
        if tap.startswith(_DIVIDED):
            counts["pixel of a distance"] = output.height * output.width
    return counts


def _loops_of_columns(window: Window, stage: StageReader) -> tuple[str, str]:
    """The names of the loop over the columns of a window, and of that over its rows, around it."""
    columns, output = _inside(window, stage)[1], stage.output
    if _written_out(window, stage, 1) and (window.kernel[1] > 1 or _rows_are_written_out(window, stage)):
        return f"tap of {window.kernel[1]} columns", "window row"
    known, *others = {_columns(window, stage, x) for x in range(output.width)}
    of_map = not stage.planar and _at_one_place(window, stage.inputs[0])
    if not others and len(known) <= (_WRITTEN_OUT_OF_MAP if of_map else _WRITTEN_OUT):
        # Of windows of one column, or over a narrow map, it is known which columns lie in it.
        return f"tap of {len(known)} columns", "window row of known columns"
    pitch = 1 if stage.planar else stage.inputs[0].channels
    how = " at an index" if pitch in INDEXED else ""
    far = "" if stage.planar or stage.within_reach(0) else " out of reach"
    if columns == output.width * window.kernel[1]:
        return f"tap{how}{far}", f"window row{how}{far}"
    if not how and pitch % 2 == 0:
        # Cores that count turns beforehand divide addresses by what lies between them.
        how = " at a distance of 2^n" if is_power_of_two(pitch) else " at an even distance"
    of, kept = "", stage.kept_in(0)
    if output.width <= _WRITTEN_OUT:
        # A loop over few pixels is written out, so that it is known which columns lie in the window of each.
        where = "map" if kept.startswith("map") else "ring"
        return f"tap of two pixels of a {where}", f"window row of two pixels of a {where}"
    if kept.startswith("map"):
        of = kept.replace("map", " of rows that follow") if how == " at an index" else " of rows that follow"
    elif how == " at an index":
        of = f" of a {kept}" if kept != "ring" else far
    return f"tap{how}{of}", f"window row{how}{of}"


def rows_of_windows(window: Window, stage: StageReader) -> int:
    """How often the function of a pool looks for a row of its input: outside of all loops where it can."""
    if _rows_are_written_out(window, stage) or window.kernel[0] == 1:
        return stage.output.height * window.kernel[0]
    return _inside(window, stage)[0] * stage.output.width * stage.output.channels


def _columns(window: Window, stage: StageReader, x: int) -> range:
    """Columns of the input under the windows of output column x."""
    left = x * window.stride[1] - window.padding[2]
    return range(max(0, left), min(stage.inputs[0].width, left + window.kernel[1]))


def _inside(window: Window, stage: StageReader) -> tuple[int, int]:
    """Rows and columns of all windows that lie in the input."""
    source, output = stage.inputs[0], stage.output
    rows, columns = (
        sum(0 <= i * window.stride[axis] - window.padding[2 * axis] + j < source.shape[axis]
            for i in range(output.shape[axis]) for j in range(window.kernel[axis]))
        for axis in (0, 1)
    )  # fmt: skip
    return rows, columns


def _written_out(window: Window, stage: StageReader, axis: int) -> bool:
    """Whether compilers write the loop over the rows, or columns, of a window out: few that all lie in the input."""
    size = window.kernel[axis]
    return size <= _WRITTEN_OUT and _inside(window, stage)[axis] == stage.output.shape[axis] * size


def _rows_are_written_out(window: Window, stage: StageReader) -> bool:
    return all(_written_out(window, stage, axis) for axis in (0, 1)) and stage.plain_rows(0)


def windows_are_whole(window: Window, stage: StageReader) -> bool:
    """Whether all windows of a pool lie in the input."""
    rows, columns = _inside(window, stage)
    return rows * columns == stage.output.height * stage.output.width * window.cells


def windows_of(window: Window, stage: StageReader) -> str:
    """What code for a pool's windows depends on: whether all of them lie in the input, and how that lies."""
    whole = "whole" if windows_are_whole(window, stage) else "clipped"
    windows = "the whole map" if _at_one_place(window, stage.inputs[0]) else f"{whole} windows"
    return f"of {windows}{' by planes' if stage.planar else ''}"


def _at_one_place(window: Window, source: Tensor) -> bool:
    """Whether the window is the whole input."""
    return window.kernel == (source.height, source.width) and not any(window.padding)
