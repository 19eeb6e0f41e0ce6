"""Models that people have, each by its name: all bytes of all outputs, as TensorFlow Lite Micro computes them.

The uint8 one as TensorFlow Lite does: Micro has no kernels for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.validation import validate, validate_in_emulator
from mcugen.validation.vectors import load_vectors
from tests.support.needs import need

FIELD = Path(__file__).resolve().parents[2].parent / "shared" / "field"
EXACT = (
    "concat_r32_rgb",
    "crop_r48_gray",
    "dscnn_49x10",
    "fomo_r96_gray_c2",
    "google_mnv1_a025_r128_uint8",
    "fpn_bilinear_r32_rgb",
    "grouped_r32_rgb",
    "heads2_r64_rgb",
    "leaky_r32_gray",
    "mlperf_tiny_ad01",
    "mlperf_tiny_kws",
    "mlperf_tiny_resnet8",
    "openmv_fomo_face_96_rgb",
    "resnet8_r32_rgb",
    "swish_r32_gray",
    "v3_hs_r64_gray",
    "v3_relu_se_r48_gray",
)


@pytest.mark.needs("cc", "shared-models")
@pytest.mark.parametrize("name", EXACT)
def test_equals_tensorflow_lite_micro(name: str) -> None:
    path = FIELD / f"{name}.tflite"
    if not path.exists():
        need("shared-models")
    compiled = compile_model(path)
    vectors = load_vectors(FIELD / f"{name}.npz", compiled.imported)
    validation = validate(compiled, vectors.images[:1], vectors=vectors)
    assert validation.bit_exact
    assert validation.vectors is not None
    assert validation.vectors.exact


@pytest.mark.slow
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0plus"])
@pytest.mark.parametrize("name", EXACT)
def test_emulated_cores_compute_the_same(name: str, core: str) -> None:
    need("shared-models", core)
    compiled = compile_model(FIELD / f"{name}.tflite", target=core)
    vectors = load_vectors(FIELD / f"{name}.npz", compiled.imported)
    validation, _ = validate_in_emulator(compiled, vectors.images[:2])
    assert validation.mismatch is None
