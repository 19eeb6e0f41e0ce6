"""The Python module: built into MicroPython and as a native .mpy, exact in both, on the host and on emulated boards."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip, run, zoo
from tests.micropython.building import UNIX_OPTIONS, build_native, build_qemu, build_unix, run_on_qemu
from tests.support.needs import ROOT, module, need
from tests.support.romfs import romfs

STUBS = Path(__file__).parent / "stubs"
NATIVE = ("armv6m", "armv7m", "armv7emsp", "armv7emdp", "rv32imc")
COMPILERS = {"rv32imc": "riscv64-unknown-elf-gcc"}

# Runs on every MicroPython alike. `net` is made before; images and their scores stand in `cases`.
CHECK = """
from array import array
assert net.feed_row(bytes(module.WIDTH * module.CHANNELS)) is None
net.reset()
for image, scores in cases:
    best = net.predict(image)
    assert net.scores() == scores, (net.scores(), scores)
    assert scores[best] == max(scores) and max(scores[:best] + (-129,)) < scores[best]
    assert net.predict(array("b", [value - 128 for value in image])) == best and net.scores() == scores
    size = module.WIDTH * module.CHANNELS
    for y in range(module.HEIGHT):
        result = net.feed_row(memoryview(image)[size * y:size * y + size])
        assert result == (best if y == module.HEIGHT - 1 else None)
    assert net.scores() == scores
    assert len(net.values()) == len(scores)
other = make()
def complaint(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    return "no ValueError"
print(complaint(other.scores))
print(complaint(net.predict, b"123"))
print(complaint(net.feed_row, bytearray(1)))
print(complaint(net.predict, array("h", [0])))
print(complaint(net.predict, [1, 2]))
print(module.LABELS)
print(len(cases), "exact")
"""
MAKE_FIRMWARE = "make = module.Net\n"


def images_of(graph: Graph, count: int = 3) -> np.ndarray:
    """Seeded images int8 [count, H, W, C]; the first two are extremes."""
    tensor = graph.input_tensor
    shape = (count, tensor.height, tensor.width, tensor.channels)
    images = np.random.default_rng(5).integers(-128, 128, shape, dtype=np.int8)
    images[0], images[1] = -128, 127
    return images


def script_of(graph: Graph, make: str, module: str = "net") -> str:
    """The script that proves the module of this graph exact; make: Python that defines make()."""
    images = images_of(graph)
    scores = np.asarray(reference.run(graph, images)).reshape(len(images), -1)
    lines = [f"import {module} as module", make, "net = make()", "cases = []"]
    for image, row in zip(images, scores, strict=True):
        pixels = (image.reshape(-1).astype(np.int16) + 128).astype(np.uint8).tobytes()
        lines.append(f"cases.append((bytes.fromhex('{pixels.hex()}'), {tuple(row.tolist())}))")
    return "\n".join(lines) + CHECK


def expected_output(graph: Graph) -> list[str]:
    tensor = graph.input_tensor
    image, row = tensor.size, tensor.width * tensor.channels
    return [
        "no image has been classified yet",
        f"image: {image} bytes expected, 3 given",
        f"row: {row} bytes expected, 1 given",
        f"image: {image} values of 1 byte expected, 2 bytes of type 'h' given",
        f"image: buffer of {image} bytes expected, list given",
        str(tuple(str(index) for index in range(graph.output_tensor.channels))),
        "3 exact",
    ]


def generate(directory: Path, graph: Graph | None = None, target: str = "generic") -> Path:
    """The zoo's separable graph, or another one, as a Python module by the directory's name."""
    graph = graph or zoo("separable")
    compile_model(graph, name=directory.name, target=target, micropython=True, pixels="offset").write(directory)
    return directory


@pytest.mark.parametrize("mode", ["firmware", "native"])
@pytest.mark.parametrize("compiler", ["gcc", "arm-none-eabi-gcc"])
def test_the_module_compiles(mode: str, compiler: str, tmp_path: Path) -> None:
    """Against declarations of MicroPython's interface of our own, where the real tree may be absent."""
    directory = generate(tmp_path / "net")
    # Initialized flexible arrays are MicroPython's own idiom.
    flags = [*STRICT_FLAGS, "-Wno-pedantic", "-fsyntax-only", "-I.", f"-I{STUBS}"]
    if mode == "native":
        flags += ["-DMICROPY_ENABLE_DYNRUNTIME", "-DNET_EXTERNAL_CONSTANTS"]
    run([compiler_or_skip(compiler), *flags, "micropython/modnet.c", "net.c"], directory)


@pytest.mark.parametrize("name", ["everything_single", "everything_double", "depthwise_first"])
@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus"])
def test_external_constants_give_the_same_scores(name: str, target: str, tmp_path: Path) -> None:
    """The library with NAME.weights in a buffer instead of the linked tables."""
    graph = zoo(name)
    directory = generate(tmp_path / "net", graph, target)
    images = images_of(graph)
    (directory / "main.c").write_text(
        """
#include <stdio.h>
#include "net.h"
#include "net_kernels.h"
const uint8_t *net_constants;
static uint32_t block[NET_EXTERNAL_BYTES / 4 + 1];
int main(void)
{
    FILE *file = fopen("micropython/net.weights", "rb");
    if (file == NULL || fread(block, 1, sizeof block, file) != NET_EXTERNAL_BYTES) {
        return 1;
    }
    net_constants = (const uint8_t *)block;
    static net_ctx ctx;
    static int8_t image[NET_IMAGE_BYTES], scores[NET_OUTPUT_BYTES];
    while (fread(image, sizeof image, 1, stdin) == 1) {
        if (net_invoke(&ctx, image, scores) != NET_OK) {
            return 1;
        }
        fwrite(scores, sizeof scores, 1, stdout);
    }
    return 0;
}
"""
    )
    flags = [*STRICT_FLAGS, "-O1", "-fsanitize=address,undefined", "-DNET_EXTERNAL_CONSTANTS", "-I."]
    run([compiler_or_skip("gcc"), *flags, "main.c", "net.c", "-o", "program"], directory)
    done = subprocess.run(["./program"], cwd=directory, input=images.tobytes(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == np.asarray(reference.run(graph, images)).astype(np.int8).tobytes()


def test_the_weights_name_their_contents(tmp_path: Path) -> None:
    data = (generate(tmp_path / "net") / "micropython" / "net.weights").read_bytes()
    assert data[:16] == hashlib.sha256(data[16:]).digest()[:16]
    assert ", ".join(str(value) for value in data[:16]) in (tmp_path / "net/micropython/modnet.c").read_text()


def test_a_keyword_cannot_be_imported() -> None:
    with pytest.raises(McugenError, match="--name"):
        compile_model(zoo("separable"), name="lambda", micropython=True).files()


def test_the_unix_port_is_built_as_users_are_told_to(tmp_path: Path) -> None:
    told = ((generate(tmp_path / "net") / "README.md").read_text(), (ROOT / "docs" / "micropython.md").read_text())
    for text, modules in zip(told, ("PARENT", "$PWD/modules"), strict=True):
        command = f"make -C $MPY_DIR/ports/unix BUILD=$PWD/build {UNIX_OPTIONS} USER_C_MODULES={modules}"
        assert command in text.splitlines()


@pytest.mark.slow
@pytest.mark.needs("cortex-m4")
def test_the_native_module_is_of_the_last_architecture(tmp_path: Path) -> None:
    """Whatever was made before it: the third byte of a .mpy's header names the architecture."""
    directory = generate(tmp_path / "net")
    architectures = ["x64", "armv7m", "x64", "armv7m"]
    made = [build_native(directory, architecture).read_bytes()[2] >> 2 for architecture in architectures]
    assert made[:2] == made[2:]
    assert made[0] != made[1]


@pytest.mark.parametrize("version", [(1, 25), (1, 26), (2, 0)])
def test_armv6m_on_an_old_micropython_is_refused_in_a_line(version: tuple[int, int], tmp_path: Path) -> None:
    """Before anything is compiled, whatever tree stands there."""
    need("make")
    (tmp_path / "tree" / "py").mkdir(parents=True)
    (tmp_path / "tree" / "py" / "dynruntime.mk").write_text("all:\n\t@echo built\n")
    major, minor = version
    numbers = f"#define MICROPY_VERSION_MAJOR {major}\n#define MICROPY_VERSION_MINOR {minor}\n"
    (tmp_path / "tree" / "py" / "mpconfig.h").write_text(numbers)
    command = ["make", f"MPY_DIR={tmp_path / 'tree'}", "ARCH=armv6m"]
    done = subprocess.run(
        command, cwd=generate(tmp_path / "net") / "micropython", capture_output=True, text=True, check=False
    )
    if version >= (1, 26):
        assert (done.returncode, "built" in done.stdout.splitlines()) == (0, True)
    else:
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "ARCH=armv6m needs MicroPython 1.26 or later" in line
        assert line.endswith("MPY_DIR is 1.25.  Stop.")


@pytest.fixture(scope="module")
def unix(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """MicroPython's unix port with the module `net` in it."""
    directory = tmp_path_factory.mktemp("unix")
    generate(directory / "modules" / "net")
    return build_unix(directory / "modules", directory / "build")


def _run_script(command: list[str], script: str, directory: Path) -> list[str]:
    (directory / "script.py").write_text(script)
    return run([*command, "script.py"], directory).splitlines()


@pytest.mark.slow
def test_in_the_firmware_of_the_unix_port(unix: list[str], tmp_path: Path) -> None:
    assert _run_script(unix, script_of(zoo("separable"), MAKE_FIRMWARE), tmp_path) == expected_output(zoo("separable"))


# Weights in ROMFS lie where the file's name makes them: the message says how much longer a name puts them right.
MAKE_NATIVE = """
def make():
    for longer in range(4):
        try:
            weights = memoryview(open("/rom/apart.weights" + "_" * longer, "rb"))
            return module.Net(weights)
        except ValueError as error:
            assert "multiple of 4" in str(error), error
for bad in (weights_head, bytes(module.WEIGHTS_BYTES)):
    try:
        module.Net(bad)
    except ValueError as error:
        print(error)
try:
    module.Net()
except TypeError as error:
    print(error)
"""


def native_script(graph: Graph, native: Path, weights: bytes) -> str:
    """Mounts the module `apart` and its weights as ROMFS, then the same checks."""
    files = {"apart.mpy": native.read_bytes()} | {f"apart.weights{'_' * longer}": weights for longer in range(4)}
    image = romfs(files.items())
    lines = ["import sys, vfs", "rom = bytearray()"]
    lines += [f"rom += bytes.fromhex('{image[at : at + 256].hex()}')" for at in range(0, len(image), 256)]
    lines += ["vfs.mount(vfs.VfsRom(rom), '/rom')", "sys.path.insert(0, '/rom')"]
    lines += [f"weights_head = bytes.fromhex('{weights[:32].hex()}')"]
    return "\n".join(lines) + "\n" + script_of(graph, MAKE_NATIVE, "apart")


def native_output(graph: Graph, weights: bytes) -> list[str]:
    complaints = [
        f"weights: {len(weights)} bytes expected, 32 given",
        "weights: not those of this module; both come from one run of mcugen generate",
        "a native module holds no weights: Net(weights), the content of apart.weights",
    ]
    return [*complaints, *expected_output(graph)]


@pytest.mark.slow
@pytest.mark.parametrize("interpreter", ["PyPI", "unix port"])
def test_native_module_on_the_host(interpreter: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    native = build_native(generate(tmp_path / "apart"), "x64")
    if interpreter == "PyPI":
        module("micropython_run")
        command = [str(Path(sys.executable).with_name("micropython"))]
    else:
        command = request.getfixturevalue("unix")
    weights = (tmp_path / "apart" / "micropython" / "apart.weights").read_bytes()
    script = native_script(zoo("separable"), native, weights)
    assert _run_script(command, script, tmp_path) == native_output(zoo("separable"), weights)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", NATIVE)
def test_native_modules_link(architecture: str, tmp_path: Path) -> None:
    """Every operator, and on cores with DSP instructions their kernels."""
    compiler_or_skip(COMPILERS.get(architecture, "arm-none-eabi-gcc"))
    if architecture == "armv6m":
        need("micropython-1.26")
    target = {"armv6m": "cortex-m0plus", "armv7emsp": "cortex-m4", "armv7emdp": "cortex-m7"}.get(
        architecture, "generic"
    )
    native = build_native(generate(tmp_path / "net", zoo("everything_double"), target), architecture)
    assert native.read_bytes()[:1] == b"M"


@pytest.mark.slow
@pytest.mark.needs("cortex-m4", "micropython-source")
@pytest.mark.parametrize(("board", "target"), [("MPS2_AN385", "cortex-m3"), ("MPS2_AN500", "cortex-m7")])
def test_on_an_emulated_board(board: str, target: str, tmp_path: Path) -> None:
    """The module in the firmware, then a native one from ROMFS on the same firmware."""
    graph = zoo("separable")
    generate(tmp_path / "modules" / "net", graph, target)
    machine = board.lower().replace("_", "-")
    firmware = build_qemu(board, tmp_path / "modules", tmp_path / "build")
    assert run_on_qemu(firmware, machine, script_of(graph, MAKE_FIRMWARE)).splitlines() == expected_output(graph)
    directory = generate(tmp_path / "apart", graph)
    weights = (directory / "micropython" / "apart.weights").read_bytes()
    script = native_script(graph, build_native(directory, "armv7m"), weights)
    assert run_on_qemu(firmware, machine, script).splitlines() == native_output(graph, weights)
