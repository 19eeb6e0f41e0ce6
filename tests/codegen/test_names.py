"""Names of libraries: what is refused, because something else would be taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.codegen.names import LONGEST, c_identifier, library_name
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from tests.codegen.building import run, write, zoo, zoo_library

C99_HEADERS = ["assert", "ctype", "errno", "limits", "math", "signal", "stddef", "stdint", "stdio", "string", "time"]


@pytest.mark.parametrize("text", ["vww", "My net", "mobilenet_v1_0.25_128", "2nd", "model", "network", "strings_2"])
def test_names_that_people_give_are_taken(text: str) -> None:
    name = c_identifier(text)
    assert name.isidentifier()
    assert name == name.lower()


@pytest.mark.parametrize("text", [*C99_HEADERS, "String", "pthread", "arduino", "Wire", "freertos"])
def test_headers_are_not_hidden(text: str) -> None:
    with pytest.raises(McugenError, match="would hide a header"):
        c_identifier(text)


@pytest.mark.parametrize("text", ["int", "class", "restrict", "co_await", "Namespace", "nullptr"])
def test_keywords_of_c_and_cpp(text: str) -> None:
    with pytest.raises(McugenError, match="keyword of C or C"):
        c_identifier(text)


@pytest.mark.parametrize("text", ["main", "int8_t", "memcpy"])
def test_what_the_files_use(text: str) -> None:
    with pytest.raises(McugenError, match="has a meaning in the generated files"):
        c_identifier(text)


def test_a_name_too_long() -> None:
    assert c_identifier("a" * LONGEST) == "a" * LONGEST
    with pytest.raises(McugenError, match="64 characters, at most 63"):
        c_identifier("a" * 64)


@pytest.mark.parametrize("name", ["time", "network", "machine", "uos"])
def test_modules_of_micropython(name: str) -> None:
    with pytest.raises(McugenError, match="--name"):
        compile_model(zoo("one_value"), name=name, micropython=True).files()


def test_why_headers_matter(tmp_path: Path) -> None:
    """A library that were called `string` would be found by its own #include <string.h>."""
    write(zoo_library("one_value"), tmp_path)
    (tmp_path / "net.h").rename(tmp_path / "string.h")
    (tmp_path / "net.c").write_text((tmp_path / "net.c").read_text().replace('"net.h"', '"string.h"'))
    with pytest.raises(AssertionError, match="memset"):
        run(["gcc", "-std=c99", "-Wall", "-Werror", "-I.", "-c", "net.c"], tmp_path)


@pytest.mark.parametrize(
    ("model", "name"),
    [("vww", "vww"), ("new", "net_new"), ("string", "net_string"), ("日本", "net"), ("a" * 64, f"net_{'a' * 59}")],
)
def test_a_model_of_any_name_has_a_library(model: str, name: str) -> None:
    assert library_name(model) == name
