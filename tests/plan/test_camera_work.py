"""What is predicted of a camera's frame: a part of the whole, of loops that were counted on every core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from mcugen.camera import Camera
from mcugen.compiler import Compiled, compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Normalization
from mcugen.plan import prediction
from mcugen.plan.camera_work import camera_parts
from mcugen.plan.constants import CAMERA_FOLDER, table_of
from mcugen.plan.features import outside_parts
from mcugen.plan.plan import Plan
from mcugen.plan.prediction import cost_of, predict, unmeasured_loops
from mcugen.reference.pixels import offset_normalization
from mcugen.targets import TARGETS
from tests.support.graph_builder import Block
from tests.support.random_graphs import build

CORES = sorted({target.costs for target in TARGETS} - {""})
FORMATS = ("gray", "rgb565le", "rgb565be", "rgb888", "bgr888", "yuyv", "uyvy", "bayer-rggb")
# Ratios across and down: usual ones, others, those that are not written out, sums of four bytes, enlarged.
WINDOWS = ((16, 16), (40, 40), (30, 60), (88, 88), (76, 76), (72, 120), (152, 600), (8, 12))
SIDE = 8


@cache
def _compiled(channels: int, kind: str, resident: bool) -> Compiled:
    graph = build((SIDE, SIDE, channels), -1, Rounding.DOUBLE, [Block(kind, (3, 3), channels=4)], None, seed=1)
    return compile_model(graph, target="cortex-m4", fold_constants=False, resident_image=resident)


def _behind(camera: Camera, pixels: int = 0, kind: str = "conv") -> Plan:
    """A plan whose net has the camera. pixels: which normalization."""
    channels = camera.output[2]
    plan = _compiled(channels, kind, camera.rotate != 0).plan
    of_channels = tuple(0.1 + 0.2 * c for c in range(channels))
    known = (offset_normalization(plan.graph), *(Normalization(mean, (1.5,), False) for mean in ((0.1,), of_channels)))
    return replace(plan, graph=replace(plan.graph, camera=camera, pixels=known[pixels]))


def _plans() -> Iterator[Plan]:
    for name, (width, height), channels in product(FORMATS, WINDOWS, (1, 3)):
        cell = 2 if name.startswith("bayer") else 1
        for resize, rotate, mirror in (("area", 0, False), ("nearest", 90, True), ("bilinear", 180, False)):
            crop = (0, 0, width * cell, height * cell)
            output = (SIDE, SIDE, channels)
            camera = Camera(name, width * cell, height * cell, output, crop, resize, rotate, mirror)
            for pixels, kind in ((0, "conv"), (1, "depthwise"), (2, "depthwise")):
                yield _behind(camera, pixels, kind)


def test_every_core_was_counted_with_every_camera() -> None:
    tables = {core: table_of(core, CAMERA_FOLDER) for core in CORES}
    for plan in _plans():
        for core, table in tables.items():
            assert table is not None, core
            for part in camera_parts(plan):
                assert unmeasured_loops(table.complete, part) == [], core
                assert cost_of(table.complete, part)[0] >= 0


def test_cores_with_a_cycle_model_have_cycles_of_cameras_too() -> None:
    for core in CORES:
        table, of_camera = table_of(core), table_of(core, CAMERA_FOLDER)
        assert table is not None
        assert of_camera is not None
        assert table.cycles == of_camera.cycles


def test_turns_of_qvga_to_96_pixels() -> None:
    """240 rows and columns become 96: of five rows the middle one has a part in two of the image's, as of columns."""
    camera = Camera("rgb565be", 320, 240, (96, 96, 3))
    (summed,) = (part for part in camera_parts(_behind(camera)) if part.function == "camera_sum")
    calls = 240 // 5 * 6
    assert summed.turns == {"call": calls, "turn of 5 to 2": calls * 48}


def test_a_ratio_that_is_not_usual_is_put_together() -> None:
    camera = Camera("gray", 11 * SIDE, 13 * SIDE, (SIDE, SIDE, 1), "all")
    (summed,) = (part for part in camera_parts(_behind(camera)) if part.function == "camera_sum")
    assert summed.turns["column"] == 13 * SIDE * 11 * SIDE == summed.turns["part"]
    assert summed.turns["weighted part"] == 0


@pytest.mark.parametrize("name", FORMATS)
def test_a_frame_is_a_part_of_the_whole(name: str) -> None:
    graph = build((32, 32, 3), -1, Rounding.DOUBLE, [Block("conv", (3, 3), channels=4)], None, seed=1)
    graph = replace(graph, pixels=offset_normalization(graph))
    plain, behind = (
        predict(compile_model(graph, target="cortex-m4", camera=camera).plan)
        for camera in (None, Camera(name, 160, 120, (32, 32, 3)))
    )
    assert plain is not None
    assert behind is not None
    assert plain.camera == (0, 0)
    assert plain.stages == behind.stages
    # Rows of an image are copied; of a frame they are made in place.
    assert behind.instructions < plain.instructions + behind.camera[0]
    assert behind.instructions > plain.instructions + behind.camera[0] * 0.9
    assert behind.camera[1] is not None
    assert behind.camera[1] > behind.camera[0] > 160 * 120


def test_a_core_without_a_table_of_cameras_predicts_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(prediction, "CAMERA_FOLDER", tmp_path)
    plan = _compiled(1, "conv", False).plan
    assert predict(plan) is not None
    assert predict(_behind(Camera("gray", 16, 16, (SIDE, SIDE, 1)))) is None


def test_rows_of_the_image_are_not_copied_behind_a_camera() -> None:
    camera = Camera("gray", 16, 16, (SIDE, SIDE, 1))
    control, *library = outside_parts(_behind(camera))
    assert control.turns["image row"] == 0
    copied = next(part.turns for part in library if part.kind == "memcpy")
    # The output.
    assert sum(count for loop, count in copied.items() if "call" in loop) == 1
