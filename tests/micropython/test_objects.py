"""`objects()` of the Python module: what the C code and the reference find, of a whole map and of one by rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import Compiled, compile_model
from mcugen.frontend import load_model
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip, run
from tests.detection.test_detector import map_network
from tests.micropython.building import build_native, build_unix
from tests.micropython.test_micropython import STUBS, images_of

CHECK = """
def complaint(function):
    try:
        function()
    except ValueError as error:
        return str(error)
    return "no ValueError"
net = make()
print(complaint(net.objects))
size = module.WIDTH * module.CHANNELS
for image, objects in cases:
    net.predict(image)
    assert net.objects() == objects, (net.objects(), objects)
    for y in range(module.HEIGHT):
        net.feed_row(memoryview(image)[size * y:size * y + size])
    assert net.objects() == objects
print(module.LABELS)
print(max(len(objects) for image, objects in cases), "objects at most,", len(cases), "exact")
"""
MAKE_FIRMWARE = "make = module.Net\n"
MAKE_NATIVE = 'weights = open("apart.weights", "rb").read()\nmake = lambda: module.Net(weights)\n'
MOST = 16


def generate(directory: Path, *, output_rows: bool) -> Compiled:
    """A net of maps, which finds objects, as a Python module by the directory's name."""
    directory.parent.mkdir(exist_ok=True)
    model = directory.with_suffix(".tflite")
    model.write_bytes(map_network(softmax=True))
    compiled = compile_model(
        load_model(model),
        name=directory.name,
        micropython=True,
        output_rows=output_rows,
        detect=0.3,
        pixels="offset",
        labels=["nothing", "cup", "spoon"],
    )
    compiled.write(directory)
    return compiled


def script_of(compiled: Compiled, make: str, module: str) -> str:
    images = images_of(compiled.imported)
    lines = [f"import {module} as module", make, "cases = []"]
    for image, objects in zip(images, compiled.detect(images), strict=True):
        pixels = (image.reshape(-1).astype(int) + 128).astype("uint8").tobytes().hex()
        tuples = tuple((o.class_index, o.score, o.x, o.y, o.left, o.top, o.right, o.bottom) for o in objects[:MOST])
        lines.append(f"cases.append((bytes.fromhex('{pixels}'), {tuples}))")
    return "\n".join(lines) + CHECK


@pytest.mark.parametrize("output_rows", [False, True])
@pytest.mark.parametrize("mode", ["firmware", "native"])
@pytest.mark.parametrize("compiler", ["gcc", "clang", "arm-none-eabi-gcc"])
def test_the_module_compiles(mode: str, compiler: str, output_rows: bool, tmp_path: Path) -> None:
    generate(tmp_path / "net", output_rows=output_rows)
    flags = [*STRICT_FLAGS, "-Wno-pedantic", "-fsyntax-only", "-I.", f"-I{STUBS}"]
    if mode == "native":
        flags += ["-DMICROPY_ENABLE_DYNRUNTIME", "-DNET_EXTERNAL_CONSTANTS"]
    run([compiler_or_skip(compiler), *flags, "micropython/modnet.c", "net.c", "net_detect.c"], tmp_path / "net")


@pytest.mark.slow
@pytest.mark.parametrize("output_rows", [False, True])
def test_in_the_unix_port(output_rows: bool, tmp_path: Path) -> None:
    """In the firmware, and as a native module on it."""
    compiled = generate(tmp_path / "modules" / "net", output_rows=output_rows)
    generate(tmp_path / "apart", output_rows=output_rows)
    native = build_native(tmp_path / "apart", "x64")
    unix = build_unix(tmp_path / "modules", tmp_path / "build")
    early = "no image has come to its end yet" if output_rows else "no image has been classified yet"
    found = max(len(objects[:MOST]) for objects in compiled.detect(images_of(compiled.imported)))
    assert 1 < found < MOST
    expected = [early, "('nothing', 'cup', 'spoon')", f"{found} objects at most, 3 exact"]
    (tmp_path / "script.py").write_text(script_of(compiled, MAKE_FIRMWARE, "net"))
    assert run([*unix, "script.py"], tmp_path).splitlines() == expected
    (native.parent / "script.py").write_text(script_of(compiled, MAKE_NATIVE, "apart"))
    assert run([*unix, "script.py"], native.parent).splitlines() == expected
