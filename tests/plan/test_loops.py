"""Names of loops tell what a turn of them costs: compilers make other code of narrow maps, few channels, short runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Tensor
from mcugen.plan.buffer import Buffer, Layout
from mcugen.plan.features import stage_parts
from mcugen.plan.part import divided_rows
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block

SAME = (1, 1, 1, 1)


def _turns(shape: tuple[int, int, int], *blocks: Block, target: str = "cortex-m4") -> dict[str, dict[str, float]]:
    """Turns of each kind of function of a network; of the last one of a kind."""
    graph = calm_graph(shape, -128, Rounding.SINGLE, list(blocks), seed=1)
    plan = compile_model(graph, target=target, fold_constants=False).plan
    parts = [part for planned in plan.stages for part in stage_parts(plan, planned)]
    return {part.kind: {loop: turns for loop, turns in part.turns.items() if turns} for part in parts}


@pytest.mark.parametrize(("channels", "name"), [(6, "element within reach"), (8, "element at an index within reach")])
def test_values_read_at_a_distance_are_named_by_what_a_load_adds(channels: int, name: str) -> None:
    """Where columns and channels change places: 8 rows of `channels` times 8 values."""
    first = Block("conv", (3, 3), padding=SAME, channels=channels), Block("conv", channels=channels)
    turns = _turns((8, 8, 1), *first, Block("transpose", option=1), Block("conv", channels=4))
    assert turns["Transpose of rows to rows"][name] == 8 * 8 * channels


def test_a_narrow_map_has_no_loop_over_outputs() -> None:
    """Of a map of one column each weight of a depthwise convolution meets one value."""
    blocks = [Block("conv", (3, 3), padding=(1, 1, 0, 0), channels=8), Block("depthwise", (5, 5), padding=(2, 2, 2, 2))]
    turns = _turns((20, 3, 1), *blocks, Block("conv", channels=8))["narrow depthwise of other windows"]
    assert turns["tap at a place"] == 20 * 8 * 5
    assert turns["chosen row"] == 20 * 8 * 4
    # Of the first two output rows and the last two, two windows lose two rows and two lose one.
    assert turns["weight of no row"] == 8 * 6
    assert turns["weight used once"] == 8 * (20 * 5 - 6)
    assert not {"loop", "weight", "tap of a row again"} & set(turns)


def test_a_map_of_one_row_is_loaded_once() -> None:
    """All rows of a window are the same row there, whose values are multiplied again by weights of no row."""
    turns = _turns((1, 2, 1), Block("conv", channels=8), Block("depthwise", (3, 3), padding=SAME), Block("add"))
    narrow = turns["narrow depthwise of one row"]
    assert narrow["tap at a place"] == 8 * (2 + 2)
    assert narrow["tap of a row again"] == 8 * 2 * (2 + 2)
    # The columns of a window that meet the map: all three, of which the middle one meets both values.
    assert (narrow["weight"], narrow["weight used once"], narrow["weight of no row"]) == (8, 8 * 2, 8 * 2 * 3)


def test_windows_whose_rows_all_lie_in_the_map_choose_no_weights() -> None:
    turns = _turns((5, 3, 1), Block("conv", channels=8), Block("depthwise", (3, 3)), Block("conv", channels=8))
    narrow = turns["narrow depthwise of whole rows"]
    assert narrow["weight used once"] == narrow["tap at a place"] == 3 * 8 * 9
    # Where a channel lies in columns of 8 values takes no multiplication.
    assert narrow["channel in columns, 2^n channels"] == 3 * 8
    assert not {"chosen row", "weight of no row", "channel in columns"} & set(narrow)


def test_outputs_of_a_loop_and_those_at_places_are_told_apart() -> None:
    """Windows of 5 by 5 lose columns at four outputs of a row."""
    blocks = [Block("conv", (3, 3), padding=(1, 1, 1, 1), channels=8), Block("depthwise", (5, 5), padding=(2, 2, 2, 2))]
    turns = _turns((6, 9, 1), *blocks, Block("conv", channels=8))["depthwise of 5 by 5"]
    assert turns["output at a place"] == 6 * 8 * 4
    assert turns["tap at a place"] == 6 * 8 * 5 * (3 + 4 + 4 + 3)
    assert turns["output in a loop"] == turns["output in a loop to columns of 1"] == 6 * 8 * 5
    assert turns["tap in a loop"] == 6 * 8 * 5 * 5 * 5
    assert "tap of a weight of one loop" not in turns


def test_a_loop_within_a_tile_of_columns_needs_no_division() -> None:
    """Three outputs, none of whose windows leaves the map."""
    blocks = [Block("conv", (3, 3), padding=(1, 1, 1, 1), channels=8), Block("depthwise", (3, 3))]
    turns = _turns((6, 5, 1), *blocks, Block("conv", channels=8))["depthwise of 3 by 3"]
    assert turns["output in a loop to columns of 3, one tile of whole rows"] == turns["output in a loop"] == 4 * 8 * 3
    assert turns["tap of a weight of one loop"] == turns["tap in a loop"] == 4 * 8 * 3 * 9
    assert "output at a place" not in turns


def test_a_map_repeated_few_times_has_no_loop_over_channels() -> None:
    wide = _turns((8, 9, 1), Block("conv", channels=4), Block("repeat", channels=6))["RepeatChannel"]
    assert (wide["pixel"], wide["element"]) == (8 * 9, 8 * 9 * 6)
    few = _turns((8, 9, 1), Block("conv", channels=4), Block("repeat", channels=2))["RepeatChannel"]
    assert few["pixel of 2 channels"] == 8 * 9
    assert "element" not in few


def test_windows_of_one_channel_have_no_loop_over_channels() -> None:
    turns = _turns((17, 17, 1), Block("conv", (5, 5), padding=(2, 2, 2, 2), channels=8))
    (windows,) = (of_kind for kind, of_kind in turns.items() if kind.startswith(("dsp widening", "dsp im2col")))
    assert windows["tap of 1 channel"] == (17 * 17 - 13 * 13) * 25
    assert not any(loop.startswith("value") for loop in windows)


def test_windows_for_helium_find_their_rows_once_a_block() -> None:
    """A ring's row is a division away, which is most of the work of copying one pixel's window."""
    blocks = [Block("conv", (3, 3), padding=SAME, channels=8), Block("conv", (5, 5), padding=(2, 2, 2, 2), channels=8)]
    turns = _turns((32, 31, 3), *blocks, Block("conv", channels=4), target="cortex-m55")["helium im2col in a loop"]
    found = sum(count for loop, count in turns.items() if loop.startswith("row of a ") and "window" not in loop)
    # Of the 32 output rows' windows six rows lie above or below the image.
    assert found == turns["kernel row"] == (5 - 6 / 32) * turns["call"]


def test_windows_are_copied_by_loops_and_by_code_without_any() -> None:
    """Of a 5x5 window of three channels, runs of 7 words are loops; those of twice 4, and the last word, are none."""
    turns = _turns((24, 24, 3), Block("conv", (5, 5), (2, 2), channels=8))["dsp im2col"]
    pixels = 10 * 10
    assert turns["copied pixel"] == turns["pixel in tiles of 2"] == pixels
    assert (turns["run"], turns["turn"]) == (3 * pixels, 3 * 7 * pixels)
    assert turns["copied value"] == 75 * pixels
    assert "tap" not in turns


def test_windows_that_reach_out_are_copied_tap_by_tap() -> None:
    turns = _turns((24, 24, 3), Block("conv", (5, 5), (2, 2), (2, 2, 2, 2), channels=8))["dsp im2col"]
    edges = 12 * 12 - 10 * 10
    assert turns["tap"] == edges * 25
    # Of the first and the last window of a row two columns and one lie outside.
    rows = columns = 12 * 5 - 3
    assert turns["value"] == (rows * columns - 10 * 10 * 25) * 3
    assert turns["value"] + turns["value outside"] == edges * 75


def test_windows_find_their_rows_once_a_block() -> None:
    blocks = [Block("conv", (3, 3), padding=SAME, channels=12), Block("conv", (3, 3), padding=SAME, channels=8)]
    turns = _turns((22, 22, 3), *blocks)["dsp widening"]
    found = sum(count for loop, count in turns.items() if loop.startswith("row of a "))
    assert found == turns["row that is asked for"] == 3 * 22 * 11


def test_rows_of_the_image_are_copied_where_they_lie_in_it() -> None:
    """Windows of the first convolution that reach out above or below have two rows in the image."""
    turns = _turns((24, 24, 3), Block("conv", (3, 3), (1, 1), SAME, channels=8))["dsp first stage"]
    assert (turns["outer edge"], turns["outer edge row, row of a ring"]) == (2 * 8, 2 * 2 * 8)
    assert (turns["inner row, row of a ring"], turns["edge row of 3 channels, row of a ring"]) == (22, 3 * 2 * 22)


def test_windows_of_one_cell_have_no_loop_over_columns() -> None:
    """A map that is padded before them has values outside; rows of seven pixels are tiles of three and two."""
    blocks = [Block("conv", (3, 3), padding=SAME, channels=12), Block("pad", padding=(1, 0, 1, 0))]
    turns = _turns((6, 6, 3), *blocks, Block("conv", channels=8))["dsp widening of one cell"]
    assert turns["pixel in tiles of 3"] == turns["pixel in tiles of 3 and 2"] == 49
    assert (turns["copied pixel between edges"], turns["word of taps"]) == (36, 13 * 3)
    assert "tap" not in turns


@pytest.mark.parametrize(("slots", "row", "of_four"), [(3, 5, 0), (3, 47, 3), (3, 48, 7), (5, 79, 3), (9, 200, 7)])
def test_bits_of_a_division_are_found_by_fours(slots: int, row: int, of_four: int) -> None:
    """libgcc's division for Armv6-M skips four bits of the quotient where all of them are 0."""
    tensor = Tensor("rows", (row + 1, 1, 1), "int8", 1.0, 0)

    def turns(height: int) -> float:
        ring = Buffer(replace(tensor, shape=(height, 1, 1)), Layout.PLANAR, slots, 1, 0)
        return divided_rows(ring, height)["bit of a quotient by fours"]

    # Of all rows up to this one, less those before it.
    assert turns(row + 1) - turns(row) == pytest.approx(of_four)
