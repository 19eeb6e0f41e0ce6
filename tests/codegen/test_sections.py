"""NAME_CODE_SECTION and NAME_WEIGHTS_SECTION: programs choose where kernels and constants lie."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.library import Library
from mcugen.targets import find_target
from tests.codegen.building import ZOO, Loaded, compile_objects, run, zoo, zoo_library
from tests.support.needs import need
from tests.support.random_graphs import random_inputs

PLACEMENT = """#define NET_CODE_SECTION __attribute__((section(".itcm")))
#define NET_WEIGHTS_SECTION __attribute__((section(".fast_constants")))
"""
OPTIONS = ("-include", "placement.h")
# A section of its own for what is not placed, function by function.
PLAIN = ("-O1", "-ffunction-sections", "-fdata-sections", "-fno-pie", "-fno-stack-protector")


def placed(library: Library, directory: Path, compiler: str, *flags: str) -> dict[str, set[str]]:
    """Names of functions and tables by the section in which they came to lie."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "placement.h").write_text(PLACEMENT)
    files = compile_objects(library, directory, compiler, *OPTIONS, *PLAIN, *flags)
    sections: dict[str, set[str]] = {}
    prefix = compiler.removesuffix("gcc") if "-" in compiler else ""
    for line in run([f"{prefix}objdump", "-t", *files], directory).splitlines():
        if match := re.match(r"[0-9a-f]+ .{7} (\S+)\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", line):
            sections.setdefault(match[1], set()).add(match[2])
    return sections


def check(library: Library, sections: dict[str, set[str]]) -> None:
    text = "\n".join(library.files.values())
    kernels = set(re.findall(r"^(?:static )?NET_(?:NOINLINE|NAKED) (?:static )?[\w *]*?\b(\w+)\(", text, re.M))
    assert any(name.startswith(("stage_", "matrix_")) for name in kernels)
    code = {name for names in sections.values() for name in names} & kernels
    assert len(code) >= len([name for name in kernels if name.startswith("stage_")])
    assert code <= sections[".itcm"]
    assert {f"net_{constant.name}" for constant in library.constants} <= sections[".fast_constants"]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ZOO)
def test_portable_code_and_constants_lie_where_the_program_wants_them(name: str, compiler: str, tmp_path: Path) -> None:
    library = zoo_library(name)
    check(library, placed(library, tmp_path, compiler))


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m55"])
def test_kernels_in_assembly_lie_where_the_program_wants_them(target: str, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    library = zoo_library("everything_double", target)
    flags = find_target(target).compiler_flags
    check(library, placed(library, tmp_path, "arm-none-eabi-gcc", *flags))


def test_nothing_is_placed_by_default(tmp_path: Path) -> None:
    library = zoo_library("separable")
    files = compile_objects(library, tmp_path, "gcc", "-O1", "-fno-stack-protector")
    names = set(re.findall(r"^\s*\d+ (\.\S+)", run(["objdump", "-h", *files], tmp_path), re.M))
    assert not names & {".itcm", ".fast_constants"}


def test_what_is_placed_computes_the_same(tmp_path: Path) -> None:
    library, graph = zoo_library("separable"), zoo("separable")
    (tmp_path / "placement.h").write_text(PLACEMENT)
    net = Loaded(library, tmp_path, *OPTIONS)
    images = random_inputs(graph, 1, seed=6)
    scores = np.zeros(graph.output_tensor.size, np.int8)
    assert net.call("invoke", np.zeros(library.context_bytes, np.uint8), images[0], scores) == 0
    assert np.array_equal(scores, reference.run(graph, images[:1]).ravel())
