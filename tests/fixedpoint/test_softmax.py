from __future__ import annotations

import numpy as np
import pytest

from mcugen.fixedpoint import (
    SoftmaxNormalization,
    softmax_exponentials_single,
    softmax_exponentials_tflite,
    softmax_normalize,
)
from tests.support.tflite_file import FileBuilder

SCALES = [0.0078125, 0.03, 0.1, 0.1234567, 0.25, 1.0, 8.0]


def _rows(channels: int, seed: int) -> np.ndarray:
    """int8 [N, channels]: uniform, narrow, equal and extreme rows."""
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            rng.integers(-128, 128, (30, channels)),
            rng.integers(-8, 8, (30, channels)),
            np.full((1, channels), -128),
            np.full((1, channels), 127),
            np.where(np.arange(channels) == 0, 127, -128)[None],
            np.where(np.arange(channels) == 0, -128, 127)[None],
        ]
    ).astype(np.int8)


def _distances(rows: np.ndarray) -> np.ndarray:
    wide = rows.astype(np.int64)
    return wide.max(axis=1, keepdims=True) - wide


def _real(rows: np.ndarray, scale: float) -> np.ndarray:
    exponentials = np.exp(-_distances(rows) * np.float64(np.float32(scale)))
    return exponentials / exponentials.sum(axis=1, keepdims=True) * 256


@pytest.mark.parametrize("beta", [1.0, 0.5])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("channels", [1, 2, 3, 10, 100, 1001])
def test_reciprocal_softmax_is_tensorflow_lite_micros(scale: float, beta: float, channels: int) -> None:
    """All rows but those whose exponentials sum up to 512 and more, at which its debug assertions abort."""
    from tests.support.tflite_oracle import run_micro

    file = FileBuilder()
    x = file.tensor("x", (1, channels), scale=scale, zero_point=0)
    y = file.tensor("y", (1, channels), scale=1 / 256, zero_point=-128)
    file.operator("SOFTMAX", [x], [y], "SoftmaxOptions", Beta=beta)
    rows = _rows(channels, seed=channels)
    rows = rows[np.exp(-_distances(rows) * np.float64(np.float32(scale)) * beta).sum(axis=1) < 511]
    expected = run_micro(file.finish([x], [y]), rows)
    exponentials = softmax_exponentials_tflite(float(np.float32(scale)), beta)
    found = softmax_normalize(exponentials[_distances(rows)], SoftmaxNormalization.RECIPROCAL)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("channels", [1, 2, 10, 512])
def test_both_softmaxes_are_close_to_the_real_one(scale: float, channels: int) -> None:
    rows = _rows(channels, seed=1)
    real = np.minimum(_real(rows, scale), 255) - 128
    single = softmax_exponentials_single(float(np.float32(scale)), 1.0)
    divided = softmax_normalize(single[_distances(rows)], SoftmaxNormalization.DIVIDE)
    assert np.abs(divided - real).max() <= 0.51
    double = softmax_exponentials_tflite(float(np.float32(scale)), 1.0)
    reciprocal = softmax_normalize(double[_distances(rows)], SoftmaxNormalization.RECIPROCAL)
    assert np.abs(reciprocal - real).max() <= 1


@pytest.mark.parametrize("scale", SCALES)
def test_exponentials_are_close_to_the_real_ones_and_fall(scale: float) -> None:
    """Distances past TensorFlow Lite's radius have exponential 0, which is at most exp(-31) away."""
    real = np.exp(-np.arange(256) * np.float64(np.float32(scale)))
    double = softmax_exponentials_tflite(float(np.float32(scale)), 1.0)
    single = softmax_exponentials_single(float(np.float32(scale)), 1.0)
    assert double[0] == (1 << 31) - 1
    assert single[0] == 1 << 20
    assert np.all(np.diff(double) <= 0)
    assert np.all(np.diff(single) <= 0)
    assert np.abs(double / 2.0**31 - real).max() < 2.0**-21
    assert np.abs(single / 2.0**20 - real).max() <= 2.0**-21


def test_reciprocal_softmax_of_a_long_flat_row_goes_on_past_the_shift_of_31() -> None:
    """From a sum of 512 on, the last shift is by 32 and more: what remains of a probability below 1/512 is 0."""
    exponentials = np.full((1, 600), (1 << 31) - 1)
    assert np.all(softmax_normalize(exponentials, SoftmaxNormalization.RECIPROCAL) == -128)
    exponentials = np.full((1, 510), (1 << 31) - 1)
    assert np.all(softmax_normalize(exponentials, SoftmaxNormalization.RECIPROCAL) == -127)


def test_divided_softmax_of_the_largest_row_fits_int32() -> None:
    largest = softmax_exponentials_single(1e-3, 1.0).max()
    assert int(largest) * 2047 < 1 << 31


def test_exponentials_refuse_a_scale_too_small_for_tensorflow_lites_fixed_point() -> None:
    with pytest.raises(ValueError, match="too small"):
        softmax_exponentials_tflite(2.0**-30, 1.0)
