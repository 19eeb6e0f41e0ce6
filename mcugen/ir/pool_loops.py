"""Loops over the windows of pools, as compilers make them: what predictions count."""

from __future__ import annotations

from mcugen.ir.stage import StageReader
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window
from mcugen.powers import is_power_of_two

_WRITTEN_OUT = 2
"""Rows or columns of a window, or pixels, that compilers write out rather than run a loop over."""
_WRITTEN_OUT_ALONE = 3
"""The same of columns of a window that no loop over pixels is around."""
INDEXED = (2, 4, 8)
"""Bytes from one cell of a window to the next that cores multiply an index by in a load, so that compilers count
cells and need an instruction more."""
_FEW_COLUMNS, _FEWEST_COLUMNS = 6, 4
"""Columns of an input so few that a loop over them is worth no preparation; the latter where a load need not add what
lies between the arena's address and theirs."""
_FEW_ROWS, _MANY_COLUMNS = 8, 8
"""Rows and columns of a map over which addresses are counted by one more register than there is."""
_SHORT_FACTOR = 256
"""Bytes of a row below which compilers shift and add several times rather than multiply."""
_OF_KEPT = {"map": " of rows that follow", "ring": "", "pool": " of a pool"}
_APART = {"map": "", "ring": " apart", "pool": " of a pool"}
_OUT_OF_REACH = " out of reach"
_ROWS_OF_MAPS = ("window row of rows that follow", "window row at an index of rows that follow")


def copies(stage: StageReader) -> bool:
    """Whether the input is one pixel, so that the largest of all values, or their average, is the only one."""
    return stage.inputs[0].height == stage.inputs[0].width == 1


def loops_of_windows(window: Window, stage: StageReader) -> dict[str, float]:
    """Rows and cells of all windows of a pool, as far as they lie in the input."""
    (rows, columns), output = _inside(window, stage), stage.output
    tap, row = _loops_of_columns(window, stage)
    counts: dict[str, float] = {tap: rows * columns * output.channels} if tap else {}
    if _rows_are_written_out(window, stage):
        # Rows of a ring or of a pool are not at one distance, so that each is read by an address of its own.
        apart = _APART[stage.kept_in(0)] * (window.kernel[0] > 1)
        column = " of one column" * (window.kernel[1] == 1)
        return counts | {f"written row{column}{apart}": rows * output.width * output.channels}
    counts[row] = rows * output.width * output.channels
    if window.kernel[0] == 1:
        return counts
    counts["loop over rows"] = output.size
    if stage.kept_in(0) != "map":
        counts["step of a product"] = counts[row] * _steps_of_a_product(stage, whole=windows_are_whole(window, stage))
    return counts if windows_are_whole(window, stage) else counts | _addresses(stage, row)


def _loops_of_columns(window: Window, stage: StageReader) -> tuple[str, str]:
    """The names of the loop over the columns of a window, and of that over its rows, around it; "" for the former where
    it is written out."""
    columns, output = _inside(window, stage)[1], stage.output
    only = "only row" if window.kernel[0] == 1 else "window row"
    if _written_out(window, stage, 1) and (window.kernel[1] > 1 or _rows_are_written_out(window, stage)):
        return "", f"{only} of {window.kernel[1]} columns{'' if stage.planar else _OF_KEPT[stage.kept_in(0)]}"
    known, *others = {_columns(window, stage, x) for x in range(output.width)}
    alone = output.width == 1 and not stage.planar
    if not others and len(known) <= (_WRITTEN_OUT_ALONE if alone else _WRITTEN_OUT):
        # Of windows of one column, or over a narrow map, it is known which columns lie in it.
        return "", f"{only} of {len(known)} known columns"
    far = "" if stage.within_reach(0) or (stage.planar and stage.kept_in(0) == "map") else _OUT_OF_REACH
    index = " at an index" if not stage.planar and stage.inputs[0].channels in INDEXED else ""
    if alone and len(known) == _FEWEST_COLUMNS and not index and far:
        return "", f"{only} of {_FEWEST_COLUMNS} known columns"
    if columns == output.width * window.kernel[1] or window.kernel[0] == 1:
        return f"tap{index}{far}", f"{only}{(index + far) * (window.kernel[0] > 1 and not stage.planar)}"
    if output.width <= _WRITTEN_OUT:
        most = max(len(each) for each in (known, *others))
        return "", _row_of_two_pixels(most, stage.kept_in(0), "" if index or stage.planar else far or " within reach")
    return _loops_of_clipped_columns(stage, index, far)


def _row_of_two_pixels(most: int, kept: str, place: str) -> str:
    """The name of the loop over rows where it is known which columns lie in the window of each pixel. most: columns of
    a window; place: of the ring's rows."""
    few = " of few columns" * (most <= _WRITTEN_OUT)
    return f"window row of two pixels{few} of a {kept}{place * (kept == 'ring')}"


def _loops_of_clipped_columns(stage: StageReader, index: str, far: str) -> tuple[str, str]:
    """The same where compilers know nothing of the columns of a window, some of which may lie outside."""
    source, kept = stage.inputs[0], stage.kept_in(0)
    how = index
    if not stage.planar:
        if source.width == _WRITTEN_OUT_ALONE:
            return "", "window row of three columns"
        if index and source.width <= _FEW_COLUMNS:
            far = _OUT_OF_REACH
        elif not index and source.channels % 2 == 0:
            # Cores that count turns beforehand divide addresses by what lies between them.
            power = is_power_of_two(source.channels)
            how = " at a distance of 2^n" if power else " at an even distance"
            few = source.width <= _FEWEST_COLUMNS if far else power and source.width <= _FEW_COLUMNS
            if kept == "map" and few:
                return f"tap{far}", f"window row of a narrow map{far}"
    return f"tap{index or far}", f"window row{how}{_OF_KEPT[kept]}{far * bool(index)}"


def _addresses(stage: StageReader, row: str) -> dict[str, float]:
    """Turns for addresses of pixels and values, where windows reach out of the input. row: the loop over rows."""
    source, output = stage.inputs[0], stage.output
    counts: dict[str, float] = {}
    if "distance" in row:
        counts["pixel of a distance"] = output.height * output.width
    if stage.planar:
        return counts
    if stage.kept_in(0) != "map":
        counts["element out of reach"] = output.size * (not stage.within_reach(0) and not stage.at_begin(0))
    elif row in _ROWS_OF_MAPS and stage.within_reach(0):
        shifted = "index" in row and is_power_of_two(stage.row_bytes(0))
        low = source.height <= _FEW_ROWS and source.width >= _MANY_COLUMNS
        counts["element with an address more"] = output.size * (shifted or low)
    return counts


def _steps_of_a_product(stage: StageReader, *, whole: bool) -> int:
    """Additions and subtractions of shifted numbers that the product of a row's number and its bytes is made of; none
    where compilers multiply, as most do but in pools. whole: whether all windows lie in the input."""
    factor = stage.row_bytes(0)
    odd = factor // (factor & -factor)
    if odd == 1:
        return 0
    if any(is_power_of_two(odd + each) for each in (-1, 1)):
        return 1
    return (2 if factor < _SHORT_FACTOR else 1) if stage.kept_in(0) == "pool" and not whole else 0


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
    """Whether compilers write out all of a window, which they do where no address is repeated that costs much."""
    if _at_one_place(window, stage.inputs[0]) and window.kernel[1] == 1:
        return window.kernel[0] <= _WRITTEN_OUT_ALONE
    repeated = 1 if stage.plain_rows(0) else window.kernel[1]
    return repeated == 1 and all(_written_out(window, stage, axis) for axis in (0, 1))


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
