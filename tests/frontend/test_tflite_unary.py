"""Functions of one value: every entry of their tables is TensorFlow Lite Micro's, for scales drawn at random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend import load_model
from mcugen.ir import Lookup
from tests.support.tflite_builder import NetworkBuilder
from tests.support.tflite_oracle import run_micro

SCALES = st.floats(np.log2(1e-4), np.log2(4)).map(lambda exponent: float(np.float32(2.0**exponent)))
RATIOS = st.floats(-4, 4).map(lambda exponent: 2.0**exponent)
ZERO_POINTS = st.one_of(st.sampled_from([-128, 127, 0]), st.integers(-128, 127))
EVERY_VALUE = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 16, 16)


def table(data: bytes, folder: Path) -> np.ndarray:
    """Of a model that is one such operator."""
    path = folder / "model.tflite"
    path.write_bytes(data)
    (op,) = load_model(path).operators
    assert isinstance(op, Lookup)
    return op.table


def check(kind: str, folder: Path, source: tuple[float, int], output: tuple[float, int], **options: Any) -> None:
    """source, output: scale and zero point."""
    net = NetworkBuilder(shape=(1, 16, 16), scale=source[0], zero_point=source[1])
    net.activate(kind, scale=output[0], zero_point=output[1], **options)
    data = net.finish()
    try:
        found = table(data, folder)
    except ModelFormatError:
        # The runtime refuses it as well.
        with pytest.raises(Exception, match=r".*"):
            run_micro(data, EVERY_VALUE)
        assume(False)
    np.testing.assert_array_equal(found, run_micro(data, EVERY_VALUE).ravel())


exact = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(scale=SCALES, zero_point=ZERO_POINTS, ratio=RATIOS, output_zero_point=ZERO_POINTS)
@exact
def test_hard_swish(scale: float, zero_point: int, ratio: float, output_zero_point: int, tmp_path: Path) -> None:
    check("HARD_SWISH", tmp_path, (scale, zero_point), (scale * ratio, output_zero_point))
