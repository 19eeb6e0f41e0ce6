"""NAME_camera_row against the reference: the net's image that it makes of frames, row by row, and the outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen import reference
from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled
from mcugen.reference.pixels import input_of_pixels
from mcugen.schemas.validation import CameraComparison
from mcugen.simulate.host import run_on_host
from mcugen.simulate.on_emulator import EmulatedLibrary

_FRAMES = 4
_FRAMES_ON_CORE = 2


def validate_camera(
    compiled: Compiled,
    *,
    on_core: bool = False,
    compiler: str = "cc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
    seed: int = 0,
) -> CameraComparison:
    """Frames of noise and extremes through the camera's C code, and through `mcugen.camera.Camera` and the reference.

    compiled: with a camera. on_core: on the target's emulated core, where outputs are compared and instructions
    counted, else on the host by `compiler`, where every value of the net's image is. Raises CompileError or RunError.
    """
    graph, camera, library = compiled.imported, compiled.imported.camera, compiled.library
    assert camera is not None
    frames = camera.frames(_FRAMES_ON_CORE if on_core else _FRAMES, seed)
    image = input_of_pixels(graph, np.stack([camera(frame) for frame in frames]))
    outputs = reference.run(graph, image).astype(np.int8)
    if on_core:
        with EmulatedLibrary(library, compiled.plan.target, flags, frames=True) as emulated:
            run = emulated.run(frames)
        exact = bool(np.array_equal(run.outputs.reshape(outputs.shape), outputs))
        return CameraComparison(exact, len(frames), None, run.instructions)
    traced = make_library(compiled.plan, library.name, trace=True, trace_input=True)
    found = run_on_host(traced, frames, compiler=compiler, sanitize=sanitize, flags=flags, frames=True)
    shipped = run_on_host(library, frames, compiler=compiler, sanitize=sanitize, flags=flags, frames=True)
    different = found.layers[graph.input] != image
    index = None
    if different.any():
        frame, y, x, channel = (int(i) for i in np.argwhere(different)[0])
        index = (frame, y, x, channel)
    exact = index is None and bool(np.array_equal(shipped.outputs.reshape(outputs.shape), outputs))
    return CameraComparison(exact, len(frames), index, None)
