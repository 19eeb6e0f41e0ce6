"""A camera in the words of a command, and as files record it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.camera import ROTATIONS, CameraOptions
from mcugen.camera.options import parse_words
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.frontend.recorded_camera import KEY, with_recorded_camera
from mcugen.ir import Graph


@given(
    text=st.sampled_from(["rgb565be:320x240", "gray:8x8", " uyvy:40X30 "]),
    crop=st.sampled_from(["center", "all", "0,2,8,4", "0, 2, 8, 4"]),
    resize=st.sampled_from(["area", "nearest"]),
    rotate=st.sampled_from(ROTATIONS),
    mirror=st.booleans(),
)
def test_words_say_what_they_were_made_of(text: str, crop: str, resize: str, rotate: int, mirror: bool) -> None:
    options = CameraOptions(text, crop, resize, rotate, mirror)
    assert parse_words(options.words) == options
    made = options.of((2, 2, 1))
    again = CameraOptions.from_camera(made)
    assert again.of((2, 2, 1)) == made
    assert (again.words_for_code.removeprefix(again.words) == " --resident-image") is made.needs_frame


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--mirror",
        "--crop all",
        "--camera gray:8x8 --camera gray:8x8",
        "--camera gray:8x8 --rotate much",
        "--camera 'gray:8x8",
        "--camera gray:8x8 --pixels imagenet",
        "gray:8x8",
    ],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(McugenError):
        parse_words(text)


@pytest.fixture
def graph(tflite_model: str) -> Graph:
    return load_model(tflite_model)


def test_a_record_must_fit_the_net(graph: Graph) -> None:
    known = with_recorded_camera(graph, "--camera gray:40x30 --mirror", "net.pt2")
    assert known.trained_with == CameraOptions("gray:40x30", mirror=True)
    assert with_recorded_camera(graph, "", "net.pt2") is graph
    # It says what was, and nothing of the C code.
    assert compile_model(replace(known, pixels=None)).imported.camera is None
    for text in (
        "--camera gray:0x30",
        "--camera gray:40x30 --crop 1,1,90,9",
        "--camera gray:40x30 --rotate 45",
        "gray",
    ):
        with pytest.raises(McugenError, match=rf"net\.pt2: its {KEY}: "):
            with_recorded_camera(graph, text, "net.pt2")
