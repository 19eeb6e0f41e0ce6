"""The public Python interface, and the images for proofs."""

from __future__ import annotations

import cProfile
import pstats
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mcugen
from mcugen import reference
from mcugen.analysis import analyze
from mcugen.diagnostics import McugenError
from mcugen.fixedpoint import Rounding
from mcugen.frontend import load_model
from mcugen.inputs import extreme_images, proof_images, random_images, random_words
from mcugen.ir import Tensor
from tests.support.graph_builder import Block
from tests.support.random_graphs import build
from tests.support.tflite_builder import NetworkBuilder

TENSOR = Tensor("x", (3, 4, 2), "int8", 0.1, -7)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    net = NetworkBuilder(shape=(5, 5, 2))
    net.convolution(3)
    net.mean()
    path = tmp_path_factory.mktemp("model") / "tiny.tflite"
    path.write_bytes(net.finish())
    return path


def test_importing_mcugen_is_cheap() -> None:
    program = "import sys, mcugen; print('numpy' in sys.modules, callable(mcugen.compile), 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_compile_a_file(model: Path, tmp_path: Path) -> None:
    compiled = mcugen.compile(model)
    assert isinstance(compiled, mcugen.Compiled)
    assert compiled.library.name == "tiny"
    assert compiled.model_file == "tiny.tflite"
    compiled.write(tmp_path / "out")
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == set(compiled.files())


def test_compile_a_path_given_as_text(model: Path) -> None:
    assert mcugen.compile(str(model), name="other").files().keys() >= {"other.c", "other.h", "other.json"}


def test_compile_a_graph(model: Path) -> None:
    compiled = mcugen.compile(load_model(model), target="host", fold_constants=False, trace=True)
    assert compiled.model_file == ""
    assert "fold_constant_channels" not in compiled.passes
    assert "tiny_trace(" in compiled.library.files["tiny.c"]


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = mcugen.nonsense
    with pytest.raises(McugenError, match="no such file"):
        mcugen.compile("absent.tflite")


def test_random_words_never_change() -> None:
    # The first outputs of SplitMix64 with seed 0, as published.
    assert [hex(word) for word in random_words(3, 0).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


def test_random_images() -> None:
    images = random_images(TENSOR, 40, 3)
    assert (images.shape, images.dtype) == ((40, 3, 4, 2), np.int8)
    assert images.min() < -120
    assert images.max() > 120
    assert abs(float(images.mean())) < 10
    assert not np.array_equal(images, random_images(TENSOR, 40, 4))
    assert np.array_equal(images[:5], random_images(TENSOR, 5, 3))


def test_extreme_images() -> None:
    images = extreme_images(TENSOR)
    assert images.dtype == np.int8
    assert set(images[0].reshape(-1).tolist()) == {-128, 127}
    assert [set(image.reshape(-1).tolist()) for image in images[1:4]] == [{-128}, {127}, {-7}]
    assert set(images[4].reshape(-1).tolist()) == {-128, 127}
    assert images[6].min() == images[7].min() == -128
    assert images[6].max() == images[7].max() == 127


@pytest.mark.parametrize("count", [0, 1, 3, 16, 30])
def test_proof_images(count: int) -> None:
    images = proof_images(TENSOR, count, 0)
    assert images.shape == (count, 3, 4, 2)
    assert images.dtype == np.int8


def calls(depth: int) -> int:
    """Calls of Python functions from a chain of that many convolutions to its files."""
    graph = build((3, 3, 2), 0, Rounding.DOUBLE, [Block("conv", channels=2, option=1)] * depth, seed=3)
    profile = cProfile.Profile()
    with profile:
        mcugen.compile(graph).files()
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_the_work_of_deep_nets_is_linear() -> None:
    calls(1)
    assert calls(200) < 2.1 * calls(100)


def test_what_people_see_of_a_compiled_model(model: Path) -> None:
    compiled = mcugen.compile(model, target="cortex-m4")
    costs = analyze(compiled)
    assert (compiled.ram_bytes, compiled.flash_bytes) == (costs.ram_bytes, costs.flash_bytes)
    assert costs.prediction is not None
    assert (compiled.instructions, compiled.cycles) == (costs.prediction.instructions, costs.prediction.cycles)
    assert repr(compiled) == (
        f"<Compiled tiny for cortex-m4: RAM {costs.ram_bytes:,} bytes, flash about {costs.flash_bytes:,} bytes>"
    )
    assert f"{compiled.cycles:,} cycles" in compiled._repr_html_()
    hostile = replace(compiled, imported=replace(compiled.imported, name="<script>"))
    assert "<script>" not in hostile._repr_html_()
    assert f"{compiled.instructions:,} instructions" in hostile._repr_html_()
    portable = mcugen.compile(model)
    assert (portable.instructions, portable.cycles) == (None, None)
    assert "not predicted" in portable._repr_html_()


@pytest.mark.parametrize("io", ["int8", "float32"])
def test_predictions_are_those_of_the_reference(tmp_path: Path, io: str) -> None:
    net = NetworkBuilder(shape=(5, 5, 3), scale=1 / 255, zero_point=-128, io=io)
    net.convolution(4)
    net.mean()
    (tmp_path / "net.tflite").write_bytes(net.finish())
    compiled = mcugen.compile(tmp_path / "net.tflite")
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 5, 3)).astype(np.uint8)
    graph = compiled.imported
    centred = (pixels.astype(np.int16) - 128).astype(np.int8)
    expected = reference.run(graph, centred).reshape(7, 4)
    found = compiled.predict(pixels, mean=(0.0,), std=(1.0,)) if io == "float32" else compiled.predict(pixels)
    assert found.dtype == io
    output = graph.output_tensor
    integers = np.rint(found / np.float32(output.scale)) + output.zero_point if io == "float32" else found
    assert np.array_equal(integers, expected)
    with pytest.raises(McugenError, match="channels"):
        compiled.predict(pixels[..., :1])


def test_completion_and_types() -> None:
    assert set(dir(mcugen)) >= {"Compiled", "compile", "__version__"}
    assert "version" not in dir(mcugen)
    assert (Path(mcugen.__file__).parent / "py.typed").is_file()
