"""Cameras before small nets, of which fit_camera.py counts what a frame takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np

from mcugen.camera import Camera
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph, Normalization
from mcugen.plan.camera_work import USUAL_RATIOS
from mcugen.plan.plan import Plan
from mcugen.reference.pixels import offset_normalization
from mcugen.targets import Target
from tests.support.random_graphs import Block, build

_SAME = (1, 1, 1, 1)
_NETS = (
    Block("conv", (3, 3), (2, 2), _SAME, channels=4, clamp="relu", zero_point=-128, option=1),
    Block("depthwise", (3, 3), padding=_SAME, clamp="relu", zero_point=-128, option=1),
)
"""The second reads rows channel by channel."""
_FORMATS = ("gray", "rgb565le", "rgb565be", "rgb888", "yuyv", "bayer-bggr")
_WIDTHS = (96, 64, 48, 80, 112, 144, 128, 160)
_SIDES = (32, 48, 80, 96, 112, 128)
_WIDE = (160, 224)
"""Widths of images, by which columns between two are divided. Sums of wide ones have four bytes."""
_MIXED = (
    *((5, 2, 2, 1), (15, 8, 3, 1), (15, 4, 2, 1), (11, 3, 11, 3), (7, 1, 7, 1)),
    *((5, 4, 150, 7), (15, 2, 60, 7), (8, 1, 40, 1)),
)
"""Ratios across and down that are not usual, for what turns have in common."""
_IN_PARTS = ((60, 7, 60, 7), (20, 3, 20, 3), (18, 5, 2, 1), (17, 1, 17, 1), (17, 4, 40, 7))
_SENSORS = ((160, 120), (176, 144), (320, 240), (640, 480), (96, 96), (128, 128))
_IMAGES = (32, 48, 64, 96, 128, 160, 192, 224)


@dataclass(frozen=True, eq=False)
class Case:
    """A camera before a net, and the library's number in the program. whole: whether the net runs too; else there is
    the camera path alone."""

    number: int
    plan: Plan
    camera: Camera
    whole: bool


def made_cases() -> Iterator[Case]:
    """Cameras of all formats, ways to resize and ratios, with frames of a few rows: the same C for all cores."""
    rng, number = np.random.default_rng(1), 0
    for name in _FORMATS:
        for channels in (1, 3):
            # Sums are the same whatever the net takes, and so is what becomes of sums of alike formats.
            usual = channels == (1 if name == "gray" else 3) or name == "yuyv"
            stored = name in ("gray", "rgb565be", "rgb888")
            ratios: list[tuple[str, tuple[int, int, int, int], int]] = [
                ("area", (*ratio, *ratio), 0) for ratio in (USUAL_RATIOS if usual or stored else USUAL_RATIOS[::7])
            ]
            ratios += [("area", (*ratio, 3, 2), 0) for ratio in USUAL_RATIOS if usual and ratio[1] == 1]
            ratios += [("area", each, 0) for each in (_MIXED if usual else _MIXED[::4])]
            ratios += [("area", each, 0) for each in (_IN_PARTS if usual else _IN_PARTS[::4])]
            for resize in ("nearest", "bilinear"):
                for width in _SIDES if usual else _SIDES[::2]:
                    p, q = USUAL_RATIOS[rng.integers(len(USUAL_RATIOS))]
                    ratios.append((resize, (p, q, p, q), width))
                ratios += [(resize, (1, 1, 1, 1), 48), (resize, (1, 2, 1, 1), 48)][: 1 + usual]
            for resize, ratio, width in ratios:
                yield _case(number, name, channels, resize, ratio, width, rng)
                number += 1
    for name, channels, width, resize in product(_FORMATS, (1, 3), _WIDE, ("nearest", "bilinear")):
        if channels == (1 if name == "gray" else 3) or name == "yuyv":
            yield _case(number, name, channels, resize, (5, 2, 5, 2), width, rng)
            number += 1


def _case(
    number: int,
    name: str,
    channels: int,
    resize: str,
    ratio: tuple[int, int, int, int],
    width: int,
    rng: np.random.Generator,
) -> Case:
    across, of_across, down, of_down = ratio
    cell = 2 if name.startswith("bayer") else 1
    width = width or next((each for each in _WIDTHS if each % (2 * of_across) == 0), 28 * of_across)
    height = of_down * max(1, 4 // of_down)
    # Of resizes that look at some pixels, the ratio need not come out even.
    used = (width * across // of_across // 2 * 2 * cell, height * down // of_down * cell)
    beside = [int(n) for n in 2 * rng.integers(0, 4, 2)]
    planar, drawn = rng.random() < 0.25, int(rng.integers(4))
    mirror, turned = bool(rng.random() < 0.25), bool(rng.random() < 0.1)
    output = (width, height) if turned else (height, width)
    plan = _plan((*output, channels), bool(planar), turned)
    camera = Camera(
        name,
        used[0] + beside[0],
        used[1] + beside[1],
        (*output, channels),
        (beside[0] // 4 * 2, beside[1] // 4 * 2, *used),
        resize,
        mirror=mirror,
        rotate=90 * turned,
    )
    graph = replace(plan.graph, pixels=_normalization(plan.graph, drawn), camera=camera)
    return Case(number, replace(plan, graph=graph), camera, False)


@cache
def _plan(shape: tuple[int, int, int], planar: bool, resident: bool) -> Plan:
    graph = build(shape, -1, Rounding.DOUBLE, [_NETS[planar]], None, seed=3)
    return compile_model(graph, target="cortex-m4", fold_constants=False, resident_image=resident).plan


def _normalization(graph: Graph, drawn: int) -> Normalization | None:
    """Most often pixels are input values, but for a sign."""
    if drawn < 2:
        return offset_normalization(graph)
    channels = graph.input_tensor.channels if drawn == 3 else 1
    return Normalization(tuple(0.1 + 0.2 * c for c in range(channels)), (1.5,), False)


def usual_cases(target: Target, seed: int) -> Iterator[Case]:
    """Cameras as they are used: whole frames of sensors, all formats and ways to resize, nets of usual sizes. seed: by
    which sensors, sizes and the rest are drawn."""
    rng, number = np.random.default_rng(seed), 0
    formats = (*_FORMATS, "uyvy", "bgr888", "bayer-grbg")
    for resize in ("area", "nearest", "bilinear"):
        for name in formats if resize != "area" else formats * 2:
            width, height = _SENSORS[rng.integers(len(_SENSORS))]
            sizes = [size for size in _IMAGES if size <= height // (2 if name.startswith("bayer") else 1)]
            side, channels = sizes[rng.integers(len(sizes))], int(rng.choice((1, 3)))
            camera = Camera(name, width, height, (side, side, channels), resize=resize, mirror=bool(rng.random() < 0.2))
            blocks = [_NETS[0], Block("global_average", zero_point=-128, option=1)]
            graph = build((side, side, channels), -1, Rounding.DOUBLE, blocks, None, seed=3)
            graph = replace(graph, pixels=_normalization(graph, int(rng.integers(4))))
            compiled = compile_model(graph, target=target, camera=camera, fold_constants=False)
            yield Case(number, compiled.plan, camera, True)
            number += 1
