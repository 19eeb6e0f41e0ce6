"""RAM, instructions and cycles of the camera path, a frame of QVGA to 96x96x3: what an inference of a frame takes more
than one of an image, counted on the emulated core and predicted.

python benchmarks/camera_path.py [MODEL] [TARGET]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from mcugen.camera import CameraOptions
from mcugen.codegen.camera import camera_bytes
from mcugen.compiler import Compiled, compile_model
from mcugen.inputs import random_images
from mcugen.plan.prediction import predict
from mcugen.simulate.on_emulator import EmulatedLibrary

MODEL = Path(__file__).resolve().parents[2] / "shared" / "models" / "vww_96_int8.tflite"
CAMERAS = (
    ("gray", "area"),
    ("rgb565be", "area"),
    ("rgb565be", "nearest"),
    ("rgb565be", "bilinear"),
    ("rgb888", "area"),
    ("yuyv", "area"),
    ("bayer-bggr", "area"),
)


def main() -> None:
    """Prints a table."""
    model = sys.argv[1] if len(sys.argv) > 1 else MODEL
    target = sys.argv[2] if len(sys.argv) > 2 else "cortex-m4"
    plain = costs(compile_model(model, target=target))
    print("| format | resize | RAM | instructions | predicted | cycles | predicted |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name, resize in CAMERAS:
        compiled = compile_model(model, target=target, camera=CameraOptions(f"{name}:320x240", resize=resize))
        more = [f"{each:,}" if each else "" for each in (costs(compiled) - plain).tolist()]
        cells = (name, resize, f"{camera_bytes(compiled.optimized):,}", *more)
        print(f"| {' | '.join(cells)} |")


def costs(compiled: Compiled) -> np.ndarray:
    """Instructions, as counted and as predicted, and cycles of an inference."""
    camera, prediction = compiled.imported.camera, predict(compiled.plan)
    assert prediction is not None
    given = camera.frames(1) if camera is not None else random_images(compiled.imported.input_tensor, 1, 0)
    with EmulatedLibrary(compiled.library, compiled.plan.target, frames=camera is not None) as library:
        counted = library.functions(given[0]).values()
    return np.array(
        [
            *(sum(cost.instructions for cost in counted), prediction.instructions),
            *(sum(cost.cycles or 0 for cost in counted), prediction.cycles or 0),
        ]
    )


if __name__ == "__main__":
    main()
