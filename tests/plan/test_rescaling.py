"""Rescalings: equal to the model's over the whole reachable range, whatever limits a rescaling is given."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.fixedpoint import Requantization, Rounding, quantize_multipliers, requantize
from mcugen.passes.intervals import Interval
from mcugen.plan.rescaling import SCALE, find_rescaling


def requantization(scales: list[float]) -> Requantization:
    multipliers, shifts = quantize_multipliers(np.array(scales))
    return Requantization(multipliers, shifts, zero_point=-128, minimum=-128, maximum=127, rounding=Rounding.DOUBLE)


def outputs_at(wanted: Requantization, reachable: Interval, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Accumulators spread over the range, ends included, and the model's outputs."""
    steps = np.linspace(0, 1, count)[:, None]
    accumulators = np.rint(reachable.low + steps * (reachable.high - reachable.low)).astype(np.int64)
    return accumulators, requantize(accumulators, wanted)


REACHABLE = Interval(np.array([-60_000, -1_000, 0, 400_000]), np.array([90_000, 150_000, 0, 520_000]))
SCALES = [0.005, 0.0017, 0.01, 0.00002]


@pytest.mark.parametrize("shift", [None, 9])
@pytest.mark.parametrize("grain", [1, 16])
def test_a_rescaling_equals_the_model(shift: int | None, grain: int) -> None:
    wanted = requantization(SCALES)
    rescaling = find_rescaling(wanted, REACHABLE, shift=shift, grain=grain)
    if rescaling is None:
        # Small shifts and coarse multipliers leave too few bits for some channels.
        assert shift is not None or grain > 1
        return
    assert shift is None or rescaling.shift == shift
    assert np.all(rescaling.multiplier % grain == 0)
    assert not np.any(rescaling.base)
    accumulators, expected = outputs_at(wanted, REACHABLE)
    assert np.array_equal(rescaling.apply(accumulators, -128), expected)


def test_channels_get_a_base_where_offsets_are_too_large() -> None:
    wanted = requantization(SCALES)
    bias = np.array([0, 0, 0, 450_000])
    plain = find_rescaling(wanted, REACHABLE)
    assert plain is not None
    room = np.full(4, 1 << 27)
    assert abs(int(plain.offset[3]) + SCALE * int(bias[3])) >= room[3]
    rescaling = find_rescaling(wanted, REACHABLE, room=room, bias=bias)
    assert rescaling is not None
    assert np.all(np.abs(rescaling.offset + SCALE * bias) < room)
    assert rescaling.base[3] != 0
    accumulators, expected = outputs_at(wanted, REACHABLE)
    assert np.array_equal(rescaling.apply(accumulators, -128), expected)


def test_a_shift_that_scales_do_not_allow_is_refused() -> None:
    assert find_rescaling(requantization(SCALES), REACHABLE, shift=22) is None
