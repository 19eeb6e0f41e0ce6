"""Predicted against executed instructions of what a camera's frame takes more than an image."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcugen.camera import Camera
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.inputs import random_images
from mcugen.plan.prediction import predict
from mcugen.reference.pixels import offset_normalization
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target
from tests.support.graph_builder import Block
from tests.support.random_graphs import build

CORES = ("cortex-m0plus", "cortex-m4", "rv32imc")
TOLERANCE = {"area": 0.03, "bilinear": 0.03, "nearest": 0.1}
"""Nearest pixels take so little that what surrounds them has a share."""
CAMERAS = (
    # A usual ratio in words, one across and another down, one that is not written out.
    Camera("rgb565be", 320, 240, (96, 96, 3)),
    Camera("gray", 320, 240, (96, 96, 1), "all"),
    Camera("yuyv", 160, 120, (48, 48, 3), mirror=True),
    Camera("bayer-grbg", 320, 240, (64, 64, 3)),
    Camera("rgb888", 176, 144, (96, 96, 1), resize="bilinear"),
    Camera("rgb565le", 320, 240, (64, 64, 3), resize="nearest"),
)
_SAME = (1, 1, 1, 1)


@pytest.mark.slow
@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("camera", CAMERAS, ids=lambda each: f"{each.format}-{each.resize}")
def test_frames(camera: Camera, core: str) -> None:
    blocks = [Block("conv", (3, 3), (2, 2), _SAME, channels=4), Block("global_average")]
    graph = build(camera.output, -1, Rounding.DOUBLE, blocks, None, seed=1)
    graph = replace(graph, pixels=offset_normalization(graph))
    executed, predicted = [], []
    for each in (camera, None):
        compiled = compile_model(graph, target=core, camera=each, fold_constants=False)
        prediction = predict(compiled.plan)
        assert prediction is not None
        predicted.append(prediction.instructions)
        images = camera.frames(3)[2:] if each else random_images(compiled.imported.input_tensor, 1, 0)
        with EmulatedLibrary(compiled.library, find_target(core), frames=each is not None) as emulated:
            executed.append(emulated.run(images).instructions)
    error = (predicted[0] - predicted[1]) / (executed[0] - executed[1]) - 1
    assert abs(error) <= TOLERANCE[camera.resize], f"{predicted} for {executed}"
