"""Nothing of the generated C meets the names of a program around it: macros, types and tags have the prefix."""

from __future__ import annotations

import re

import pytest

from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from tests.codegen.building import ZOO, zoo, zoo_library
from tests.support.needs import ROOT

MODELS = sorted((ROOT / "examples").rglob("*.onnx"))
CORES = ("generic", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55", "rv32imc", "xtensa")
MACRO = re.compile(r"^\s*#\s*(?:define|undef)\s+(\w+)", re.MULTILINE)
GUARD = re.compile(r"^#ifndef (\w+)\n#define \1$", re.MULTILINE)
TYPE = re.compile(r"^(?:typedef\b[^;{]*?|\} )(\w+);", re.MULTILINE)
TAG = re.compile(r"\b(?:struct|union|enum) (\w+)")


def macros(library: Library) -> set[str]:
    """All that are defined."""
    return {name for text in library.files.values() for name in MACRO.findall(text)}


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_macro_has_the_prefix(model: object, core: str) -> None:
    """On cores that between them take every family of kernels."""
    library = compile_model(model, target=core, name="odd_name").library  # type: ignore[arg-type]
    assert {name for name in macros(library) if not name.startswith("ODD_NAME_")} == set()
    for file, text in library.files.items():
        guards = GUARD.findall(text)
        assert file.endswith(".c") or guards, file
        assert {*TYPE.findall(text), *TAG.findall(text)} <= {"odd_name_ctx", ""}, file


@pytest.mark.parametrize("name", ZOO)
def test_every_macro_of_small_graphs_has_the_prefix(name: str) -> None:
    for core in ("generic", "cortex-m4"):
        assert all(macro.startswith("NET_") for macro in macros(zoo_library(name, core)))


def test_files_around_the_library_define_nothing_of_their_own() -> None:
    """Test vectors and examples, too."""
    files = compile_model(zoo("separable"), name="net", target="cortex-m4", micropython=True).files()
    found = {name for text in files.values() if isinstance(text, str) for name in MACRO.findall(text)}
    assert {name for name in found if not name.upper().startswith("NET_")} == set()
