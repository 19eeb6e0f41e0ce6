"""Models that were quantized on other images than they are given: each is named, and a sound one is not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.accuracy import explain, sample_of
from mcugen.accuracy.input_quality import InputSums
from mcugen.accuracy.twin import FloatLayer
from mcugen.compiler import compile_model
from mcugen.data import Dataset, Normalization
from mcugen.frontend import load_model
from mcugen.ir import Graph
from mcugen.reference.pixels import pixel_range, pixel_warning, pixels_are_usual, range_text
from tests.support.command import mcugen
from tests.support.tflite_builder import NetworkBuilder

SOUND, HALF, NOT_DIVIDED = (1 / 255, -128), (0.5 / 255, -128), (1.0, -128)


def net(directory: Path, scale: float, zero_point: int, io: str = "int8", channels: int = 1, side: int = 6) -> Path:
    made = NetworkBuilder(shape=(side, side, channels), scale=scale, zero_point=zero_point, io=io)
    made.convolution(4, kernel=(1, 1))
    made.mean()
    path = directory / "net.tflite"
    path.write_bytes(made.finish())
    return path


class Trained:
    """A twin that was trained on pixel / 255, and gives every image to class 0."""

    name = "trained.pt"
    trained_on: dict[str, Any] = {}  # noqa: RUF012
    normalization = Normalization()
    layers: tuple[FloatLayer, ...] = ()

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def run(self, images: np.ndarray, observed: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        self.given.append(images)
        return np.eye(4)[[0] * len(images)], {}


def photos(side: int = 6) -> Dataset:
    pixels = np.random.default_rng(0).integers(0, 256, (40, side, side, 1)).astype(np.uint8)
    pixels[0, 0, 0], pixels[0, 0, 1] = 0, 255
    return Dataset("photos", pixels, np.arange(40) % 4)


def quality(graph: Graph, normalization: Normalization | None = None, twin: Trained | None = None) -> Any:
    return explain(graph, sample_of(photos(), graph, None), twin, normalization).input


@pytest.mark.parametrize(
    ("scale", "zero_point", "usual"),
    [
        (1 / 255, -128, True),
        (0.98 / 255, -128, True),
        (1 / 127.5, 0, True),
        (1 / 128, -1, True),
        (1.0, -128, True),
        (*HALF, False),
        (0.0186, -14, False),
    ],
)
def test_usual_ranges(tmp_path: Path, scale: float, zero_point: int, usual: bool) -> None:
    graph = load_model(net(tmp_path, scale, zero_point))
    assert pixels_are_usual(graph) is usual
    assert bool(pixel_warning(graph)) is not usual
    assert pixel_range(graph) == pytest.approx((scale * (-128 - zero_point), scale * (127 - zero_point)))


def test_what_is_no_image_has_no_pixels(tmp_path: Path) -> None:
    assert pixels_are_usual(load_model(net(tmp_path, *HALF, channels=4)))
    assert pixels_are_usual(load_model(net(tmp_path, *HALF, side=1)))


def test_a_sound_model(tmp_path: Path) -> None:
    graph = load_model(net(tmp_path, *SOUND))
    found = quality(graph, twin=Trained())
    for ends in (found.range, found.pixels, found.observed):
        assert ends == pytest.approx((0, 1))
    assert found.float_pixels == (0, 1)
    assert (found.clipped, found.warnings) == (0, ())
    assert found.snr > 100  # pixel / 255 is exact but for the rounding of the scale


def test_half_the_brightness(tmp_path: Path) -> None:
    graph, twin = load_model(net(tmp_path, *HALF)), Trained()
    found = quality(graph, twin=twin)
    for ends in (found.range, found.pixels):
        assert ends == pytest.approx((0, 0.5))
    assert found.snr == pytest.approx(6.02, abs=0.01)
    assert [line for line in found.warnings if "p - 128 are the real numbers 0 to 0.5, not" in line]
    assert [line for line in found.warnings if "float is given 0 to 1" in line and "int8 0 to 0.5" in line]
    assert max(float(images.max()) for images in twin.given) == 1  # what it was trained on, not what int8 holds
    # Prepared as in training, half of the values lie beyond the input's range.
    prepared = quality(graph, Normalization())
    pixels = photos().images
    assert prepared.clipped == pytest.approx(float((pixels > 127).mean()))
    assert any("cut off" in line for line in prepared.warnings)
    # Where it is known how pixels are prepared, a board does the same.
    assert found.board is prepared.board is None
    known = quality(replace(graph, pixels=Normalization()))
    assert known.pixels == known.board == (0, 1)
    assert not any("on a board" in line for line in known.warnings)


def test_without_the_division_by_255(tmp_path: Path) -> None:
    found = quality(load_model(net(tmp_path, *NOT_DIVIDED)), twin=Trained())
    assert found.snr < -40
    assert [line for line in found.warnings if "float is given 0 to 1 for pixels 0 to 255, int8 0 to 255" in line]
    floats = quality(load_model(net(tmp_path, *NOT_DIVIDED, io="float32")))
    assert floats.pixels == (0, 1)
    assert any("0.4% of what the input holds, 0 to 255" in line for line in floats.warnings)


def test_images_that_are_no_pixels(tmp_path: Path) -> None:
    graph = load_model(net(tmp_path, *SOUND))
    sums = InputSums(graph, None, None)
    images = np.full((2, 6, 6, 1), 127, np.int8)
    images[0] = -128
    stored, real = sums.add(images)
    assert np.array_equal(stored, images)
    assert real.max() == pytest.approx(1)
    assert (sums.quality(images).pixels, sums.quality(images).warnings) == (None, ())


def test_zeros_around_smaller_images_are_no_pixels(tmp_path: Path) -> None:
    graph = load_model(net(tmp_path, *SOUND, side=8))
    found = explain(graph, sample_of(photos(), graph, None), None, Normalization((0.5,), (0.5,))).input
    assert found.pixels == (-1, 1)


@pytest.mark.parametrize(("scale", "usual"), [(SOUND[0], True), (HALF[0], False)])
def test_commands_warn(tmp_path: Path, scale: float, usual: bool) -> None:
    model, data = net(tmp_path, scale, -128), tmp_path / "data.npz"
    np.savez(data, images=photos().images, labels=photos().labels)
    for command in (
        ("generate", model, "-o", tmp_path / "out", "--force"),
        ("analyze", model),
        ("analyze", model, "--data", data),
        ("accuracy", model, "--data", data),
        ("report", model, "--no-boards", "-o", tmp_path / "page.html"),
    ):
        outcome = mcugen(*command)
        assert outcome.code == 0
        if usual:
            assert outcome.stderr == ""
            continue
        assert outcome.error.startswith(
            "mcugen: warning: pixels 0 to 255 as the input values p - 128 are the real numbers 0"
        )
        in_json = mcugen(*command, "--json")
        assert in_json.stderr == ""
        held = in_json.json["input"] if command[0] == "accuracy" else in_json.json
        assert [f"mcugen: warning: {line}" for line in held["warnings"]] == [outcome.error]
    assert ("Warning: pixels" in (tmp_path / "page.html").read_text()) is not usual
    assert "holds 0 to" in mcugen("analyze", model, "--data", data).stdout


@pytest.mark.parametrize("scale", [SOUND[0], HALF[0]])
def test_generated_files_say_what_pixels_become(tmp_path: Path, scale: float) -> None:
    files = compile_model(net(tmp_path, scale, -128)).files()
    readme, header = str(files["README.md"]), str(files["net.h"])
    became = range_text((0.0, 255 * scale))
    assert f"the real numbers {became}" in " ".join(readme.split())
    assert ("Pixels of a camera (0 to 255) go to" in readme) is (scale == SOUND[0])
    assert ("or give net_invoke what net_quantize makes" in header) is (scale != SOUND[0])
    assert (f"the real numbers {became}, not 0 to 1" in header) is (scale != SOUND[0])
