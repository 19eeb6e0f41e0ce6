"""Packed pixels: lane proofs against brute force, and rescalings against the requantization on whole ranges."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.fixedpoint import Requantization, Rounding, requantize
from mcugen.kernels.packed import armv6m, armv7m
from mcugen.kernels.packed.plain_rescaling import find_plain_rescaling
from mcugen.kernels.packed.signed_rescaling import find_signed_rescaling
from mcugen.kernels.packed.split_rescaling import find_split_rescaling
from mcugen.passes.intervals import Interval
from mcugen.passes.lanes import LANE_LIMIT, lanes_are_exact


@given(
    weights=st.lists(st.integers(-127, 127), min_size=1, max_size=7),
    low=st.lists(st.integers(-128, 127), min_size=7, max_size=7),
    length=st.lists(st.integers(0, 255), min_size=7, max_size=7),
    block=st.sampled_from([2, 4]),
)
def test_lane_proof_is_what_trying_the_ends_of_all_intervals_says(
    weights: list[int], low: list[int], length: list[int], block: int
) -> None:
    ends = [(a, min(a + n, 127)) for a, n in zip(low, length, strict=True)][: len(weights)]
    exact = True
    for begin in range(0, len(weights), block):
        part, intervals = weights[begin : begin + block], ends[begin : begin + block]
        sums = [sum(w * x for w, x in zip(part, values, strict=True)) for values in product(*intervals)]
        exact &= max(map(abs, sums)) <= LANE_LIMIT
    columns = Interval(np.array([a for a, _ in ends]), np.array([b for _, b in ends]))
    assert lanes_are_exact(np.array([weights]), columns, block)[0] == exact


def test_blocks_of_two_hold_any_int8_values() -> None:
    columns = Interval(np.full(2, -128), np.full(2, 127))
    assert np.all(lanes_are_exact(np.array([[127, 127], [-127, -127], [127, -127]]), columns, 2))


@pytest.mark.parametrize("block", [2, 4])
def test_lanes_neither_borrow_nor_carry_while_the_loop_counts_in_them(block: int) -> None:
    for depth in [*range(4, 129, 4), *range(144, 1009, 16)]:
        unrolled, turns = armv7m.block_loop(depth, block)
        assert unrolled * turns * block == depth
        # The low lane's origin falls by 1 a turn (it borrows from the high one's 2), the high one's by 2 in all.
        assert 0x8000 + 2 * (turns - 1) + LANE_LIMIT < 1 << 16
        words, word_turns = armv6m.word_loop(depth)
        assert 0 <= words * word_turns - depth // 4 < words


def _packed_sums(weights: np.ndarray, pixels: np.ndarray, block: int) -> tuple[int, int]:
    """What the kernels do, in unsigned 32-bit arithmetic: weights [K], pixels [2, K]."""
    mask = (1 << 32) - 1
    both = high = 0
    for begin in range(0, len(weights), block):
        lanes = 0x80008000
        for k in range(begin, min(begin + block, len(weights))):
            lanes = (lanes + int(weights[k]) * (int(pixels[0, k]) + (int(pixels[1, k]) << 16))) & mask
        both, high = (both + lanes) & mask, (high + (lanes >> 16)) & mask
    blocks = -(-len(weights) // block)
    low = (both - (high << 16) - 0x8000 * blocks) & mask
    high = (high - 0x8000 * blocks) & mask
    return tuple(value - (1 << 32) if value >> 31 else value for value in (low, high))  # type: ignore[return-value]


@given(
    seed=st.integers(0, 2**32 - 1),
    depth=st.integers(1, 40),
    block=st.sampled_from([2, 4]),
    scale=st.integers(1, 127),
)
def test_lanes_that_are_proved_give_the_sums(seed: int, depth: int, block: int, scale: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-scale, scale + 1, depth)
    pixels = rng.choice([-128, 127, *rng.integers(-128, 128, 4)], (2, depth))
    columns = Interval(pixels.min(axis=0), pixels.max(axis=0))
    if lanes_are_exact(weights[None], columns, block)[0]:
        assert _packed_sums(weights, pixels, block) == tuple((pixels @ weights).tolist())


def _requantizations(rng: np.random.Generator, minimum: int, zero_point: int | None = None) -> Requantization:
    channels = 5
    zero_point = minimum if zero_point is None else zero_point
    multiplier = rng.integers(1 << 30, (1 << 31) - 1, channels, dtype=np.int64)
    shift = rng.integers(-13, -3, channels)
    return Requantization(multiplier, shift, Rounding.DOUBLE, zero_point, minimum, minimum + 255)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), minimum=st.sampled_from([0, -128]))
def test_rescalings_equal_the_requantization_everywhere(seed: int, minimum: int) -> None:
    rng = np.random.default_rng(seed)
    requantization = _requantizations(rng, minimum)
    low, high = -rng.integers(0, 40_000, 5), rng.integers(0, 120_000, 5)
    high[0] = low[0] + 1
    reachable = Interval(low, high)
    accumulators = np.linspace(low, high, 20_001, axis=0).astype(np.int64)
    expected = requantize(accumulators, requantization)
    plain = find_plain_rescaling(requantization, reachable)
    if plain is not None:
        assert np.all(np.abs(plain.addend) < 1 << 15)
        assert np.array_equal(plain.apply(accumulators, minimum), expected)
    split = find_split_rescaling(requantization, reachable)
    if split is not None:
        assert split.stays_in_words
        assert np.array_equal(split.apply(accumulators, minimum), expected)


def test_most_requantizations_have_rescalings() -> None:
    rng = np.random.default_rng(0)
    found = np.zeros(2, int)
    for _ in range(20):
        requantization = _requantizations(rng, -128)
        reachable = Interval(-rng.integers(1000, 40_000, 5), rng.integers(1000, 120_000, 5))
        searches = (find_plain_rescaling, find_split_rescaling)
        found += [search(requantization, reachable) is not None for search in searches]
    assert np.all(found >= 18)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), minimum=st.sampled_from([0, -128]), above=st.integers(1, 127))
def test_rescalings_around_a_zero_point_inside_the_range_round_halves_away_from_it(
    seed: int, minimum: int, above: int
) -> None:
    rng = np.random.default_rng(seed)
    requantization = _requantizations(rng, minimum, minimum + above)
    low, high = -rng.integers(0, 120_000, 5), rng.integers(0, 120_000, 5)
    high[0] = low[0] + 1
    reachable = Interval(low, high)
    accumulators = np.concatenate([np.linspace(low, high, 20_001, axis=0).astype(np.int64), _ties(requantization)])
    accumulators = np.clip(accumulators, low, high)
    expected = requantize(accumulators, requantization)
    signed = find_signed_rescaling(requantization, reachable)
    if signed is not None:
        assert np.array_equal(signed.apply(accumulators, minimum), expected)
    split = find_split_rescaling(requantization, reachable)
    if split is not None:
        assert split.stays_in_words
        assert np.array_equal(split.apply(accumulators, minimum), expected)


def _ties(requantization: Requantization) -> np.ndarray:
    """Accumulators around those at which the second rounding meets a half."""
    halves = np.arange(-255, 256)[:, None] + 0.5
    nearest = np.rint(halves * 2.0 ** (31 - requantization.shift) / requantization.multiplier).astype(np.int64)
    return np.concatenate([nearest + i for i in range(-2, 3)])


def test_most_requantizations_around_a_zero_point_have_rescalings() -> None:
    rng = np.random.default_rng(0)
    found = np.zeros(2, int)
    for _ in range(20):
        requantization = _requantizations(rng, -128, int(rng.integers(-60, 60)))
        reachable = Interval(-rng.integers(1000, 120_000, 5), rng.integers(1000, 120_000, 5))
        searches = (find_signed_rescaling, find_split_rescaling)
        found += [search(requantization, reachable) is not None for search in searches]
    assert np.all(found >= 18), found


def test_one_line_is_not_found_around_a_zero_point_inside_the_range() -> None:
    requantization = Requantization(np.array([1 << 30]), np.array([-5]), Rounding.DOUBLE, 3, -128, 127)
    reachable = Interval(np.array([-5000]), np.array([5000]))
    assert find_plain_rescaling(requantization, reachable) is None


def test_results_of_either_sign_are_not_found_where_outputs_do_not_fill_a_byte() -> None:
    requantization = Requantization(np.array([1 << 30]), np.array([-5]), Rounding.DOUBLE, 3, 3, 127)
    reachable = Interval(np.array([-5000]), np.array([5000]))
    assert find_signed_rescaling(requantization, reachable) is None
    assert find_split_rescaling(requantization, reachable) is None
