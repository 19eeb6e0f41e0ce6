"""Names of a pool's loops tell what a turn of them costs: compilers make other code of narrow maps and of rings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from mcugen.ir import Tensor, Window
from mcugen.ir.pool_loops import copies, loops_of_windows
from mcugen.ir.stage import StageReader

SAME = (1, 1, 1, 1)


def _stage(
    shape: tuple[int, int, int], kept: str, place: str = "", stride: int = 1, *, whole: tuple[int, int] | None = None
) -> StageReader:
    """A pool of 3 by 3 around its input, or of windows of the size `whole` within it."""
    height, width, channels = shape
    rows, columns = (-(-height // stride), -(-width // stride))
    if whole:
        rows, columns = (height - whole[0]) // stride + 1, (width - whole[1]) // stride + 1
    source, output = (
        Tensor(name, size, "int8", 1.0, 0) for name, size in (("source", shape), ("output", (rows, columns, channels)))
    )
    stage = SimpleNamespace(
        inputs=(source,),
        output=output,
        planar=False,
        kept_in=lambda position: kept,
        within_reach=lambda position: place == "within reach",
        at_begin=lambda position: place == "begin",
        plain_rows=lambda position: kept == "map" or place == "begin",
        row_bytes=lambda position: width * channels,
    )
    return cast(StageReader, stage)


def _loops(shape: tuple[int, int, int], kept: str, place: str = "", stride: int = 1) -> dict[str, float]:
    window = Window(kernel=(3, 3), stride=(stride, stride), padding=SAME)
    return {
        name: count for name, count in loops_of_windows(window, _stage(shape, kept, place, stride)).items() if count
    }


@pytest.mark.parametrize(
    ("channels", "kept", "place", "tap", "row"),
    [
        (8, "map", "", " at an index", " at an index of rows that follow out of reach"),
        (8, "map", "within reach", " at an index", " at an index of rows that follow"),
        (8, "pool", "begin", " at an index", " at an index of a pool out of reach"),
        (8, "ring", "within reach", " at an index", " at an index"),
        (16, "map", "within reach", "", " at a distance of 2^n of rows that follow"),
        (16, "pool", "", " out of reach", " at a distance of 2^n of a pool"),
        (12, "ring", "within reach", "", " at an even distance"),
        (5, "map", "", " out of reach", " of rows that follow"),
        (5, "ring", "within reach", "", ""),
    ],
)
def test_rows_and_cells_of_windows_are_named_by_where_they_lie(
    channels: int, kept: str, place: str, tap: str, row: str
) -> None:
    loops = _loops((9, 9, channels), kept, place)
    assert loops[f"tap{tap}"] == (3 * 9 - 2) ** 2 * channels
    assert loops[f"window row{row}"] == (3 * 9 - 2) * 9 * channels
    assert ("pixel of a distance" in loops) == (channels in (12, 16))
    assert ("element out of reach" in loops) == (kept != "map" and not place)


def test_a_loop_over_few_columns_counts_cells_wherever_they_lie() -> None:
    """Nothing is prepared for a loop of few turns, be the address within reach or not."""
    wide, narrow = (_loops((9, width, 8), "map", "within reach") for width in (7, 6))
    assert "window row at an index of rows that follow" in wide
    assert "window row at an index of rows that follow out of reach" in narrow
    assert "window row of a narrow map" in _loops((9, 6, 16), "map", "within reach")
    assert _loops((9, 3, 8), "ring")["window row of three columns"] == (3 * 9 - 2) * 3 * 8


def test_columns_of_windows_over_a_narrow_map_are_known() -> None:
    """Of 3 columns of a window over a map of one, one lies in it, and compilers leave the loop out."""
    for columns in (1, 2):
        loops = _loops((20, columns, 12), "map")
        assert loops[f"window row of {columns} known columns"] == (20 * 3 - 2) * columns * 12
        assert not any(name.startswith("tap") for name in loops)


def test_a_loop_over_two_pixels_is_written_out() -> None:
    """Of windows over a map of 3 columns, two apart, the first has its columns 0 and 1 and the second 1 and 2."""
    rows = 12 * 3 - 2
    near, far = (_loops((23, 3, 24), "ring", place, stride=2) for place in ("within reach", "begin"))
    assert near["window row of two pixels of few columns of a ring within reach"] == rows * 2 * 24
    assert far["window row of two pixels of few columns of a ring out of reach"] == rows * 2 * 24
    assert _loops((23, 4, 24), "map", stride=2)["window row of two pixels of a map"] == rows * 2 * 24


@pytest.mark.parametrize(
    ("width", "kept", "steps"), [(8, "ring", 0), (9, "ring", 1), (11, "ring", 0), (9, "pool", 1), (11, "pool", 2)]
)
def test_products_take_the_steps_of_their_factors(width: int, kept: str, steps: int) -> None:
    """9 is 8 + 1; with 11 compilers multiply, or shift and add twice."""
    loops = _loops((10, width, 4), kept, "within reach")
    assert loops.get("step of a product", 0) == steps * (3 * 10 - 2) * width * 4


def test_rows_that_are_written_out_are_told_apart_by_where_they_lie() -> None:
    window = Window(kernel=(2, 2), stride=(2, 2))
    rows = 4 * 2 * 4 * 12
    for kept, place, name in (
        ("map", "", "written row"),
        ("ring", "begin", "written row apart"),
        ("pool", "begin", "written row of a pool"),
        ("ring", "within reach", "window row of 2 columns"),
    ):
        loops = loops_of_windows(window, _stage((8, 8, 12), kept, place, 2, whole=(2, 2)))
        assert loops[name] == rows
        assert not any(loop.startswith("tap") for loop in loops)


def test_a_pool_of_one_pixel_copies() -> None:
    assert copies(_stage((1, 1, 8), "map"))
    assert not copies(_stage((1, 2, 8), "map"))
