"""No compiler may conclude what a kernel does not do: GCC 11 and 12 overlook stores that they address by integers."""

from __future__ import annotations

import re

import pytest

from tests.codegen.building import ZOO, zoo_library

CORES = ("generic", "cortex-m4", "cortex-m55", "cortex-m3", "cortex-m0plus", "rv32imc", "xtensa")
ATTRIBUTES = r"(?:__attribute__\(\([^\n]*?\)\) )?"
HEAD = re.compile(rf"^(?P<before>{ATTRIBUTES}static [^=;{{}}\n]*?)(?P<name>\w+)\([^;{{}}]*\)\n\{{", re.M)
STORES = re.compile(r"^\s+(?:\*?\w+(?:->\w+)?\[[^\n]*\]|\*\w+(?:\+\+)?) [-+|^&]?= |memcpy\(|memset\(", re.M)


def overlookable(text: str) -> list[str]:
    """Names of functions that store and that a compiler may judge apart from their callers."""
    found = []
    for head in HEAD.finditer(text):
        body = text[head.end() : text.index("\n}", head.end())]
        guarded = any(word in head["before"] for word in ("_NOINLINE ", "_INLINE ", "naked", "NAKED"))
        # A local array is nobody else's: the groups count their rows in one and call kernels, which are guarded.
        if STORES.search(body) and not guarded and not head["name"].startswith("run_group_"):
            found.append(head["name"])
    return found


@pytest.mark.parametrize("target", CORES)
@pytest.mark.parametrize("name", ZOO)
def test_functions_that_store_are_kernels_or_part_of_one(name: str, target: str) -> None:
    library = zoo_library(name, target)
    text = "\n".join(library.files.values())
    assert HEAD.search(text)
    assert overlookable(text) == []


def test_a_function_that_stores_is_seen() -> None:
    text = "\n".join(zoo_library("everything_double").files.values())
    bare = text.replace("static NET_NOINLINE void matrix_0", "static void matrix_0")
    assert bare != text
    assert overlookable(bare) == ["matrix_0"]


@pytest.mark.parametrize("target", CORES)
def test_kernels_are_out_of_sight_of_interprocedural_analysis(target: str) -> None:
    text = "\n".join(zoo_library("everything_double", target).files.values())
    assert "__has_attribute(noipa)" in text
    assert "#define NET_NOINLINE NET_CODE_SECTION __attribute__((noipa))" in text
