"""Frames of the camera in NAME_test_vectors.h and .c, with the scores that the reference computes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen import reference
from mcugen.camera import Camera
from mcugen.camera.pattern import pattern
from mcugen.ir import Graph
from mcugen.reference.pixels import input_of_pixels

# Bytes of text that numbers of the .c file may take, and what one takes at most: " -128,".
_MOST_TEXT = 1 << 20
_TEXT_OF_A_NUMBER = 6
MOST_NUMBERS = _MOST_TEXT // _TEXT_OF_A_NUMBER
"""Of images with their scores, and again of scores of frames."""
_SEEDS = 4
_FORMS = {"fine": (1, 1), "coarse": (8, 16)}
"""Rows and bytes of a block: single pixels, which a shift by one changes, and patches, of which more is left once a
frame has become small."""


@dataclass(frozen=True, eq=False)
class TestFrame:
    """seed, rows, columns: of `pattern`. scores: int8 [H, W, C] of the output."""

    __test__ = False  # not a test case, whatever its name tells pytest

    name: str
    seed: int
    rows: int
    columns: int
    scores: np.ndarray


def make_test_frames(imported: Graph) -> tuple[TestFrame, ...]:
    """One of every form, of a few those whose scores are least at the ends of int8, where much of a frame could change
    unseen; none without a camera."""
    camera, found = imported.camera, []
    if camera is None:
        return ()
    for name, (rows, columns) in list(_FORMS.items())[: frames_kept(imported)]:
        tried = [_frame(imported, camera, name, seed, rows, columns) for seed in range(1, _SEEDS + 1)]
        found.append(min(tried, key=lambda frame: int(np.isin(frame.scores, (-128, 127)).sum())))
    return tuple(found)


def _frame(imported: Graph, camera: Camera, name: str, seed: int, rows: int, columns: int) -> TestFrame:
    pixels = camera(pattern(camera, seed, rows, columns))[None]
    scores = reference.run(imported, input_of_pixels(imported, pixels))[0]
    return TestFrame(name, seed, rows, columns, scores)


def frames_kept(imported: Graph) -> int:
    """How many the files hold: as many as have at most 1 MiB of text, 0 without a camera."""
    return 0 if imported.camera is None else min(len(_FORMS), MOST_NUMBERS // imported.output_tensor.size)
