"""Detectors of models: what they are made from, what is refused, and the commands that write and prove them."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.detection import detection_files, detector_bytes
from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.detection import Detector, detect, make_detector
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.inputs import proof_images
from mcugen.ir import Graph
from mcugen.simulate import detection as simulated
from tests.codegen.building import Loaded, compiler_or_skip, run
from tests.support.command import mcugen
from tests.support.small_net import small_network
from tests.support.tflite_builder import NetworkBuilder

ROW_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p)


def map_network(*, softmax: bool) -> bytes:
    """18 x 24 x 1 -> 9 x 12 cells of 3 classes."""
    net = NetworkBuilder(seed=4, shape=(18, 24, 1))
    net.convolution(8, stride=(2, 2), activation="RELU6")
    net.convolution(3, kernel=(1, 1))
    if softmax:
        net.softmax()
    return net.finish()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file of a net with a map of probabilities."""
    path = tmp_path / "cells.tflite"
    path.write_bytes(map_network(softmax=True))
    return path


def graph_of(data: bytes, tmp_path: Path) -> Graph:
    """The graph of a file with this content."""
    path = tmp_path / "net.tflite"
    path.write_bytes(data)
    return load_model(path)


def test_the_threshold_becomes_the_least_value_that_reaches_it(model: Path) -> None:
    made = make_detector(load_model(model), 0.5)
    assert (made.height, made.width, made.channels, made.image_height, made.image_width) == (9, 12, 3, 18, 24)
    assert (made.least, made.first_class, made.classes) == (0, 1, 2)
    assert make_detector(load_model(model), 0.501).least == 1


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(model: Path, threshold: float) -> None:
    with pytest.raises(McugenError, match="the threshold is"):
        make_detector(load_model(model), threshold)


def test_outputs_without_probabilities_or_cells_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="reaches the threshold 1"):
        make_detector(load_model(model), 1.0)  # the highest value is 255/256
    with pytest.raises(McugenError, match="no probabilities"):
        make_detector(graph_of(map_network(softmax=False), tmp_path), 0.5)
    with pytest.raises(McugenError, match="no map of classes"):
        make_detector(graph_of(small_network(softmax=True), tmp_path), 0.5)


@pytest.mark.parametrize("shape", [(18, 24), (12, 300), (600, 20), (250, 250)])
@pytest.mark.parametrize("classes", [1, 2, 5])
def test_bytes_of_the_detector_are_the_compilers(shape: tuple[int, int], classes: int, tmp_path: Path) -> None:
    detector = Detector(shape[0] // 2, shape[1] // 2, classes, *shape, 0.5, 0)
    for file, text in detection_files("net", detector, by_rows=True).items():
        (tmp_path / file).write_text(text)
    check = f"typedef char check[sizeof(net_detector) == {detector_bytes(detector)} ? 1 : -1];\n"
    (tmp_path / "check.c").write_text('#include "net_detect.h"\n' + check)
    run([compiler_or_skip("arm-none-eabi-gcc"), "-std=c99", "-fsyntax-only", "check.c"], tmp_path)


@pytest.mark.parametrize("output_rows", [False, True])
def test_the_readme_finds_objects(output_rows: bool, model: Path, tmp_path: Path) -> None:
    files = compile_model(load_model(model), name="net", output_rows=output_rows, detect=0.5).files()
    for file, content in files.items():
        if file.endswith((".c", ".h")) and "/" not in file:
            (tmp_path / file).write_text(str(content))
    example = str(files["README.md"]).split("```c\n")[1].split("```")[0]
    (tmp_path / "example.c").write_text(example)
    run([compiler_or_skip("gcc"), "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "example.c"], tmp_path)
    assert "net_detect" in example


def test_generate_writes_it_and_the_manifest_says_so(model: Path, tmp_path: Path) -> None:
    outcome = mcugen("generate", model, "-o", tmp_path / "lib", "--detect", "0.7", "--json")
    assert outcome.code == 0, outcome.stderr
    assert {"cells_detect.c", "cells_detect.h"} <= set(outcome.json["files"])
    assert '"detect_threshold": 0.7' in (tmp_path / "lib/cells.json").read_text()
    refused = mcugen("generate", model, "-o", tmp_path / "other", "--detect", "7")
    assert refused.code != 0
    assert "the threshold is 7" in refused.error
    assert not (tmp_path / "other").exists()


@pytest.mark.needs("gcc")
def test_validate_compares_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = mcugen("validate", model, "--detect", "0.4", "--cases", "4", "--json")
    assert outcome.code == 0, outcome.stderr
    found = outcome.json["detection"]
    assert found["exact"]
    assert found["maps"] > 4
    assert found["objects"] > 0
    assert found["instructions"] is None

    written = simulated._write
    monkeypatch.setattr(simulated, "_write", lambda *given, **named: written(_broken(given[0]), *given[1:], **named))
    outcome = mcugen("validate", model, "--detect", "0.4", "--cases", "4", "--json")
    assert outcome.code == 1
    assert not outcome.json["detection"]["exact"]
    assert outcome.json["bit_exact"]


def _broken(files: dict[str, str]) -> dict[str, str]:
    """With cells joined to one neighbour fewer."""
    return {file: text.replace("above_left = above;", "above_left = 0;") for file, text in files.items()}


@pytest.mark.needs("gcc")
def test_rows_of_the_output_go_straight_into_it(model: Path, tmp_path: Path) -> None:
    """NAME_detect_row is a function for --output-rows: no map is held anywhere."""
    compiled = compile_model(model, name="net", output_rows=True, detect=0.4)
    net = Loaded(compiled.library, tmp_path)
    images = proof_images(compiled.imported.input_tensor, 6, 1)
    detector = make_detector(compiled.imported, 0.4)
    function = ROW_FUNCTION(("net_detect_row", net.dll))
    context = np.zeros(compiled.library.context_bytes_at(8), np.uint8)
    state, found = np.zeros(4096, np.uint8), np.zeros((200, 18), np.uint8)
    pointers = [ctypes.c_void_p(each.ctypes.data) for each in (context, state, found)]
    seen = 0
    for image in images:
        net.dll.net_detect_begin(pointers[1], pointers[2], 200)
        assert net.dll.net_invoke(pointers[0], ctypes.c_void_p(image.ctypes.data), function, pointers[1]) == 0
        count = net.dll.net_detect_end(pointers[1])
        (values,) = reference.run(compiled.imported, image[None])
        expected = detect(values, detector)
        assert count == len(expected)
        assert found[:count, 16].tolist() == [each.class_index for each in expected]
        assert found[:count].view("<u2")[:, 0].tolist() == [each.x for each in expected]
        seen += count
    assert seen > 0


def test_python_finds_the_same(model: Path) -> None:
    compiled = compile_model(model, detect=0.4)
    assert isinstance(compiled.library, Library)
    pixels = np.random.default_rng(2).integers(0, 256, (3, 18, 24), np.uint8)
    found = compiled.detect(pixels)
    assert len(found) == 3
    assert sum(map(len, found)) > 0
    assert compiled.detect(pixels, 0.9) != found
    assert compile_model(model).detect(pixels, 0.4) == found
