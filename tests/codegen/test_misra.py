"""The rules of MISRA C:2012 that generated C breaks, as cppcheck sees it, are those of docs/misra.md."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mcugen.codegen.library import Library
from tests.codegen.building import write, zoo_library
from tests.support.needs import ROOT

PAGE = ROOT / "docs" / "misra.md"
# Between them all operators, every family of kernels in portable C and, where cppcheck is told so, in assembly.
LIBRARIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("everything_double", "generic", ("-D__GNUC__=12",)),
    ("two_operands", "generic", ("-D__GNUC__=12",)),
    ("separable", "cortex-m4", ("-D__GNUC__=12",)),
    (
        "separable",
        "cortex-m4",
        ("-D__GNUC__=12", "-D__ARM_FEATURE_DSP=1", "-D__thumb2__=1", "-D__GCC_HAVE_DWARF2_CFI_ASM=1"),
    ),
    ("everything_double", "cortex-m3", ("-D__GNUC__=12",)),
    ("separable", "cortex-m3", ("-D__GNUC__=12", "-D__thumb2__=1", "-D__GCC_HAVE_DWARF2_CFI_ASM=1")),
    ("separable", "cortex-m0plus", ("-D__GNUC__=12", "-D__thumb__=1", "-D__GCC_HAVE_DWARF2_CFI_ASM=1")),
    ("separable", "rv32imc", ("-D__GNUC__=12",)),
    ("separable", "cortex-m55", ("-D__GNUC__=12",)),
    ("separable", "cortex-m55", ("-D__GNUC__=12", "-D__ARM_FEATURE_MVE=1", "-D__thumb2__=1")),
    ("one_value", "generic", ("-U__GNUC__",)),
)


def listed() -> set[str]:
    """The rules of the table."""
    return set(re.findall(r"^\| (\d+\.\d+) \|", PAGE.read_text(), re.MULTILINE))


def broken(library: Library, directory: Path, *flags: str) -> set[str]:
    """The rules that the library's code breaks; tables of numbers are left out."""
    write(library, directory)
    command = ["cppcheck", "--addon=misra", "--enable=style", "--std=c99", "--platform=unix32", "--quiet"]
    done = subprocess.run(
        [*command, *flags, f"{library.name}.c"], cwd=directory, capture_output=True, text=True, timeout=300, check=True
    )
    return set(re.findall(r"\[misra-c2012-(\d+\.\d+)\]", done.stderr))


@pytest.mark.slow
@pytest.mark.needs("cppcheck")
def test_the_page_lists_the_rules_that_are_broken(tmp_path: Path) -> None:
    found = {rule: (name, core) for name, core, flags in LIBRARIES
             for rule in broken(zoo_library(name, core), tmp_path / f"{name}-{core}-{len(flags)}", *flags)}  # fmt: skip
    assert set(found) - listed() == set(), found
    assert listed() - set(found) == set(), "what no code breaks needs no reason"
