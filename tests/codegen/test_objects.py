"""What the object files hold: constants in .rodata, no variables, and calls of nothing but memcpy and memset."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.ir import Graph
from tests.codegen.building import ZOO, compile_objects, run, zoo_library

ALLOWED = {"memcpy", "memset"}
# Neither hardening nor position independence belongs to the code itself.
PLAIN = ("-fno-pie", "-fno-stack-protector", "-U_FORTIFY_SOURCE")


def symbols(files: list[str], directory: Path) -> tuple[set[str], set[str]]:
    """(defined, undefined) names over all object files."""
    listing = run(["nm", "-P", *files], directory)
    kinds = [line.split()[:2] for line in listing.splitlines() if len(line.split()) >= 2]
    defined = {name for name, kind in kinds if kind not in "Uw"}
    return defined, {name for name, kind in kinds if kind in "Uw"} - defined


def section_sizes(files: list[str], directory: Path) -> dict[str, int]:
    """Bytes by name of section, over all object files."""
    sizes: dict[str, int] = {}
    for line in run(["size", "-A", *files], directory).splitlines():
        match = re.match(r"(\.\S+)\s+(\d+)\s", line)
        if match:
            sizes[match[1]] = sizes.get(match[1], 0) + int(match[2])
    return sizes


def check(library: Library, directory: Path, compiler: str, optimization: str) -> None:
    files = compile_objects(library, directory, compiler, optimization, *PLAIN)
    defined, undefined = symbols(files, directory)
    assert undefined <= ALLOWED
    assert all(not name.startswith("_") for name in defined)
    sizes = section_sizes(files, directory)
    for section, size in sizes.items():
        if section.startswith((".data", ".bss", ".tdata", ".tbss", ".init_array")):
            assert size == 0, section
    constants = sum(size for section, size in sizes.items() if section.startswith(".rodata"))
    assert constants >= library.constant_bytes
    # Nothing but the tables, alignment, and what the compiler makes of switches and literals.
    assert constants <= library.constant_bytes + 64 * len(library.constants) + 512


@pytest.mark.parametrize("optimization", ["-O0", "-O2"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["everything_double", "everything_single"])
def test_zoo(name: str, compiler: str, optimization: str, tmp_path: Path) -> None:
    check(zoo_library(name), tmp_path, compiler, optimization)


@pytest.mark.parametrize("name", ZOO)
def test_zoo_for_dsp_on_the_host(name: str, tmp_path: Path) -> None:
    check(zoo_library(name, "cortex-m4"), tmp_path, "gcc", "-Os")


def test_vww(load_model: Callable[[str], Graph], tmp_path: Path) -> None:
    library = compile_model(load_model("vww_96_int8.tflite"), name="net").library
    check(library, tmp_path, "gcc", "-Os")
    assert library.weight_bytes > 25_000


def test_only_the_interface_is_visible(tmp_path: Path) -> None:
    """Global names all begin with the library's name; stages and kernels are static."""
    library = zoo_library("everything_double")
    files = compile_objects(library, tmp_path, "gcc", "-O1")
    listing = run(["nm", "-P", "-g", "--defined-only", *files], tmp_path)
    visible = {line.split()[0] for line in listing.splitlines() if len(line.split()) >= 2}
    interface = {"begin", "feed_row", "feed_row_u8", "result", "invoke", "invoke_u8", "quantize", "dequantize"}
    tables = {constant.name for constant in library.constants}
    assert visible == {f"net_{name}" for name in interface | tables}


def test_tables_are_what_the_report_counts(tmp_path: Path) -> None:
    library = zoo_library("everything_double")
    compile_objects(library, tmp_path, "gcc", "-O1")
    listing = run(["nm", "-P", "-g", "--defined-only", "net_weights.o"], tmp_path)
    sizes = {line.split()[0]: int(line.split()[3], 16) for line in listing.splitlines() if len(line.split()) == 4}
    assert sizes == {f"net_{constant.name}": constant.bytes for constant in library.constants}
    assert all(line.split()[1] == "R" for line in listing.splitlines() if len(line.split()) == 4)
