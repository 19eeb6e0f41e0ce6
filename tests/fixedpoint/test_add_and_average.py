from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.fixedpoint import AddArithmetic, add, add_double_rounding, add_single_rounding, average
from tests.fixedpoint import gemmlowp
from tests.support.tflite_file import FileBuilder

_scales = st.floats(2.0**-8, 2.0**-2).map(lambda x: float(np.float32(x)))
_int8s = st.one_of(st.sampled_from([-128, 0, 127]), st.integers(-128, 127))
_ALL = np.arange(-128, 128)
_A, _B = (grid.ravel() for grid in np.meshgrid(_ALL, _ALL))


@given(st.tuples(_scales, _scales, _scales), st.tuples(_int8s, _int8s, _int8s), st.integers(0, 999))
def test_double_rounding_sum_is_tensorflow_lites(
    scales: tuple[float, float, float], zero_points: tuple[int, int, int], seed: int
) -> None:
    arithmetic = add_double_rounding(scales, zero_points, -128, 127)
    some = np.random.default_rng(seed).choice(len(_A), 300, replace=False)
    expected = [
        gemmlowp.add_element(
            int(a), int(b), zero_points, arithmetic.multipliers, arithmetic.shifts, arithmetic.left_shift, -128, 127
        )
        for a, b in zip(_A[some], _B[some], strict=True)
    ]
    assert add(_A[some], _B[some], arithmetic).tolist() == expected


@pytest.mark.parametrize("scales", [(0.05, 0.11, 0.13), (0.1, 0.1, 0.1), (0.02, 0.7, 0.3), (0.3, 0.001, 0.31)])
@pytest.mark.parametrize("zero_points", [(0, 0, 0), (-128, 127, 5), (3, -7, -128)])
def test_double_rounding_sum_is_tensorflow_lite_micros(
    scales: tuple[float, float, float], zero_points: tuple[int, int, int]
) -> None:
    """All 65536 pairs; the second operand is a constant of the file."""
    from tests.support.tflite_oracle import run_micro

    file = FileBuilder()
    a = file.tensor("a", (1, len(_A)), scale=scales[0], zero_point=zero_points[0])
    b = file.constant("b", _B[None], "int8", scale=scales[1], zero_point=zero_points[1])
    y = file.tensor("y", (1, len(_A)), scale=scales[2], zero_point=zero_points[2])
    file.operator("ADD", [a, b], [y], "AddOptions")
    expected = run_micro(file.finish([a], [y]), _A[None].astype(np.int8))[0]
    exact = tuple(float(np.float32(scale)) for scale in scales)
    arithmetic = add_double_rounding((exact[0], exact[1], exact[2]), zero_points, -128, 127)
    assert np.array_equal(add(_A, _B, arithmetic), expected)


@given(st.tuples(_scales, _scales, _scales), st.tuples(_int8s, _int8s, _int8s))
def test_single_rounding_sum_is_within_one_of_the_real_one(
    scales: tuple[float, float, float], zero_points: tuple[int, int, int]
) -> None:
    """All 65536 pairs, but for what rounding the multipliers of two operands loses; and the sum before the shift fits
    int32, rounding constant included."""
    arithmetic = add_single_rounding(scales, zero_points, -128, 127)
    real = scales[0] * (_A - zero_points[0]) + scales[1] * (_B - zero_points[1])
    exact = np.clip(real / scales[2] + zero_points[2], -128, 127)
    assert np.abs(add(_A, _B, arithmetic) - exact).max() <= 0.5 + 255 * 2.0 ** -arithmetic.shifts[2]
    largest = 255 * (abs(arithmetic.multipliers[0]) + abs(arithmetic.multipliers[1])) + (
        1 << (arithmetic.shifts[2] - 1)
    )
    assert largest < 1 << 31


def test_single_rounding_refuses_scales_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="too far apart"):
        add_single_rounding((1.0, 1.0, 1e-9), (0, 0, 0), -128, 127)


@pytest.mark.parametrize("make", [add_double_rounding, add_single_rounding])
def test_a_moved_sum_is_the_same_function(make: Callable[..., AddArithmetic]) -> None:
    arithmetic = make((0.05, 0.11, 0.13), (3, -128, 17), 17, 120)
    moved = arithmetic.offset((128, 0, 128))
    assert np.array_equal(add(_A + 128, _B, moved), add(_A, _B, arithmetic) + 128)


@given(st.integers(1, 2000), st.integers(0, 999))
def test_average_is_tensorflow_lites(count: int, seed: int) -> None:
    totals = np.random.default_rng(seed).integers(-128 * count, 127 * count + 1, 200)
    totals[:3] = [0, -128 * count, 127 * count]
    expected = [gemmlowp.average(int(total), count) for total in totals]
    assert average(totals, count).tolist() == expected


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 36])
def test_average_of_every_small_total(count: int) -> None:
    totals = np.arange(-128 * count, 127 * count + 1)
    assert average(totals, count).tolist() == [gemmlowp.average(int(t), count) for t in totals]
