"""Files that a fuzzer made: each contradicts itself or goes past what is exact, and one line says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError

REFUSED: dict[str, tuple[type[McugenError], str]] = {
    "bias_int32_max.tflite": (UnsupportedModelError, r"CONV_2D #1\): its sums can reach 2,147,684,902, past 2\^31"),
    "depth_multiplier_contradicts.tflite": (ModelFormatError, r"DEPTHWISE_CONV_2D #2 .*depth multiplier is 2"),
    "left_shift_int64_wrap.tflite": (UnsupportedModelError, r"CONV_2D #1\): its sums can reach 265,.*, past 2\^30"),
    "mean_axis_out_of_range.tflite": (ModelFormatError, r"MEAN #6 .*axis 5 of 4 dimensions"),
    "quantize_output_scale_1e-10.tflite": (UnsupportedModelError, r"QUANTIZE #10 .*to 1e-10 .*past 2\^30"),
    "tall_65537x8.onnx": (UnsupportedModelError, r"the input has 65,537 rows; at most 65,535"),
    "tensor_index_minus_one.tflite": (ModelFormatError, r"damaged: its inputs name tensor -1"),
}


@pytest.mark.parametrize(("name", "error", "message"), [(name, *what) for name, what in REFUSED.items()])
def test_refused(name: str, error: type[McugenError], message: str, broken: Path) -> None:
    with pytest.raises(error, match=message) as caught:
        compile_model(broken / name)
    assert "\n" not in str(caught.value)


def test_all_files_are_decided(broken: Path) -> None:
    assert {path.name for path in broken.iterdir()} == set(REFUSED)
