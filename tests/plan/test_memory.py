"""Placement of items whose slots live at different times, against brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.plan.memory import ALIGNMENT, Item, peak_bytes, place

_lifetimes = st.tuples(st.integers(0, 12), st.integers(0, 6))


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    made = []
    for number in range(draw(st.integers(1, 7))):
        lifetimes = draw(st.lists(_lifetimes, min_size=1, max_size=6))
        births = np.array([begin for begin, _ in lifetimes])
        deaths = births + np.array([length for _, length in lifetimes])
        made.append(Item(f"item{number}", draw(st.integers(1, 13)), births, deaths))
    return made


def living(item: Item, moment: int) -> list[int]:
    """Slots of the item that live at the moment."""
    return [i for i in range(len(item.births)) if item.births[i] <= moment <= item.deaths[i]]


@given(items())
@settings(max_examples=400)
def test_no_two_living_slots_overlap(made: list[Item]) -> None:
    placement = place(made)
    for moment in range(20):
        arena = np.zeros(placement.size, int)
        for item in made:
            for slot in living(item, moment):
                begin = placement.offsets[item.name] + slot * item.slot_bytes
                assert begin + item.slot_bytes <= placement.size
                arena[begin : begin + item.slot_bytes] += 1
        assert arena.max() <= 1


@given(items())
@settings(max_examples=200)
def test_offsets_are_aligned_and_the_arena_ends_where_the_last_item_does(made: list[Item]) -> None:
    placement = place(made)
    assert all(offset % ALIGNMENT == 0 for offset in placement.offsets.values())
    end = max(placement.offsets[item.name] + item.size for item in made)
    assert end <= placement.size < end + ALIGNMENT


@given(items())
@settings(max_examples=200)
def test_the_peak_is_what_lives_at_once(made: list[Item]) -> None:
    counted = max(sum(len(living(item, t)) * item.slot_bytes for item in made) for t in range(20))
    assert peak_bytes(made) == counted
    assert counted <= place(made).size


def test_a_map_is_laid_over_the_rows_that_were_consumed() -> None:
    """Row i of the output is written when row i of the input, of the same size, was read for the last time."""
    rows = np.arange(10)
    source = Item("source", 16, np.zeros(10, int), 2 * rows)
    output = Item("output", 16, 2 * rows + 1, np.full(10, 99))
    assert place([source, output]).size == 160
    same_moment = Item("output", 16, 2 * rows, np.full(10, 99))
    assert place([source, same_moment]).size == 176


def test_items_that_never_meet_share_their_place() -> None:
    items_in_turn = [Item(f"item{i}", 100, np.array([i]), np.array([i])) for i in range(5)]
    placement = place(items_in_turn)
    assert placement.size == 100
    assert set(placement.offsets.values()) == {0}
