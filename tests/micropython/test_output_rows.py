"""The Python module of a net whose outputs leave by rows: a function gets each, and no output map exists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.ir import Graph
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip, run
from tests.codegen.test_output_rows import every_block
from tests.micropython.building import build_native, build_qemu, build_unix, run_on_qemu
from tests.micropython.test_micropython import STUBS, images_of
from tests.support.graph_builder import Block

CHECK = """
from array import array
rows = []
def on_row(output, y, values):
    rows.append((output, y, bytes(memoryview(values))))
def of(output):
    return b"".join(values for number, y, values in rows if number == output)
def complaint(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)
    return "no exception"
size = module.WIDTH * module.CHANNELS
net = make(on_row)
for image, outputs, best, real in cases:
    for given in image, array("b", [value - 128 for value in image]):
        rows.clear()
        assert net.predict(given) == best
        for number, (height, expected) in enumerate(outputs):
            assert [y for output, y, values in rows if output == number] == list(range(height))
            assert of(number) == expected, (number, of(number), expected)
    whole = rows[:]
    rows.clear()
    for y in range(module.HEIGHT):
        result = net.feed_row(memoryview(image)[size * y:size * y + size])
        assert result == (best if y == module.HEIGHT - 1 else None)
    assert rows == whole
    first = array("b", outputs[0][1])[0]
    assert abs(net.dequantize(0, first) - real) < 1e-5

# A function that raises drops the image; the next one is exact.
image, outputs, best, real = cases[-1]
failing = True
def raising(output, y, values):
    if failing:
        raise KeyError(y)
    on_row(output, y, values)
other = make(raising)
print(complaint(other.predict, image))
fed = [complaint(other.feed_row, image[size * y:size * y + size]) for y in range(module.HEIGHT)]
assert set(fed) == {"KeyError: 0"}, fed
failing = False
rows.clear()
assert other.predict(image) == best and rows == whole

# A Net is not used by its own function, which may use another one; buffers may change meanwhile.
inner = True
def again(output, y, values):
    global inner
    if inner:
        inner = False
        nested.predict(image)
nested = make(again)
print(complaint(nested.predict, image))
inside = make(on_row)
using = make(lambda output, y, values: inside.predict(image) if (output, y) == (0, 0) else None)
rows.clear()
assert using.predict(image) == best and rows == whole
shrinking = bytearray(image)
def shrink(output, y, values):
    global shrinking
    shrinking[:] = b"1"
print(complaint(make(shrink).predict, shrinking))
print(complaint(net.dequantize, 9, 0))
print(complaint(net.dequantize, 0, 128))
print(complaint(net.predict, b"123"))
print(len(cases), "exact")
"""
MAKE_FIRMWARE = "make = module.Net\n"
MAKE_NATIVE = """
weights = open("apart.weights", "rb").read()
def make(on_row):
    return module.Net(weights, on_row)
try:
    module.Net()
except TypeError as error:
    print(error)
"""


def two_maps() -> Graph:
    """6 x 6 x 5 and 4 x 4 x 3, whose rows are finished while rows of the image are to come."""
    return every_block([Block("conv", kernel=(1, 1), channels=5, option=1), Block("conv", kernel=(3, 3), channels=3)])


def script_of(graph: Graph, make: str, module: str) -> str:
    images = images_of(graph)
    expected = np.asarray(reference.run(graph, images)).reshape(len(images), -1).astype(np.int8)
    lines = [f"import {module} as module", make, "cases = []"]
    for image, values in zip(images, expected, strict=True):
        outputs, parts = [], []
        for output in graph.outputs:
            part = values[output.start : output.start + output.tensor.size]
            outputs.append(f"({output.tensor.height}, bytes.fromhex('{part.tobytes().hex()}'))")
            parts.append(part)
        tensor = graph.outputs[0].tensor
        real = tensor.scale * (int(parts[0][0]) - tensor.zero_point)
        pixels = (image.reshape(-1).astype(np.int16) + 128).astype(np.uint8).tobytes().hex()
        best = int(values.argmax())
        lines.append(f"cases.append((bytes.fromhex('{pixels}'), [{', '.join(outputs)}], {best}, {real!r}))")
    return "\n".join(lines) + CHECK


def expected_output(graph: Graph) -> list[str]:
    image = graph.input_tensor.size
    return [
        "KeyError: 0",
        "ValueError: on_row used the Net that called it; to drop an image, raise an exception",
        f"ValueError: image: {image} bytes expected, 1 given",
        f"ValueError: output: 0 to {len(graph.outputs) - 1} expected, 9 given",
        "ValueError: value: -128 to 127 expected, 128 given",
        f"ValueError: image: {image} bytes expected, 3 given",
        "3 exact",
    ]


def generate(directory: Path, graph: Graph, target: str = "generic") -> Path:
    """The graph as a Python module by the directory's name."""
    compiled = compile_model(
        graph, name=directory.name, target=target, micropython=True, output_rows=True, pixels="offset"
    )
    compiled.write(directory)
    return directory


@pytest.mark.parametrize("mode", ["firmware", "native"])
@pytest.mark.parametrize("compiler", ["gcc", "arm-none-eabi-gcc"])
def test_the_module_compiles(mode: str, compiler: str, tmp_path: Path) -> None:
    directory = generate(tmp_path / "net", two_maps())
    flags = [*STRICT_FLAGS, "-Wno-pedantic", "-fsyntax-only", "-I.", f"-I{STUBS}"]
    if mode == "native":
        flags += ["-DMICROPY_ENABLE_DYNRUNTIME", "-DNET_EXTERNAL_CONSTANTS"]
    run([compiler_or_skip(compiler), *flags, "micropython/modnet.c", "net.c"], directory)
    assert "scores[" not in (directory / "micropython" / "modnet.c").read_text()


@pytest.mark.slow
def test_in_the_unix_port(tmp_path: Path) -> None:
    """In the firmware, and as a native module on it."""
    graph = two_maps()
    generate(tmp_path / "modules" / "net", graph)
    native = build_native(generate(tmp_path / "apart", graph), "x64")
    unix = build_unix(tmp_path / "modules", tmp_path / "build")
    (tmp_path / "script.py").write_text(script_of(graph, MAKE_FIRMWARE, "net"))
    assert run([*unix, "script.py"], tmp_path).splitlines() == expected_output(graph)
    (native.parent / "script.py").write_text(script_of(graph, MAKE_NATIVE, "apart"))
    complaint = "a native module holds no weights: Net(weights, on_row), the content of apart.weights"
    assert run([*unix, "script.py"], native.parent).splitlines() == [complaint, *expected_output(graph)]


@pytest.mark.slow
@pytest.mark.needs("cortex-m4", "micropython-source")
def test_on_an_emulated_board(tmp_path: Path) -> None:
    graph = two_maps()
    generate(tmp_path / "modules" / "net", graph, "cortex-m7")
    firmware = build_qemu("MPS2_AN500", tmp_path / "modules", tmp_path / "build")
    script = script_of(graph, MAKE_FIRMWARE, "net")
    assert run_on_qemu(firmware, "mps2-an500", script).splitlines() == expected_output(graph)
