"""RAM, instructions and cycles of the camera path, a frame of QVGA to 96x96x3, counted on the emulated core.

python benchmarks/camera_path.py [MODEL] [TARGET]
"""

from __future__ import annotations

import sys
from pathlib import Path

from mcugen.camera import CameraOptions
from mcugen.codegen.camera import camera_bytes
from mcugen.compiler import compile_model
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target

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
    print("| format | resize | RAM | instructions | cycles |\n| --- | --- | ---: | ---: | ---: |")
    for name, resize in CAMERAS:
        compiled = compile_model(model, target=target, camera=CameraOptions(f"{name}:320x240", resize=resize))
        camera = compiled.imported.camera
        assert camera is not None
        with EmulatedLibrary(compiled.library, find_target(target), frames=True) as library:
            functions = library.functions(camera.frames(1)[0])
        own = [cost for function, cost in functions.items() if "camera_" in function]
        instructions, cycles = sum(c.instructions for c in own), sum(c.cycles or 0 for c in own)
        ram = camera_bytes(compiled.optimized)
        print(f"| {name} | {resize} | {ram:,} | {instructions:,} | {cycles or '':,} |")


if __name__ == "__main__":
    main()
