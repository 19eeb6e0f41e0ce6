"""The linear form of an addition equals the model's own arithmetic for every pair of stored values."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcugen.fixedpoint import AddArithmetic, Rounding, add, add_double_rounding, add_single_rounding, linear_add

SCALES = st.floats(0.001, 1.0)
ZERO_POINTS = st.integers(-128, 127)


@given(SCALES, st.floats(0.05, 20), st.floats(0.2, 5), st.tuples(ZERO_POINTS, ZERO_POINTS, ZERO_POINTS), st.booleans())
def test_every_pair(scale: float, other: float, output: float, zero_points: tuple[int, int, int], double: bool) -> None:
    scales = (scale, scale * other, scale * max(1, other) * output)
    make = add_double_rounding if double else add_single_rounding
    arithmetic = make(scales, zero_points, -128, 127)
    form = linear_add(arithmetic, (-128, -128))
    if form is None:
        return
    x, y = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128), indexing="ij")
    sums = form.factors[0] * x + form.factors[1] * y + form.constant
    assert np.abs(sums).max() < 1 << 31
    assert np.array_equal(np.clip(sums >> form.shift, -128, 127), add(x, y, arithmetic))


def test_single_rounding_is_linear_already() -> None:
    arithmetic = add_single_rounding((0.02, 0.05, 0.06), (3, -7, 11), -128, 127)
    assert linear_add(arithmetic, (-128, -128)) is not None


def test_an_addition_for_which_22_bits_are_too_few() -> None:
    """The first one of MLPerf Tiny's ResNet8."""
    arithmetic = AddArithmetic(
        Rounding.DOUBLE, (1623821475, 1073741824, 1098017566), (-2, 0, -17), (-128, 4, -128), -128, 127, 20
    )
    form = linear_add(arithmetic, (-128, -128))
    assert form is not None
    assert max(form.factors).bit_length() == 23
