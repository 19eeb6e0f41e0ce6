"""Sums that lie far from 0, of the DSP matrix kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Requantization, Rounding, requantize
from mcugen.kernels.dsp.far_sums import find_far_sum
from mcugen.kernels.dsp.select import DspKernel
from tests.conftest import MODELS


def requantization(multiplier: int, right: int, zero_point: int) -> Requantization:
    return Requantization(np.array([multiplier]), np.array([-right]), Rounding.DOUBLE, zero_point, -128, 127)


@given(
    st.integers(1 << 30, (1 << 31) - 1),
    st.integers(8, 28),
    st.integers(-128, 127),
    st.integers(-(1 << 25), 1 << 25),
    st.integers(0, 1 << 17),
)
def test_what_is_found_is_equal_everywhere(multiplier: int, right: int, zero_point: int, low: int, reach: int) -> None:
    given_one = requantization(multiplier, right, zero_point)
    found = find_far_sum(given_one, 0, low, low + reach)
    if found is not None:
        accumulators = np.arange(low, low + reach + 1)[:, None]
        outputs = np.clip(found.apply(accumulators), -128, 127)
        assert np.array_equal(outputs, requantize(accumulators, given_one))
        assert -(1 << 31) <= found.addend < (1 << 31) - (1 << 25)


@pytest.mark.parametrize(
    ("low", "high"), [(-25_889_694, -23_897_616), (9_000_000, 11_000_000), (-8_400_000, -8_400_000)]
)
def test_few_steps_are_found(low: int, high: int) -> None:
    assert find_far_sum(requantization(1_116_484_871, 23, -1), 0, low, high) is not None


@pytest.mark.needs("shared-models")
def test_a_channel_of_another_scale_sends_no_layer_to_portable_code() -> None:
    compiled = compile_model(MODELS / "mnv2_a035_r96_rgb_c2.tflite", target="cortex-m4")
    linear = [planned for planned in compiled.plan.stages if planned.stage.index in (32, 43)]
    assert all(isinstance(planned.kernel, DspKernel) for planned in linear)
    assert {planned.kernel.form(planned.stage.last, None, columns=False) for planned in linear} == {"signed"}
