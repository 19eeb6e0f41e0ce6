"""Functions of one value: every entry of their tables is TensorFlow Lite Micro's, for scales drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend import load_model
from mcugen.ir import Lookup
from tests.support.tflite_builder import NetworkBuilder
from tests.support.tflite_oracle import run_micro

Quantization = tuple[float, int]
"""Scale and zero point."""

SCALES = st.floats(np.log2(1e-4), np.log2(4)).map(lambda exponent: float(np.float32(2.0**exponent)))
RATIOS = st.floats(-4, 4).map(lambda exponent: 2.0**exponent)
ZERO_POINTS = st.one_of(st.sampled_from([-128, 127, 0]), st.integers(-128, 127))
SOURCES = st.tuples(SCALES, ZERO_POINTS)
OUTPUTS = st.tuples(RATIOS, ZERO_POINTS)
EVERY_VALUE = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 16, 16)


def table(data: bytes, folder: Path) -> np.ndarray:
    """Of a model that is one such operator."""
    path = folder / "model.tflite"
    path.write_bytes(data)
    (op,) = load_model(path).operators
    assert isinstance(op, Lookup)
    return op.table


def check(
    kind: str,
    folder: Path,
    source: Quantization,
    output: Quantization,
    run: Callable[[bytes, np.ndarray], np.ndarray] = run_micro,
    **options: Any,
) -> None:
    net = NetworkBuilder(shape=(1, 16, 16), scale=source[0], zero_point=source[1])
    net.activate(kind, scale=output[0], zero_point=output[1], **options)
    data = net.finish()
    try:
        found = table(data, folder)
    except ModelFormatError:
        # The runtime refuses it as well.
        with pytest.raises(Exception, match=r".*"):
            run(data, EVERY_VALUE)
        assume(False)
    np.testing.assert_array_equal(found, run(data, EVERY_VALUE).ravel())


exact = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def scaled(source: Quantization, output: Quantization) -> Quantization:
    """output: a ratio of scales and a zero point."""
    return source[0] * output[0], output[1]


@given(source=SOURCES, output=OUTPUTS)
@exact
def test_hard_swish(source: Quantization, output: Quantization, tmp_path: Path) -> None:
    check("HARD_SWISH", tmp_path, source, scaled(source, output))


@given(source=SOURCES, output=OUTPUTS, alpha=st.floats(0, 2, width=32))
@exact
def test_leaky_relu(source: Quantization, output: Quantization, alpha: float, tmp_path: Path) -> None:
    check("LEAKY_RELU", tmp_path, source, scaled(source, output), Alpha=alpha)


@given(source=SOURCES, output=OUTPUTS)
@exact
def test_elu(source: Quantization, output: Quantization, tmp_path: Path) -> None:
    check("ELU", tmp_path, source, scaled(source, output))


@pytest.mark.needs("litert")
@pytest.mark.parametrize("approximate", [False, True])
@given(source=SOURCES, output=OUTPUTS)
@exact
def test_gelu(source: Quantization, output: Quantization, approximate: bool, tmp_path: Path) -> None:
    """Of TensorFlow Lite: Micro has no kernel for it."""
    from tests.support.litert_oracle import run_litert

    check("GELU", tmp_path, source, scaled(source, output), run=run_litert, Approximate=approximate)


@pytest.mark.needs("litert")
@pytest.mark.parametrize("kind", ["RELU_N1_TO_1", "RELU_0_TO_1"])
@given(source=SOURCES, output=OUTPUTS)
@exact
def test_relu_to_1(source: Quantization, output: Quantization, kind: str, tmp_path: Path) -> None:
    """Of TensorFlow Lite: Micro has no kernel for them."""
    from tests.support.litert_oracle import run_litert

    check(kind, tmp_path, source, scaled(source, output), run=run_litert)


@given(source=SOURCES)
@exact
def test_logistic(source: Quantization, tmp_path: Path) -> None:
    check("LOGISTIC", tmp_path, source, (1 / 256, -128))


@given(source=SOURCES)
@exact
def test_tanh(source: Quantization, tmp_path: Path) -> None:
    check("TANH", tmp_path, source, (1 / 128, 0))


@pytest.mark.parametrize(("kind", "wanted"), [("LOGISTIC", "1/256 and zero point -128"), ("TANH", "1/128 and zero")])
def test_the_output_of_a_sigmoid_is_that_of_the_converter(kind: str, wanted: str, tmp_path: Path) -> None:
    net = NetworkBuilder()
    net.activate(kind, scale=0.01, zero_point=3)
    with pytest.raises(UnsupportedModelError, match=f"scale {wanted}"):
        table(net.finish(), tmp_path)


@pytest.mark.parametrize(
    ("kind", "source", "output", "options"),
    [
        ("LEAKY_RELU", (0.1, 0), (0.1, 0), {"Alpha": -0.5}),
        ("LEAKY_RELU", (4.0, 0), (1e-8, 0), {"Alpha": 0.5}),
        ("HARD_SWISH", (1.0, 0), (1e-3, 0), {}),
        ("LOGISTIC", (1e-12, 0), (1 / 256, -128), {}),
    ],
)
def test_what_does_not_fit_is_refused(
    kind: str, source: Quantization, output: Quantization, options: dict[str, float], tmp_path: Path
) -> None:
    net = NetworkBuilder(scale=source[0], zero_point=source[1])
    net.activate(kind, *output, **options)
    with pytest.raises(ModelFormatError, match=rf"{kind} #0"):
        table(net.finish(), tmp_path)
