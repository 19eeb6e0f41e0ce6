"""The choice of a requantization's code against brute force over the whole reachable range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.fixedpoint import Requantization, Rounding, requantize
from mcugen.passes.intervals import Interval
from mcugen.plan.epilogue import choose_epilogue

_INT32 = 1 << 31


def int32(value: int) -> int:
    """The value, which the C code keeps in an int32_t."""
    assert -_INT32 <= value < _INT32
    return value


def emitted(form: str, a: int, multiplier: int, zero_point: int, shift: int) -> int:
    """What the C function of a form computes, before the clamp, in Python's integers."""
    if form == "exact_single":
        return int32(((a * multiplier + (1 << (30 + shift))) >> (31 + shift)) + zero_point)
    if form == "exact_double":
        right = max(shift, 0)
        high = int32(((a << max(-shift, 0)) * multiplier + (1 << 30)) >> 31)
        mask = (1 << right) - 1
        return int32((high >> right) + ((high & mask) > (mask >> 1) + (high < 0)) + zero_point)
    half = int32((zero_point << shift) + ((1 << shift) >> 1))
    high = int32((a * multiplier + (0 if form == "truncated" else 1 << 30)) >> 31)
    if form == "rounded_signed":
        high += high >> 31
    return int32(high + half) >> shift


@st.composite
def layers(draw: st.DrawFn) -> tuple[Requantization, Interval]:
    """A requantization of a few channels and the range that its accumulators stay in, small enough to try it all."""
    channels = draw(st.integers(1, 3))

    def each(values: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(values, min_size=channels, max_size=channels))

    multiplier = each(st.one_of(st.just(0), st.integers(1 << 30, _INT32 - 1)))
    shift = each(st.one_of(st.integers(-12, 2), st.sampled_from([-31, -30, -20])))
    low = each(st.integers(-40_000, 40_000))
    length = each(st.integers(0, 3000))
    minimum = draw(st.integers(-128, 254))
    maximum = draw(st.integers(minimum, 127 if minimum < 0 else 255))
    requantization = Requantization(
        np.array(multiplier, np.int64),
        np.array(shift, np.int64),
        draw(st.sampled_from(Rounding)),
        draw(st.integers(-128, 127) if minimum < 0 else st.integers(0, 255)),
        minimum,
        maximum,
    )
    return requantization, Interval(np.array(low), np.array(low) + np.array(length))


def brute_force(form: str, requantization: Requantization, reachable: Interval) -> int:
    """Number of channels in which the form gives another value somewhere in the range."""
    wrong = 0
    for channel in range(len(reachable.low)):
        one = requantization.select(np.array([channel]))
        accumulators = np.arange(reachable.low[channel], reachable.high[channel] + 1)
        expected = requantize(accumulators[:, None], one)[:, 0]
        multiplier, shift = int(one.multiplier[0]), -int(one.shift[0])
        got = [emitted(form, a, multiplier, one.zero_point, shift) for a in accumulators.tolist()]
        wrong += not np.array_equal(np.clip(got, one.minimum, one.maximum), expected)
    return wrong


@given(layers())
@settings(max_examples=250, print_blob=True)
def test_the_chosen_form_is_right_everywhere(layer: tuple[Requantization, Interval]) -> None:
    requantization, reachable = layer
    bias = np.zeros(len(reachable.low), np.int64)
    epilogue = choose_epilogue(requantization, bias, reachable)
    assert brute_force(epilogue.form, requantization, reachable) == 0
    assert epilogue.proved == int(np.sum(reachable.high - reachable.low + 1))
    assert np.array_equal(epilogue.shift, -requantization.shift)


@given(layers())
@settings(max_examples=150, print_blob=True)
def test_what_was_rejected_is_wrong_somewhere(layer: tuple[Requantization, Interval]) -> None:
    """As many channels differ as the report says; a form without left shifts, or with too large ones, is not tried."""
    requantization, reachable = layer
    epilogue = choose_epilogue(requantization, np.zeros(len(reachable.low), np.int64), reachable)
    shift = -requantization.shift
    half = (np.int64(requantization.zero_point) << np.maximum(shift, 0)) + ((1 << np.maximum(shift, 0)) >> 1)
    untried = bool(np.any(shift < 0) or np.any(shift > 30) or np.any(np.abs(half) >= 1 << 30))
    for form, wrong in epilogue.rejected:
        if not untried:
            assert wrong == brute_force(form, requantization, reachable)
            assert wrong > 0


@pytest.mark.parametrize(
    ("rounding", "zero_point", "minimum", "shift", "form"),
    [
        # With ReLU at the zero point both of TensorFlow Lite's roundings are one addend.
        (Rounding.DOUBLE, -128, -128, -9, "rounded"),
        # Results of either sign round away from zero.
        (Rounding.DOUBLE, 0, -128, -9, "rounded_signed"),
        (Rounding.DOUBLE, 0, -128, 1, "exact_double"),
        (Rounding.SINGLE, 0, -128, -9, "truncated"),
        (Rounding.SINGLE, 0, -128, 1, "exact_single"),
    ],
)
def test_the_cheapest_form_is_found(rounding: Rounding, zero_point: int, minimum: int, shift: int, form: str) -> None:
    requantization = Requantization(np.array([1_500_000_000]), np.array([shift]), rounding, zero_point, minimum, 127)
    limit = 120_000 if shift < 0 else 300
    epilogue = choose_epilogue(requantization, np.array([7]), Interval(np.array([-limit]), np.array([limit])))
    assert epilogue.form == form
    assert epilogue.bias.tolist() == [7]
