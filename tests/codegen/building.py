"""Libraries for the tests of generated C: a zoo of graphs, and what compiles and loads them."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.reference.pixels import offset_normalization
from mcugen.simulate.host import STRICT_FLAGS
from tests.support.needs import need
from tests.support.random_graphs import Block, build

SAME = (1, 1, 1, 1)
# Every operator and every kind of window at least once.
EVERYTHING = [
    Block("pad", padding=(1, 0, 1, 2)),
    Block("conv", kernel=(3, 3), stride=(2, 2), padding=SAME, channels=7, clamp="relu", zero_point=-128, option=1),
    Block("depthwise", kernel=(3, 3), padding=SAME, channels=2, clamp="relu6", zero_point=-128, option=1),
    Block("conv", channels=6, option=2),
    Block("residual", kernel=(3, 3), option=3),
    Block("maximum", kernel=(3, 3), padding=SAME),
    Block("average", kernel=(3, 2), padding=(1, 1, 0, 1)),
    Block("depthwise", kernel=(2, 3), stride=(1, 2), padding=(0, 1, 1, 1), channels=1, zero_point=9, option=1),
    Block("lookup", option=1),
    Block("pad", padding=(0, 1, 1, 0)),
    Block("maximum", kernel=(2, 1)),
    Block("reshape", option=3),
    Block("average", kernel=(2, 2), option=1, zero_point=3),
    Block("conv", kernel=(1, 3), padding=(0, 0, 1, 1), channels=5, option=1),
]
# Operators of two maps, and what else has more than one input or row rate.
TWO_OPERANDS = [
    Block("conv", channels=5, option=1),
    *(Block("mul", option=option, zero_point=-7) for option in range(4)),
    *(Block("add", option=option, channels=1 + option % 2) for option in range(4)),
    Block("lookup", option=2),
    Block("concat", option=1, channels=4),
    Block("slice", option=0),
    Block("concat", option=2),
    Block("slice", stride=(1, 2), option=2),
    Block("resize", option=1),
]
SOFTMAX = Block("softmax", channels=4, option=1)


@cache
def zoo(name: str) -> Graph:
    """Graphs by name, whose input values are pixels - 128; see ZOO."""
    shape, zero_point, rounding, blocks, head = _ZOO[name]
    graph = build(shape, zero_point, rounding, blocks, head, seed=11)
    return replace(graph, pixels=offset_normalization(graph))


STRIDED = Block("conv", (3, 3), (2, 2), SAME, channels=8, clamp="relu", zero_point=-128, option=1)
DEPTHWISE = Block("depthwise", (3, 3), padding=SAME, clamp="relu", zero_point=-128, option=1)
POINTWISE = Block("conv", channels=6, option=1)
_ZOO: dict[str, tuple[tuple[int, int, int], int, Rounding, list[Block], Block | None]] = {
    "everything_double": ((11, 13, 3), 5, Rounding.DOUBLE, EVERYTHING, SOFTMAX),
    "everything_single": ((11, 13, 3), -128, Rounding.SINGLE, EVERYTHING, SOFTMAX),
    # A planar image, and a map as output.
    "depthwise_first": ((9, 8, 4), 0, Rounding.DOUBLE, [DEPTHWISE, POINTWISE], None),
    "separable": ((12, 12, 3), -1, Rounding.DOUBLE, [STRIDED, DEPTHWISE, POINTWISE], None),
    "two_operands": ((6, 5, 3), 5, Rounding.DOUBLE, TWO_OPERANDS, None),
    "two_operands_single": ((5, 6, 3), 0, Rounding.SINGLE, TWO_OPERANDS, None),
    "one_value": ((1, 1, 1), 0, Rounding.DOUBLE, [Block("conv", channels=1, option=1)], None),
}
ZOO = tuple(_ZOO)


@cache
def zoo_library(name: str, target: str = "generic", *, trace: bool = False, resident: bool = False) -> Library:
    """The zoo's graph as C, under the name `net`."""
    return compile_model(zoo(name), target=target, name="net", trace=trace, resident_image=resident).library


def write(library: Library, directory: Path) -> Path:
    """Writes the C files and returns the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for file, text in library.files.items():
        (directory / file).write_text(text)
    return directory


def compiler_or_skip(name: str) -> str:
    """The compiler; a test that needs it is skipped where it is missing."""
    need(name)
    return name


def run(command: Sequence[str], directory: Path) -> str:
    """Output of a command that must succeed."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def compile_objects(library: Library, directory: Path, compiler: str, *flags: str) -> list[str]:
    """Compiles the library's sources with strict flags, each on its own, and returns the names of the object files."""
    write(library, directory)
    sources = sorted(file for file in library.files if file.endswith(".c"))
    run([compiler_or_skip(compiler), *STRICT_FLAGS, *flags, "-c", *sources], directory)
    return [file.replace(".c", ".o") for file in sources]


class Loaded:
    """A library as a shared object: its functions with arrays for pointers, null pointers for None."""

    def __init__(self, library: Library, directory: Path, *flags: str) -> None:
        write(library, directory)
        sources = sorted(file for file in library.files if file.endswith(".c"))
        run(["gcc", *STRICT_FLAGS, "-O1", "-fPIC", "-shared", *flags, *sources, "-o", "net.so"], directory)
        self.dll = ctypes.CDLL(str(directory / "net.so"))
        self.library = library
        self.dll.net_quantize.argtypes = [ctypes.c_float]
        self.dll.net_quantize.restype = ctypes.c_int8
        if not library.plan.graph.several:
            self.dll.net_dequantize.argtypes = [ctypes.c_int8]
            self.dll.net_dequantize.restype = ctypes.c_float

    def call(self, function: str, *arrays: np.ndarray | None) -> int:
        """Return value of net_FUNCTION."""
        pointers = [None if a is None else ctypes.c_void_p(a.ctypes.data) for a in arrays]
        return int(getattr(self.dll, f"net_{function}")(*pointers))
