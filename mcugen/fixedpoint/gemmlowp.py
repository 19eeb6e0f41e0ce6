"""gemmlowp's fixed-point exponential and quotients, one number at a time: fixedpoint/fixedpoint.h.

Qk.n stands for a number of k bits before and n after the binary point, in 32 bits with the sign.
"""

from __future__ import annotations

INT32_MAX = (1 << 31) - 1
"""One, as nearly as Q0.31 has it."""

_EXP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def high_multiply(a: int, b: int) -> int:
    """SaturatingRoundingDoublingHighMul: a * b / 2**31, half up."""
    return (a * b + (1 << 30)) >> 31


def divide_by_power(value: int, exponent: int) -> int:
    """RoundingDivideByPOT: value / 2**exponent, half away from zero."""
    mask = (1 << exponent) - 1
    return (value >> exponent) + ((value & mask) > (mask >> 1) + (value < 0))


def saturate(value: int) -> int:
    """The value, held to int32."""
    return max(-(1 << 31), min(INT32_MAX, value))


def _exp_near_zero(a: int) -> int:
    """exp(a) for a in [-1/4, 0), both Q0.31: a fourth-order polynomial around -1/8."""
    constant_term, one_third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = high_multiply(x, x)
    x3 = high_multiply(x2, x)
    x4 = high_multiply(x2, x2)
    tail = divide_by_power(high_multiply(divide_by_power(x4, 2) + x3, one_third) + x2, 1)
    return saturate(constant_term + high_multiply(constant_term, x + tail))


def exp_of_negative(a: int, integer_bits: int) -> int:
    """exp(a) as Q0.31 of a <= 0 with so many integer bits, at most 5: exp_on_negative_values."""
    if a == 0:
        return INT32_MAX
    lowest = 29 - integer_bits
    quarter = 1 << lowest
    modulo = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(saturate(modulo << integer_bits))
    remainder = modulo - a
    # A factor for each bit from a quarter on.
    for index, factor in enumerate(_EXP_FACTORS[: integer_bits + 2]):
        if remainder & (1 << (lowest + index)):
            result = high_multiply(result, factor)
    return result


def two_over_one_plus(x: int) -> int:
    """2 / (1 + x) as Q2.29 of x in [0, 1] as Q0.31: three steps of Newton and Raphson's division."""
    half_denominator = (x + INT32_MAX + 1) // 2
    quotient = 1515870810 + high_multiply(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - high_multiply(half_denominator, quotient)
        quotient = quotient + saturate(high_multiply(quotient, error) << 2)
    return quotient


def one_over_one_plus(x: int) -> int:
    """1 / (1 + x) as Q0.31: one_over_one_plus_x_for_x_in_0_1."""
    return saturate(two_over_one_plus(x) << 1)


def one_minus_over_one_plus(x: int) -> int:
    """(1 - x) / (1 + x) as Q0.31: one_minus_x_over_one_plus_x_for_x_in_0_1."""
    return saturate((two_over_one_plus(x) - (1 << 29)) << 2)
