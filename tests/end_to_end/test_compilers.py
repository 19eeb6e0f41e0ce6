"""Nets that people know, and the smallest that a compiler once got wrong, under every compiler and level.

Each is built traced and as shipped. Layers are compared with the reference, outputs with TensorFlow Lite Micro's, too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled, compile_model
from mcugen.simulate.host import run_on_host
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import TARGETS, find_target
from mcugen.validation import load_vectors
from mcugen.validation.emulated import first_mismatch_by_checksum
from tests.end_to_end.comparison import differing_layer
from tests.support.compilers import HOST_COMPILERS, LEVELS

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
FAMOUS = {
    "visual_wake_words": "models/vww_96_int8",
    "resnet8": "field/mlperf_tiny_resnet8",
    "keyword_spotting": "field/mlperf_tiny_kws",
    "anomaly_detection": "field/mlperf_tiny_ad01",
    "mobilenet_v1": "models/mnv1_a025_r96_rgb_c10",
    "mobilenet_v2": "models/mnv2_a035_r96_rgb_c2",
    "ds_cnn": "field/dscnn_49x10",
    "person_detection": "models/person_detect",
}
SMALL = ("adddw_16", "addpool_4", "addpool_8", "avgdw_2", "dw_12x11", "maxdw_4", "paddw_8", "reludw_8")
CORES = [target.name for target in TARGETS if target.machine]
pytestmark = pytest.mark.needs("shared-models")
# Portable code, and the C code that stands beside the assembly of DSP kernels.
HOST_TARGETS = ("generic", "cortex-m4")

# Without the pragma of the generated file, GCC takes the level that it is given.
OWN_LEVEL = "-DNET_NO_OPTIMIZE_PRAGMA"


@cache
def compiled_for(file: str, target: str) -> tuple[Compiled, np.ndarray]:
    """The model for a target, and two images, int8 [2, H, W, C], that its vectors begin with.

    The reference's outputs were found equal to TensorFlow Lite Micro's.
    """
    path = SHARED / f"{file}.tflite"
    compiled = compile_model(path, target=target, name="net")
    vectors = load_vectors(path.with_suffix(".npz"), compiled.imported)
    images = vectors.images[:2]
    assert vectors.outputs is not None
    computed = reference.dequantize_outputs(compiled.imported, reference.run(compiled.imported, images))
    for found, given in zip(computed, vectors.outputs, strict=True):
        assert np.array_equal(found.reshape(-1), given[:2].reshape(-1))
    return compiled, images


def check_on_host(file: str, target: str, compiler: str, *flags: str) -> None:
    """Traced and shipped."""
    compiled, images = compiled_for(file, target)
    expected = reference.run(compiled.imported, images)
    for trace in (True, False):
        library = make_library(compiled.plan, "net", trace=trace)
        run = run_on_host(library, images, compiler=compiler, flags=flags)
        if trace:
            assert differing_layer(compiled.imported, images, run.layers, compiled.optimized) is None
        assert np.array_equal(run.outputs.reshape(expected.shape), expected), "traced" if trace else "shipped"


def check_on_core(file: str, core: str, *flags: str) -> None:
    """Traced and shipped."""
    compiled, images = compiled_for(file, core)
    images = images[:1]
    expected = reference.run(compiled.imported, images)
    for trace in (True, False):
        library = make_library(compiled.plan, "net", trace=trace)
        with EmulatedLibrary(library, find_target(core), flags) as program:
            run = program.run(images)
            if trace:
                layers = library.layers
                assert first_mismatch_by_checksum(compiled, images, layers, run.checksums, program.layer) is None
        assert np.array_equal(run.outputs.reshape(expected.shape), expected), "traced" if trace else "shipped"


@pytest.mark.needs("{compiler}")
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("compiler", HOST_COMPILERS[:2])
@pytest.mark.parametrize("name", SMALL)
def test_small_nets_on_the_host(name: str, compiler: str, level: str) -> None:
    check_on_host(f"field/small/{name}", "generic", compiler, level, OWN_LEVEL)


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", SMALL)
def test_small_nets_on_every_core(name: str, core: str) -> None:
    check_on_core(f"field/small/{name}", core, "-O2", OWN_LEVEL)


@pytest.mark.slow
@pytest.mark.needs("{compiler}")
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("compiler", HOST_COMPILERS[:2])
@pytest.mark.parametrize("name", FAMOUS)
def test_famous_nets_on_the_host(name: str, compiler: str, level: str) -> None:
    check_on_host(FAMOUS[name], "generic", compiler, level, OWN_LEVEL)


def _turns() -> list[object]:
    """Every net on every core, levels taking turns, so that each net and each core meets all of them."""
    pairs = ((i, name, j, core) for i, name in enumerate(FAMOUS) for j, core in enumerate(CORES))
    return [
        pytest.param(name, core, LEVELS[(i + j) % len(LEVELS)], id=f"{name}-{core}{LEVELS[(i + j) % len(LEVELS)]}")
        for i, name, j, core in pairs
    ]


@pytest.mark.needs("{core}")
@pytest.mark.slow
@pytest.mark.parametrize(("name", "core", "level"), _turns())
def test_famous_nets_on_every_core(name: str, core: str, level: str) -> None:
    check_on_core(FAMOUS[name], core, level, OWN_LEVEL)


@pytest.mark.needs("{compiler}")
@pytest.mark.exhaustive
@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize("compiler", HOST_COMPILERS)
@pytest.mark.parametrize("file", [*FAMOUS.values(), *(f"field/small/{name}" for name in SMALL)])
def test_every_net_under_every_compiler(file: str, compiler: str, target: str) -> None:
    for level in LEVELS:
        check_on_host(file, target, compiler, level)
        check_on_host(file, target, compiler, level, OWN_LEVEL)


@pytest.mark.needs("{core}")
@pytest.mark.exhaustive
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("file", [*FAMOUS.values(), *(f"field/small/{name}" for name in SMALL)])
def test_every_net_on_every_core_at_every_level(file: str, core: str) -> None:
    for level in LEVELS:
        check_on_core(file, core, level)
        check_on_core(file, core, level, OWN_LEVEL)
