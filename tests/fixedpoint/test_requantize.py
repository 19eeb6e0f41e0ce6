from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.fixedpoint import Requantization, Rounding, quantize_multiplier, quantize_multipliers, requantize
from mcugen.fixedpoint.requantize import high_multiply, rounding_shift, scale_double, scale_single
from tests.fixedpoint import gemmlowp

multipliers = st.one_of(
    st.sampled_from([0, 1 << 30, (1 << 31) - 1, (1 << 30) + 1, 3 << 29]), st.integers(1 << 30, (1 << 31) - 1)
)
shifts = st.integers(-31, 30)
int32s = st.one_of(
    st.integers(gemmlowp.INT32_MIN, gemmlowp.INT32_MAX),
    st.integers(-4096, 4096),
    st.sampled_from([gemmlowp.INT32_MIN, gemmlowp.INT32_MAX]),
)


@given(int32s, multipliers)
def test_high_multiply_is_gemmlowps(value: int, multiplier: int) -> None:
    expected = gemmlowp.saturating_rounding_doubling_high_mul(value, multiplier)
    assert high_multiply(np.array(value), np.array(multiplier)) == expected


@given(int32s, st.integers(0, 31))
def test_rounding_shift_is_gemmlowps(value: int, exponent: int) -> None:
    assert rounding_shift(np.array(value), np.array(exponent)) == gemmlowp.rounding_divide_by_pot(value, exponent)


@pytest.mark.parametrize("exponent", [1, 2, 5, 31])
@pytest.mark.parametrize("odd", [1, 3, 5])
def test_rounding_shift_takes_ties_away_from_zero(exponent: int, odd: int) -> None:
    tie = odd << (exponent - 1)
    assert rounding_shift(np.array(tie), np.array(exponent)) == (odd + 1) // 2
    assert rounding_shift(np.int64(-tie), np.array(exponent)) == -(odd + 1) // 2


@given(int32s, multipliers, shifts)
def test_double_rounding_is_tensorflow_lites(value: int, multiplier: int, shift: int) -> None:
    value >>= max(shift, 0)
    expected = gemmlowp.multiply_by_quantized_multiplier(value, multiplier, shift)
    assert scale_double(np.array(value), np.array(multiplier), np.array(shift)) == expected


@pytest.mark.parametrize("shift", [-9, -3, -1, 0, 1, 2])
@pytest.mark.parametrize("multiplier", [0, 1 << 30, 3 << 29, (1 << 31) - 1, (1 << 30) + 1])
def test_double_rounding_is_tensorflow_lites_around_zero(multiplier: int, shift: int) -> None:
    """Every accumulator from -3000 to 3000: with these multipliers, ties of both roundings and signs."""
    values = np.arange(-3000, 3001, dtype=np.int64)
    expected = [gemmlowp.multiply_by_quantized_multiplier(int(v), multiplier, shift) for v in values]
    assert scale_double(values, np.array(multiplier), np.array(shift)).tolist() == expected


@given(int32s, multipliers, shifts)
def test_single_rounding_is_half_up_of_the_exact_product(value: int, multiplier: int, shift: int) -> None:
    exact = Fraction(value * multiplier) * Fraction(2) ** (shift - 31)
    assert scale_single(np.array(value), np.array(multiplier), np.array(shift)) == math.floor(exact + Fraction(1, 2))


@given(st.floats(min_value=2.0**-40, max_value=2.0**29))
def test_quantize_multiplier_is_tensorflow_lites(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    assert (multiplier, shift) == gemmlowp.quantize_multiplier(real)
    if multiplier:
        assert 1 << 30 <= multiplier < 1 << 31
        assert abs(multiplier * 2.0 ** (shift - 31) / real - 1) <= 2.0**-31


def test_quantize_multiplier_at_its_edges() -> None:
    assert quantize_multiplier(0.0) == (0, 0)
    assert quantize_multiplier(1.0) == (1 << 30, 1)
    assert quantize_multiplier(math.nextafter(1.0, 0.0)) == (1 << 30, 1)  # the mantissa rounds up to 2**31
    assert quantize_multiplier(2.0**-32) == (1 << 30, -31)
    assert quantize_multiplier(math.nextafter(2.0**-32, 0.0)) == (1 << 30, -31)
    assert quantize_multiplier(2.0**-32 * (1 - 2.0**-20)) == (0, 0)
    for refused in (-1.0, math.nan, math.inf, 2.0**30):
        with pytest.raises(ValueError, match="scale ratio"):
            quantize_multiplier(refused)


@pytest.mark.parametrize("rounding", Rounding)
def test_requantize_adds_the_zero_point_and_clamps_channel_by_channel(rounding: Rounding) -> None:
    multiplier, shift = quantize_multipliers([0.5, 0.0])
    requantization = Requantization(multiplier, shift, rounding, 10, 0, 100)
    accumulator = np.array([[-1000, 7], [4, 0], [1000, -9]], np.int32)
    assert requantize(accumulator, requantization).tolist() == [[0, 10], [12, 10], [100, 10]]


def test_requantization_can_be_cut_spread_and_moved() -> None:
    multiplier, shift = quantize_multipliers([0.5, 0.25, 0.125])
    requantization = Requantization(multiplier, shift, Rounding.DOUBLE, 10, 0, 100)
    accumulator = np.arange(-300, 300).reshape(-1, 3)
    whole = requantize(accumulator, requantization)
    kept = np.array([True, False, True])
    assert np.array_equal(requantize(accumulator[:, kept], requantization.select(kept)), whole[:, kept])
    assert np.array_equal(requantize(accumulator, requantization.offset(28)), whole + 28)
    one = Requantization(multiplier[:1], shift[:1], Rounding.DOUBLE, 10, 0, 100)
    assert one.select(kept) is one
    assert one.broadcast(3).channels == 3
    assert np.array_equal(requantize(accumulator, one), requantize(accumulator, one.broadcast(3)))


@given(st.integers(-(1 << 45), 1 << 45), st.integers(0, 1 << 45), multipliers, shifts)
def test_scales_never_decrease(value: int, more: int, multiplier: int, shift: int) -> None:
    """Sums far beyond int32, which proofs meet: a product that wrapped would make the larger value the smaller."""
    pair = np.array([value, value + more])
    for scale in (scale_double, scale_single):
        lower, higher = scale(pair, np.array(multiplier), np.array(shift))
        assert lower <= higher
        assert np.sign(higher) in (0, np.sign(value + more))
