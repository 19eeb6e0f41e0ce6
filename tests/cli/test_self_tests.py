"""--vectors of generate, new and flash: inputs of the user's own in the generated self-test."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.firmware.footprint import footprint
from mcugen.simulate.host import STRICT_FLAGS
from mcugen.targets.boards import find_board
from mcugen.validation.given import load_given
from tests.cli.test_generate import SELF_TEST
from tests.support.command import Outcome, mcugen
from tests.support.needs import module
from tests.support.tflite_builder import NetworkBuilder

SHAPE = (9, 8, 3)
_SIZE = 9 * 8 * 3 + 4
"""Bytes of an input and the scores of it."""


def pixels(count: int) -> np.ndarray:
    """uint8 [count, *SHAPE]."""
    return np.random.default_rng(5).integers(0, 256, (count, *SHAPE), np.uint8)


def generate(model: Path, out: Path, *options: object) -> Outcome:
    """mcugen generate with a library named small."""
    return mcugen("generate", model, "-o", out, "--name", "small", "--pixels", "offset", *options)


def images_in(directory: Path) -> list[list[int]]:
    """The values of each image of the generated C file."""
    text = (directory / "small_test_vectors.c").read_text()
    found = re.findall(r"_image\[SMALL_IMAGE_BYTES\] = \{(.*?)\};", text, re.DOTALL)
    return [list(map(int, re.findall(r"-?\d+", values))) for values in found]


def test_pixels_are_what_the_u8_function_makes_of_them(tflite_model: Path, onnx_model: Path, tmp_path: Path) -> None:
    for model in (tflite_model, onnx_model):
        shape = compile_model(model).imported.input_tensor.shape
        given = np.zeros((6, *shape), np.uint8) + np.arange(6, dtype=np.uint8)[:, None, None, None]
        np.save(tmp_path / "mine.npy", given)
        outcome = generate(model, tmp_path / model.suffix, "--vectors", tmp_path / "mine.npy")
        assert outcome.code == 0
        expected = [(image.astype(int) - 128).ravel().tolist() for image in given[:4]]
        assert images_in(tmp_path / model.suffix) == expected
        assert "self-test: 4 of 6 inputs of mine.npy, " in outcome.stdout


def test_the_self_test_passes_and_says_its_bytes(tflite_model: Path, tmp_path: Path) -> None:
    values = (pixels(3).astype(np.int16) - 128).astype(np.int8)
    np.savez(tmp_path / "mine.npz", inputs=values)
    directory = tmp_path / "small"
    view = generate(tflite_model, directory, "--vectors", tmp_path / "mine.npz", "--json").json
    assert (view["self_tests"], view["self_test_bytes"]) == (3, 3 * _SIZE)
    assert images_in(directory) == [value.ravel().tolist() for value in values]
    for file in ("small_test_vectors.h", "README.md"):
        assert f"{3 * _SIZE} bytes of flash" in (directory / file).read_text()
    (tmp_path / "main.c").write_text(SELF_TEST.replace("strcmp(SMALL_MCUGEN_VERSION, MCUGEN_VERSION) != 0", "0"))
    sources = sorted(str(path) for path in directory.glob("*.c"))
    program = str(tmp_path / "a.out")
    subprocess.run(
        ["cc", *STRICT_FLAGS, f"-I{directory}", *sources, str(tmp_path / "main.c"), "-o", program], check=True
    )
    subprocess.run([program], check=True)


def test_images(tflite_model: Path, tmp_path: Path) -> None:
    image = module("PIL.Image")
    folder = tmp_path / "photos"
    for place in ("b/2.png", "a/1.png", "__MACOSX/0.png", "c/3.png"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        image.new("RGB", (8, 9), (int(place[-5]), 100, 200)).save(folder / place)
    outcome = generate(tflite_model, tmp_path / "out", "--vectors", folder, "--self-tests", 2)
    assert "self-test: 2 of 3 inputs of photos, " in outcome.stdout
    assert [values[:3] for values in images_in(tmp_path / "out")] == [[1 - 128, -28, 72], [2 - 128, -28, 72]]
    outcome = generate(tflite_model, tmp_path / "out", "--vectors", folder / "c" / "3.png")
    assert [values[:3] for values in images_in(tmp_path / "out")] == [[3 - 128, -28, 72]]
    (folder / "a" / "1.png").write_bytes(b"no image")
    assert f"{folder / 'a' / '1.png'}: " in generate(tflite_model, tmp_path / "out", "--vectors", folder).error


def test_outputs_that_differ_from_the_reference_are_told(tflite_model: Path, tmp_path: Path) -> None:
    values = np.zeros((2, *SHAPE), np.int8)
    outputs = compile_model(tflite_model).predict(values)
    assert isinstance(outputs, np.ndarray)
    np.savez(tmp_path / "mine.npz", inputs=values, outputs=outputs)
    assert "mine.npz" not in generate(tflite_model, tmp_path / "a", "--vectors", tmp_path / "mine.npz").stderr
    outputs[0, 0] ^= 1
    np.savez(tmp_path / "mine.npz", inputs=values, outputs=outputs)
    outcome = generate(tflite_model, tmp_path / "b", "--vectors", tmp_path / "mine.npz")
    assert outcome.code == 0
    assert f"warning: {tmp_path / 'mine.npz'}: its outputs are up to 1 LSB from the reference's" in outcome.stderr
    assert images_in(tmp_path / "a") == images_in(tmp_path / "b")


def test_few_by_default(tflite_model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", pixels(300))
    graph = compile_model(tflite_model, pixels="offset").imported
    assert len(load_given(tmp_path / "mine.npy", graph).images) == 4
    assert len(load_given(tmp_path / "mine.npy", graph, 300).images) == 300


def _saved(values: np.ndarray | np.generic) -> Callable[[Path], None]:
    return lambda path: np.save(path, values)


def test_large_inputs_are_fewer_and_have_a_limit(tmp_path: Path) -> None:
    net = NetworkBuilder(seed=1, shape=(96, 96, 3))
    net.mean()
    (tmp_path / "large.tflite").write_bytes(net.finish())
    graph = compile_model(tmp_path / "large.tflite", pixels="offset").imported
    np.save(tmp_path / "mine.npy", np.zeros((5, 96, 96, 3), np.uint8))
    # 27,651 bytes each: three are more than 64 KiB.
    given = load_given(tmp_path / "mine.npy", graph)
    assert (len(given.images), given.of) == (2, 5)
    assert len(load_given(tmp_path / "mine.npy", graph, 3).images) == 3
    told = r"607 inputs with their outputs are 16,784,157 bytes \(at most 16 MiB are written\)"
    with pytest.raises(McugenError, match=told):
        load_given(tmp_path / "mine.npy", graph, 607)


_NEWAXIS = "(one image is numpy.save(path, images[numpy.newaxis]))"
_UNFIT: tuple[tuple[str, Callable[[Path], object], str], ...] = (
    ("absent.npy", lambda path: None, "no such file"),
    ("size.npy", _saved(np.zeros((9, 9, 7, 3), np.uint8)), "pixels are [9, 9, 7, 3], the model wants [N, 9, 8, 3]"),
    ("dtype.npy", _saved(np.zeros((2, *SHAPE), np.float32)), "is int8, not float32"),
    ("shape.npy", _saved(np.zeros((9, 9, 7, 3), np.int8)), "is [N, 9, 8, 3], not [9, 9, 7, 3]"),
    ("empty.npy", _saved(np.zeros((0, *SHAPE), np.int8)), "holds no inputs"),
    ("number.npy", _saved(np.int8(3)), "holds no inputs"),
    ("pixel.npy", _saved(np.uint8(3)), "holds no inputs"),
    ("number.npz", lambda path: np.savez(path, inputs=np.int8(3)), "holds no inputs"),
    ("pixel.npz", lambda path: np.savez(path, images=np.uint8(3)), "holds no inputs"),
    ("one.npy", _saved(np.zeros(SHAPE, np.int8)), _NEWAXIS),
    ("one_of_pixels.npy", _saved(np.zeros(SHAPE, np.uint8)), _NEWAXIS),
    ("objects.npy", lambda path: np.save(path, np.array([{}]), allow_pickle=True), "holds Python objects"),
    ("no_inputs.npz", lambda path: np.savez(path, other=np.zeros(3)), "holds no array 'inputs'"),
    ("cut_off.npy", lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "not a sound .npy file"),
)


@pytest.mark.parametrize(("name", "write", "told"), _UNFIT, ids=[name for name, *_ in _UNFIT])
def test_what_does_not_fit_is_one_line(
    tflite_model: Path, tmp_path: Path, name: str, write: Callable[[Path], object], told: str
) -> None:
    path = tmp_path / name
    write(path)
    outcome = generate(tflite_model, tmp_path / "out", "--vectors", path)
    assert outcome.code == 2
    assert outcome.error.startswith(f"mcugen: error: {path}: ")
    assert told in outcome.error
    assert not (tmp_path / "out").exists()


def test_numbers_that_cannot_be(tflite_model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", pixels(2))
    assert "name them with --vectors" in generate(tflite_model, tmp_path / "out", "--self-tests", 2).error
    outcome = generate(tflite_model, tmp_path / "out", "--vectors", tmp_path / "mine.npy", "--self-tests", 3)
    assert "2 inputs, fewer than --self-tests 3" in outcome.error


def test_warnings_of_projects_and_firmware(onnx_model: Path, tmp_path: Path) -> None:
    graph = compile_model(onnx_model).imported
    inputs = np.zeros((1, *graph.input_border.shape[1:]), np.float32)
    np.savez(tmp_path / "mine.npz", inputs=inputs, outputs=np.full((1, 4), 1e3, np.float32))
    own = ("--vectors", tmp_path / "mine.npz", "--board", "nucleo_f446re", "--pixels", "0..1")
    expected = generate(onnx_model, tmp_path / "lib", *own[:2], *own[4:], "--json").json["warnings"]
    assert [("mine.npz" in line, "by --pixels" in line) for line in expected] == [(False, True), (True, False)]
    firmware = ("flash", "--until", "generate", "--project", tmp_path / "firmware")
    for command in (("new", tmp_path / "app", "--model"), firmware):
        outcome = mcugen(*command, onnx_model, *own, "--json")
        assert (outcome.json["warnings"], outcome.stderr) == (expected, "")
    outcome = mcugen(*firmware, onnx_model, *own)
    assert outcome.stderr.splitlines() == [f"mcugen: warning: {line}" for line in expected]
    assert "self-test: 1 of 1 input of mine.npz, " in outcome.stdout


def test_a_project_and_a_firmware_have_them(tflite_model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", pixels(3))
    own = ("--vectors", tmp_path / "mine.npy", "--pixels", "offset")
    board = ("--board", "nucleo_f446re")
    view = mcugen("new", tmp_path / "app", "--model", tflite_model, *board, *own, "--json").json
    assert (view["self_tests"], view["self_test_bytes"]) == (3, 3 * _SIZE)
    assert len(images_in(tmp_path / "app" / "lib" / "small")) == 3
    firmware = ("--project", tmp_path / "firmware", "--until", "generate")
    view = mcugen("flash", tflite_model, *board, *own, *firmware, "--json").json
    assert (view["self_tests"], view["self_test_bytes"]) == (3, 3 * _SIZE)
    # One image and its scores more than without.
    needs = footprint(compile_model(tflite_model, target="cortex-m4", pixels="offset"), find_board("nucleo_f446re"))
    assert view["firmware_flash_bytes"] == needs.flash + _SIZE
