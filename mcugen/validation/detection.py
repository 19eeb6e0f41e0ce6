"""NAME_detect against the reference: on the maps that the model makes of images, and on random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen import reference
from mcugen.compiler import Compiled
from mcugen.detection import Detector, detect
from mcugen.schemas.validation import DetectionComparison
from mcugen.simulate.detection import detect_on_emulator, detect_on_host

_RANDOM_MAPS = 64
_DENSITIES = (0.02, 0.1, 0.3, 0.6)


def validate_detection(
    compiled: Compiled,
    images: np.ndarray,
    *,
    on_core: bool = False,
    compiler: str = "cc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
    seed: int = 0,
) -> DetectionComparison:
    """Whether the C finds what the reference finds in the outputs for images, int8 [N, H, W, C], and in random maps.

    compiled: with a detector. on_core: on the target's emulated core, else on the host by `compiler`. Raises
    CompileError or RunError.
    """
    detector, library = compiled.library.detector, compiled.library
    assert detector is not None
    shape = (-1, detector.height, detector.width, detector.channels)
    own = reference.run(compiled.imported, images).astype(np.int8).reshape(shape)
    maps = np.concatenate([own, _random_maps(detector, seed)])
    expected = [detect(values, detector) for values in maps]
    room = max(map(len, expected)) + 1
    instructions = None
    if on_core:
        found, instructions = detect_on_emulator(
            library.files, library.name, detector, compiled.plan.target, maps, room
        )
    else:
        found = detect_on_host(
            library.files, library.name, detector, maps, room, compiler=compiler, sanitize=sanitize, flags=flags
        )
    return DetectionComparison(
        exact=found == expected, maps=len(maps), objects=sum(map(len, expected)), instructions=instructions
    )


def _random_maps(detector: Detector, seed: int) -> np.ndarray:
    """Maps from few objects to ones that cover most of it, values from the threshold on in them."""
    random = np.random.default_rng(seed)
    size = (_RANDOM_MAPS, detector.height, detector.width, detector.channels)
    density = np.resize(_DENSITIES, _RANDOM_MAPS)[:, None, None, None]
    high = random.integers(detector.least, 128, size)
    return np.where(random.random(size) < density, high, -128).astype(np.int8)
