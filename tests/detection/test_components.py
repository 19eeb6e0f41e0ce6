"""NAME_detect in C finds the same objects as the reference: on the host by two compilers, with sanitizers, emulated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcugen.codegen.detection import detection_files
from mcugen.detection import Detection, Detector, detect
from mcugen.simulate.detection import HostDetection, detect_on_emulator
from mcugen.targets import find_target
from tests.support.needs import need

# Height, width, channels of the map; height, width of the image; the least value.
SHAPES = [
    Detector(12, 12, 3, 96, 96, 0.5, 0),
    Detector(5, 7, 2, 41, 53, 0.75, 64),
    Detector(1, 9, 4, 9, 70, 0.25, -64),
    Detector(9, 1, 2, 72, 8, 0.5, 0),
    Detector(8, 8, 1, 64, 64, 1.0, 127),
    Detector(6, 300, 2, 48, 2400, 0.5, 0),
]
ROOMS = [0, 1, 3, 10_000]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str, bool], HostDetection]:
    """A program for a shape of SHAPES by number, compiler, and whether under sanitizers; compiled once."""

    @cache
    def made(shape: int, compiler: str, sanitize: bool) -> HostDetection:
        need(compiler)
        folder: Path = tmp_path_factory.mktemp("detect")
        files = detection_files("net", SHAPES[shape], by_rows=False)
        return HostDetection(files, "net", SHAPES[shape], folder, compiler=compiler, sanitize=sanitize)

    return made


def maps_of(detector: Detector) -> st.SearchStrategy[np.ndarray]:
    """Some maps, with values around the threshold and ties between scores."""
    near = [detector.least - 1, detector.least, min(detector.least + 1, 127), -128, 127]
    values = st.sampled_from([value for value in near if value >= -128])
    shape = (8, detector.height, detector.width, detector.channels)
    return arrays(np.int8, shape, elements=values, fill=values)


@pytest.mark.parametrize(("compiler", "sanitize"), [("gcc", False), ("clang", True)])
@pytest.mark.parametrize("shape", range(len(SHAPES)))
@settings(max_examples=12)
@given(st.data())
def test_c_finds_what_the_reference_finds(
    program: Callable[[int, str, bool], HostDetection], shape: int, compiler: str, sanitize: bool, data: st.DataObject
) -> None:
    detector = SHAPES[shape]
    maps = data.draw(maps_of(detector))
    room = data.draw(st.sampled_from(ROOMS))
    found = program(shape, compiler, sanitize).run(maps, room)
    assert found == [detect(values, detector)[:room] for values in maps]


@pytest.mark.parametrize("density", [0.05, 0.3, 0.5, 0.7, 1.0])
def test_random_maps(program: Callable[[int, str, bool], HostDetection], density: float) -> None:
    random = np.random.default_rng(7)
    for shape, detector in enumerate(SHAPES):
        size = (40, detector.height, detector.width, detector.channels)
        maps = np.where(random.random(size) < density, random.integers(detector.least, 128, size), -128)
        found = program(shape, "gcc", False).run(maps.astype(np.int8), 10_000)
        assert found == [detect(values, detector) for values in maps.astype(np.int8)]


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0plus"])
@pytest.mark.needs("{core}")
def test_emulated_cores_find_the_same(core: str) -> None:
    random = np.random.default_rng(3)
    detector = SHAPES[0]
    maps = random.integers(-128, 60, (12, 12, 12, 3)).astype(np.int8)
    files = detection_files("net", detector, by_rows=True)
    found, instructions = detect_on_emulator(files, "net", detector, find_target(core), maps, 8)
    assert found == [detect(values, detector)[:8] for values in maps]
    assert 0 < instructions < 100_000


def test_cells_that_touch_at_a_corner_are_one_object() -> None:
    detector = Detector(3, 4, 2, 24, 32, 0.5, 0)
    values = np.full((3, 4, 2), -128, np.int8)
    values[0, 0, 1], values[1, 1, 1], values[0, 3, 1] = 10, 90, 90
    values[2, 2, 0] = 127  # the background's
    assert detect(values, detector) == [
        Detection(1, 90, x=8, y=8, left=0, top=0, right=16, bottom=16, cells=2, first_cell=0),
        Detection(1, 90, x=28, y=4, left=24, top=0, right=32, bottom=8, cells=1, first_cell=3),
    ]


@given(arrays(np.int8, (7, 6, 3)), st.integers(0, 2))
@example(np.zeros((7, 6, 3), np.int8), 0)
def test_every_cell_is_of_one_object(values: np.ndarray, turn: int) -> None:
    """Turned maps have the same objects: nothing depends on the order of the cells."""
    found = detect(values, Detector(7, 6, 3, 56, 48, 0.5, 0))
    assert sum(each.cells for each in found) == (values[..., 1:] >= 0).sum()
    axes = (None, 0, 1)[turn]
    flipped = values if axes is None else np.flip(values, axes)
    other = detect(flipped, Detector(7, 6, 3, 56, 48, 0.5, 0))
    assert sorted((each.class_index, each.score, each.cells) for each in found) == sorted(
        (each.class_index, each.score, each.cells) for each in other
    )
