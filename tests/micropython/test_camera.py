"""The Python module of a library with a camera: predict takes its frames, exact in MicroPython's unix port."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.camera import Camera
from mcugen.compiler import Compiled, compile_model
from mcugen.reference.pixels import input_of_pixels
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip, run, zoo
from tests.micropython.building import build_native, build_unix
from tests.micropython.test_micropython import STUBS

# Beside every frame the net's own image, which predict takes as ever.
CHECK = """
from array import array
for frame, pixels, scores in cases:
    for given in (frame, bytearray(frame), memoryview(frame), array("H", frame), array("b", frame)):
        best = net.predict(given)
        assert net.scores() == scores, (net.scores(), scores)
        assert scores[best] == max(scores)
    net.feed_row(pixels[:module.WIDTH * module.CHANNELS])
    assert net.predict(pixels) == best and net.scores() == scores
import rows
seen = bytearray()
net = rows.Net(lambda output, y, values: seen.extend(bytes(values)))
assert net.predict(frame) == best and seen == bytes(value & 255 for value in scores)
net = make()
try:
    net.predict(frame[1:])
except ValueError as error:
    print(error)
print(len(cases), "exact")
"""


def compiled(name: str, *, output_rows: bool = False) -> Compiled:
    graph = zoo("separable")
    camera = Camera("rgb565le", 24, 18, graph.input_tensor.shape, mirror=True)
    return compile_model(graph, name=name, micropython=True, pixels="offset", camera=camera, output_rows=output_rows)


def script_of(made: Compiled, make: str, module: str) -> str:
    camera = made.imported.camera
    assert camera is not None
    frames = camera.frames(4)
    pixels = np.stack([camera(frame) for frame in frames])
    scores = np.asarray(reference.run(made.imported, input_of_pixels(made.imported, pixels))).reshape(4, -1)
    assert len(set(map(tuple, scores.tolist()))) > 1
    lines = [f"import {module} as module", make, "net = make()", "cases = []"]
    for case in zip(frames, pixels, scores, strict=True):
        frame, image, row = case[0].tobytes().hex(), case[1].tobytes().hex(), tuple(case[2].tolist())
        lines.append(f"cases.append((bytes.fromhex('{frame}'), bytes.fromhex('{image}'), {row}))")
    return "\n".join(lines) + CHECK


def expected_output(made: Compiled) -> list[str]:
    size = made.imported.input_tensor.size
    return [f"image or frame of 864 bytes: {size} bytes expected, 863 given", "4 exact"]


@pytest.mark.parametrize("mode", ["firmware", "native"])
@pytest.mark.parametrize("by_rows", [False, True])
@pytest.mark.parametrize("compiler", ["gcc", "arm-none-eabi-gcc"])
def test_the_module_compiles(mode: str, by_rows: bool, compiler: str, tmp_path: Path) -> None:
    compiled("net", output_rows=by_rows).write(tmp_path / "net")
    flags = [*STRICT_FLAGS, "-Wno-pedantic", "-fsyntax-only", "-I.", f"-I{STUBS}"]
    if mode == "native":
        flags += ["-DMICROPY_ENABLE_DYNRUNTIME", "-DNET_EXTERNAL_CONSTANTS"]
    run([compiler_or_skip(compiler), *flags, "micropython/modnet.c", "net.c"], tmp_path / "net")


@pytest.mark.slow
def test_frames_in_the_unix_port_built_in_and_native(tmp_path: Path) -> None:
    made = compiled("net")
    made.write(tmp_path / "modules" / "net")
    compiled("rows", output_rows=True).write(tmp_path / "modules" / "rows")
    command = build_unix(tmp_path / "modules", tmp_path / "build")
    (tmp_path / "built_in.py").write_text(script_of(made, "make = module.Net", "net"))
    assert run([*command, "built_in.py"], tmp_path).splitlines() == expected_output(made)

    apart = compiled("apart")
    apart.write(tmp_path / "made" / "apart")
    native = build_native(tmp_path / "made" / "apart", "x64")
    (tmp_path / "apart.mpy").write_bytes(native.read_bytes())
    weights = tmp_path / "made" / "apart" / "micropython" / "apart.weights"
    make = f"def make():\n    return module.Net(open('{weights}', 'rb').read())"
    (tmp_path / "native.py").write_text(script_of(apart, make, "apart"))
    assert run([*command, "native.py"], tmp_path).splitlines() == expected_output(apart)
