from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mcugen.fixedpoint import (
    Requantization,
    Rounding,
    constant_channels,
    differences,
    probe_points,
    requantize,
    step_thresholds,
)

_multipliers = st.one_of(st.sampled_from([0, 1 << 30, (1 << 31) - 1]), st.integers(1 << 29, (1 << 31) - 1))
_int8s = st.one_of(st.sampled_from([-128, -127, 0, 127]), st.integers(-128, 127))


@st.composite
def requantizations(draw: st.DrawFn, lowest: int = -14, highest: int = 6) -> Requantization:
    """One to four channels, any rounding, zero point and clamp, multipliers of 0 among them."""
    pairs = draw(st.lists(st.tuples(_multipliers, st.integers(lowest, highest)), min_size=1, max_size=4))
    minimum, maximum = sorted((draw(_int8s), draw(_int8s)))
    return Requantization(
        np.array([m for m, _ in pairs], np.int64),
        np.array([s for _, s in pairs], np.int64),
        draw(st.sampled_from(Rounding)),
        draw(_int8s),
        minimum,
        maximum,
    )


def domain(requantization: Requantization) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and highest accumulator of each channel that is int32 even after its left shift."""
    limit = (np.int64(1) << 31) >> np.maximum(requantization.shift, 0)
    return -limit, limit - 1


def columns(values: np.ndarray, requantization: Requantization) -> np.ndarray:
    """Values [P] as accumulators [P, C], clipped to each channel's domain."""
    low, high = domain(requantization)
    return np.clip(values[:, None], low, high)


def staircase(thresholds: np.ndarray, minimum: int, accumulator: np.ndarray) -> np.ndarray:
    """The function that thresholds [C, levels] describe, at accumulators [P, C]."""
    return minimum + (thresholds.T[None] <= accumulator[:, None]).sum(axis=1)


@given(requantizations(), st.integers(-(1 << 31), (1 << 31) - 1))
def test_thresholds_describe_the_requantization(requantization: Requantization, center: int) -> None:
    """Every accumulator of small ranges: around zero, around a random place, and both ends of int32."""
    thresholds = step_thresholds(requantization)
    assert thresholds.shape == (requantization.channels, requantization.maximum - requantization.minimum)
    assert np.all(np.diff(thresholds, axis=1) >= 0)
    near = np.arange(-600, 601)
    for start in (0, center, -(1 << 31), (1 << 31) - 1):
        accumulator = columns(start + near, requantization)
        expected = requantize(accumulator, requantization)
        assert np.array_equal(staircase(thresholds, requantization.minimum, accumulator), expected)


@given(requantizations(lowest=-31, highest=30))
def test_thresholds_are_where_the_value_first_appears(requantization: Requantization) -> None:
    """For all shifts: a threshold inside int32 is reached there and not one before."""
    low, high = domain(requantization)
    levels = np.arange(requantization.minimum + 1, requantization.maximum + 1)
    for channel, thresholds in enumerate(step_thresholds(requantization)):
        only = requantization.select(np.array([channel]))
        at_low, at_high = (int(requantize(np.array([end[channel]]), only)[0]) for end in (low, high))
        assert np.all(thresholds[levels <= at_low] == -(1 << 31))
        assert np.all(thresholds[levels > at_high] == 1 << 31)
        inside = (levels > at_low) & (levels <= at_high)
        points = thresholds[inside][:, None]
        assert np.all((points > low[channel]) & (points <= high[channel]))
        assert np.all(requantize(points, only)[:, 0] >= levels[inside])
        assert np.all(requantize(points - 1, only)[:, 0] < levels[inside])


@given(requantizations(), st.data())
def test_probe_points_stay_within_the_range(requantization: Requantization, data: st.DataObject) -> None:
    low, high = (
        np.array([data.draw(st.integers(-5000, 5000)) for _ in range(requantization.channels)]) for _ in range(2)
    )
    low, high = np.minimum(low, high), np.maximum(low, high)
    points = probe_points(requantization, low, high)
    assert np.all((points >= low) & (points <= high))
    assert np.array_equal(points.min(axis=0), low)
    assert np.array_equal(points.max(axis=0), high)


@given(requantizations(), requantizations(), st.integers(-3000, 0), st.integers(0, 3000))
def test_differences_are_those_that_exhaustive_comparison_finds(
    requantization: Requantization, other: Requantization, low: int, high: int
) -> None:
    """Against another multiplier, one that is off by little, and single rounding in place of double."""
    channels = requantization.channels
    other = other.select(np.zeros(channels, np.int64)).broadcast(channels)
    nearby = Requantization(
        np.minimum(requantization.multiplier + (1 << 20), (1 << 31) - 1),
        requantization.shift,
        requantization.rounding,
        requantization.zero_point,
        requantization.minimum,
        requantization.maximum,
    )
    rounding = Rounding.SINGLE if requantization.rounding is Rounding.DOUBLE else Rounding.DOUBLE
    rerounded = Requantization(
        requantization.multiplier,
        requantization.shift,
        rounding,
        requantization.zero_point,
        requantization.minimum,
        requantization.maximum,
    )
    accumulator = np.repeat(np.arange(low, high + 1)[:, None], channels, axis=1)
    ends = np.full(channels, low), np.full(channels, high)
    for candidate in (requantization, other, nearby, rerounded):
        exhaustive = np.any(requantize(accumulator, candidate) != requantize(accumulator, requantization), axis=0)
        found = differences(requantization, _function(candidate), *ends)
        assert np.array_equal(found, exhaustive)


def _function(requantization: Requantization) -> Callable[[np.ndarray], np.ndarray]:
    return lambda accumulator: requantize(accumulator, requantization)


@given(requantizations(), st.data())
def test_one_planted_difference_is_found(requantization: Requantization, data: st.DataObject) -> None:
    """One step of one channel comes one accumulator late."""
    low, high = np.maximum(domain(requantization)[0], -(1 << 24)), np.minimum(domain(requantization)[1], 1 << 24)
    thresholds = step_thresholds(requantization)
    steps = np.argwhere((thresholds > low[:, None]) & (thresholds <= high[:, None]))
    assume(len(steps))
    channel, level = steps[data.draw(st.integers(0, len(steps) - 1))]
    late = thresholds.copy()
    late[channel, level:] = np.maximum(late[channel, level:], thresholds[channel, level] + 1)
    late_function = _late(late, requantization.minimum)
    found = differences(requantization, late_function, low, high)
    assert found.tolist() == [c == channel for c in range(requantization.channels)]
    assert not differences(requantization, _late(thresholds, requantization.minimum), low, high).any()


def _late(thresholds: np.ndarray, minimum: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda accumulator: staircase(thresholds, minimum, accumulator)


@given(requantizations(), st.integers(-3000, 0), st.integers(0, 3000))
def test_constant_channels_are_constant(requantization: Requantization, low: int, high: int) -> None:
    accumulator = np.repeat(np.arange(low, high + 1)[:, None], requantization.channels, axis=1)
    values = requantize(accumulator, requantization)
    ends = np.full(requantization.channels, low), np.full(requantization.channels, high)
    expected = values.min(axis=0) == values.max(axis=0)
    assert np.array_equal(constant_channels(requantization, *ends), expected)


def _random_channels(channels: int, seed: int, lowest: int, highest: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    multiplier = rng.integers(1 << 30, 1 << 31, channels)
    multiplier[:8] = [1 << 30, (1 << 31) - 1, 3 << 29, (1 << 30) + 1, 5 << 28, 7 << 28, (1 << 31) - 2, 0]
    return multiplier, rng.integers(lowest, highest + 1, channels)


def _high_word(accumulator: np.ndarray, multiplier: np.ndarray, addend: np.ndarray) -> np.ndarray:
    """LSL #1 and SMMLAR: the rounded high word of (addend << 32) + 2 * accumulator * multiplier."""
    doubled = accumulator << 1
    assert np.all(np.abs(doubled) < 1 << 31)
    return (((addend << 32) + doubled * multiplier) + (np.int64(1) << 31)) >> 32


def test_smmlar_with_relu_is_the_double_rounding() -> None:
    """`LSL #1; SMMLAR; ASR; USAT #8` where the lower clamp is the zero point, as numerics.md claims."""
    multiplier, shift = _random_channels(600, 1, -20, -1)
    reach = np.full(600, (1 << 30) - 1)
    half = np.int64(1) << (-shift - 1)
    requantization = Requantization(multiplier, shift, Rounding.DOUBLE, 0, 0, 255)

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        return np.clip(_high_word(accumulator, multiplier, half) >> -shift, 0, 255)

    assert not differences(requantization, candidate, -reach, reach).any()


def test_smmlar_without_relu_differs_from_the_double_rounding_at_negative_ties() -> None:
    multiplier, shift = _random_channels(600, 2, -12, -1)
    reach = np.full(600, 1 << 22)
    half = np.int64(1) << (-shift - 1)
    requantization = Requantization(multiplier, shift, Rounding.DOUBLE, 0, -128, 127)

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        return np.clip(_high_word(accumulator, multiplier, half) >> -shift, -128, 127)

    found = differences(requantization, candidate, -reach, reach)
    assert found[multiplier > 0].all()
    assert not differences(requantization, candidate, np.zeros_like(reach), reach).any()


@pytest.mark.parametrize("zero_point", [-128, -5, 0, 100])
def test_the_zero_point_and_the_rounding_constant_are_one_addend(zero_point: int) -> None:
    """SSAT #8 of (SMMLAR with half + (zero point << r)) >> r, where the lower clamp is the zero point."""
    multiplier, shift = _random_channels(600, 3, -12, -1)
    reach = np.full(600, 1 << 26)
    addend = (np.int64(1) << (-shift - 1)) + (np.int64(zero_point) << -shift)
    requantization = Requantization(multiplier, shift, Rounding.DOUBLE, zero_point, zero_point, 127)

    def candidate(accumulator: np.ndarray) -> np.ndarray:
        return np.clip(_high_word(accumulator, multiplier, addend) >> -shift, zero_point, 127)

    assert not differences(requantization, candidate, -reach, reach).any()
