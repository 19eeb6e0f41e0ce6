"""What NAME_invoke_u8 makes of pixels: as images were prepared for the net, or it is not there at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen import reference
from mcugen.compiler import Compiled, compile_model
from mcugen.data import Normalization, prepare
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.ir import Graph
from mcugen.reference.pixels import (
    input_of_pixels,
    offset_normalization,
    parse_pixels,
    pixel_table,
    pixel_warning,
    takes_pixels,
)
from tests.codegen.building import Loaded, zoo
from tests.support.command import mcugen
from tests.support.tflite_builder import NetworkBuilder

# The input of a net that was calibrated with torchvision's mean and deviation.
IMAGENET = (0.0186, -14)


def model(directory: Path, channels: int = 3, io: str = "int8", side: int = 6) -> Path:
    made = NetworkBuilder(shape=(side, side, channels), scale=IMAGENET[0], zero_point=IMAGENET[1], io=io)
    made.convolution(4, kernel=(1, 1))
    made.mean()
    path = directory / "net.tflite"
    path.write_bytes(made.finish())
    return path


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return load_model(model(tmp_path))


def pixels_of(graph: Graph, count: int = 3) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, *graph.input_tensor.shape)).astype(np.uint8)


def test_nobody_said_what_pixels_are(tmp_path: Path, graph: Graph) -> None:
    """A net calibrated with ImageNet's mean and deviation once took pixel p as p - 128, silently."""
    compiled = compile_model(graph)
    assert not takes_pixels(graph)
    for file in ("net.h", "net.c"):
        code = compiled.library.files[file]
        assert "_u8(net_ctx" not in code
    assert "--pixels" in compiled.library.files["net.h"]
    assert "--pixels" in pixel_warning(graph)
    assert json.loads(compiled.files()["net.json"])["pixels"] is None
    with pytest.raises(McugenError, match="is not known"):
        pixel_table(graph)


def test_commands_refuse_pixels_of_which_nobody_knows(tmp_path: Path) -> None:
    path = model(tmp_path)
    np.save(tmp_path / "mine.npy", np.zeros((2, 6, 6, 3), np.uint8))
    for command in (
        ["new", tmp_path / "project", "--model", path, "--board", "native"],
        ["generate", path, "-o", tmp_path / "lib", "--vectors", tmp_path / "mine.npy"],
    ):
        refused = mcugen(*command)
        assert refused.code == 2
        assert "is not known" in refused.error
        assert "--pixels" in refused.error
        assert mcugen(*command, "--pixels", "imagenet").code == 0


@pytest.mark.parametrize("io", ["int8", "uint8", "float32"])
@pytest.mark.parametrize(
    "pixels", ["imagenet", "imagenet:bgr", "0.5/0.25", "0.1,0.2,0.3/0.5,0.6,0.7:bgr", "offset", "caffe"]
)
def test_c_does_what_the_preparation_of_images_does(tmp_path: Path, io: str, pixels: str) -> None:
    compiled = compile_model(model(tmp_path, io=io), pixels=pixels)
    graph, net = compiled.imported, Loaded(compiled.library, tmp_path / "c")
    assert graph.pixels is not None
    images = pixels_of(graph)
    stored = reference.quantize_input(graph, prepare(graph, images))
    assert np.array_equal(stored, input_of_pixels(graph, images))
    expected = reference.run(graph, stored).reshape(len(images), -1)
    context = np.zeros(compiled.library.context_bytes, np.uint8)
    for image, wanted in zip(images, expected, strict=True):
        scores = np.zeros(graph.output_tensor.size, np.uint8)
        assert net.call("invoke_u8", context, image, scores) == 0
        assert np.array_equal(scores.view(np.int8), wanted)
        # Whoever gives the input itself is not touched.
    for values, wanted in zip(stored, expected, strict=True):
        assert net.call("invoke", context, values, scores) == 0
        assert np.array_equal(scores.view(np.int8), wanted)


@pytest.mark.parametrize("name", ["depthwise_first", "separable"])
def test_planar_images_too(tmp_path: Path, name: str) -> None:
    channels = zoo(name).input_tensor.channels
    said = Normalization(tuple(0.1 * n for n in range(channels)), (2.0,))
    graph = replace(zoo(name), pixels=said)
    compiled = compile_model(graph, name="net")
    net, images = Loaded(compiled.library, tmp_path), pixels_of(graph)
    expected = reference.run(graph, input_of_pixels(graph, images)).reshape(len(images), -1)
    context = np.zeros(compiled.library.context_bytes, np.uint8)
    for image, wanted in zip(images, expected, strict=True):
        scores = np.zeros(graph.output_tensor.size, np.uint8)
        assert net.call("invoke_u8", context, image, scores) == 0
        assert np.array_equal(scores.view(np.int8), wanted)


NUMBERS = st.floats(0.01, 4)


@given(
    mean=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    deviation=st.lists(st.floats(0.01, 4), min_size=1, max_size=1)
    | st.lists(st.floats(0.01, 4), min_size=3, max_size=3),
    reverse=st.booleans(),
    scale=st.floats(1e-3, 2),
    zero_point=st.integers(-128, 127),
)
@settings(max_examples=60, deadline=None)
def test_the_table_is_the_preparation(
    mean: list[float], deviation: list[float], reverse: bool, scale: float, zero_point: int
) -> None:
    base = zoo("separable")
    tensor = replace(base.input_tensor, scale=scale, zero_point=zero_point)
    border = replace(base.input_border, scale=scale, zero_point=zero_point, dtype="float32")
    graph = replace(
        base,
        tensors={**base.tensors, base.input: tensor},
        input_border=border,
        pixels=Normalization(tuple(mean), tuple(deviation), reverse),
    )
    images = pixels_of(graph)
    assert np.array_equal(input_of_pixels(graph, images), reference.quantize_input(graph, prepare(graph, images)))


def test_offset_is_128_less(graph: Graph) -> None:
    assert (pixel_table(replace(graph, pixels=offset_normalization(graph))) == np.arange(-128, 128)).all()


def test_the_numbers_of_a_name_belong_to_colours(graph: Graph) -> None:
    assert parse_pixels("imagenet:bgr", graph).mean == parse_pixels("imagenet", graph).mean[::-1]
    assert parse_pixels("1,2,3/1:bgr", graph).mean == (1, 2, 3)
    assert parse_pixels("caffe", graph).reverse


@pytest.mark.parametrize(
    ("text", "channels"),
    [(text, 3) for text in ("", "half", "0.5", "0.5/0", "1,2/1", "nan/1", "1e30/1e-30", "1/1e-300", "0..1:grb")]
    + [("0..1:bgr", 1), ("imagenet", 1)],
)
def test_what_says_nothing_is_refused(tmp_path: Path, text: str, channels: int) -> None:
    with pytest.raises(McugenError):
        parse_pixels(text, load_model(model(tmp_path, channels)))


def test_the_manifest_says_it(tmp_path: Path) -> None:
    def said(compiled: Compiled) -> dict[str, object]:
        return json.loads(compiled.files()["net.json"])["pixels"]

    found = said(compile_model(model(tmp_path), pixels="imagenet:bgr"))
    assert found == {"mean": [0.406, 0.456, 0.485], "std": [0.225, 0.224, 0.229], "order": "bgr", "table": True}
    assert said(compile_model(model(tmp_path), pixels="offset"))["table"] is False


def test_an_input_that_was_quantized_for_others_is_warned_of(graph: Graph) -> None:
    assert pixel_warning(replace(graph, pixels=parse_pixels("imagenet", graph))) == ""
    for text in ("0..255", "0..1"):
        assert "by --pixels, but" in pixel_warning(replace(graph, pixels=parse_pixels(text, graph)))
