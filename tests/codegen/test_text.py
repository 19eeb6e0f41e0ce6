"""The text of generated C: the same bytes every time, formatted as clang-format would, written as a person would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.codegen.environment import c_array, c_float, c_int, linear
from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.ir import Graph
from tests.codegen.building import ZOO, write, zoo, zoo_library
from tests.conftest import TFLITE_MODELS
from tests.support.needs import need

ROOT = Path(__file__).resolve().parents[2]
LONGEST_LINE = 120
CORES = ("cortex-m4", "cortex-m55", "cortex-m3", "cortex-m0plus", "rv32imc", "xtensa")


def formatter() -> str:
    """clang-format; another version than 14 may see things differently, so that one is preferred."""
    name = next((name for name in ("clang-format-14", "clang-format") if shutil.which(name)), "")
    if not name:
        need("clang-format")
    return name


def assert_formatted(library: Library, directory: Path) -> None:
    write(library, directory)
    shutil.copy(ROOT / ".clang-format", directory)
    for file in library.files:
        command = [formatter(), "--style=file", file]
        text = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True).stdout
        assert text == library.files[file], f"clang-format would change {file}"


@pytest.mark.parametrize("trace", [False, True], ids=["plain", "traced"])
@pytest.mark.parametrize("name", ZOO)
def test_clang_format_changes_nothing(name: str, trace: bool, tmp_path: Path) -> None:
    assert_formatted(zoo_library(name, trace=trace), tmp_path)


@pytest.mark.parametrize("target", CORES)
@pytest.mark.parametrize("name", ["separable", "everything_double"])
def test_clang_format_changes_nothing_for_other_cores(name: str, target: str, tmp_path: Path) -> None:
    assert_formatted(zoo_library(name, target), tmp_path)


@pytest.mark.parametrize(
    ("model", "target"),
    [(model, "generic") for model in TFLITE_MODELS] + [("vww_96_int8", target) for target in CORES],
)
def test_clang_format_changes_nothing_in_models(
    model: str, target: str, load_model: Callable[[str], Graph], tmp_path: Path
) -> None:
    library = compile_model(load_model(f"{model}.tflite"), target=target, name="a_longer_name").library
    assert_formatted(library, tmp_path)


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m55"])
def test_files_begin_with_the_live_macs(target: str, load_model: Callable[[str], Graph]) -> None:
    """Channels that only fill up a kernel's blocks are none of them."""
    compiled = compile_model(load_model("vww_96_int8.tflite"), target=target)
    live = json.loads(compiled.files()["vww_96_int8.json"])["costs"]["live_macs"]
    for suffix in ("h", "c"):
        line = compiled.library.files[f"vww_96_int8.{suffix}"].splitlines()[1]
        assert line == f" * vww_96_int8: 96 x 96 x 3 -> 1 x 1 x 2, {live:,} live multiply-accumulates."


# What a template writes that does not think: factors of one, terms of nothing, loops of one turn.
MACHINE_MADE = [
    r"\* 1\b(?!\.)",
    r"\b1 \* ",
    r"[+-] 0\b(?![.x])",
    r"(?<!\w)\(\d+\)",
    r"< 1; \w+\+\+",
    r"; ;",
    r"\t| $",
    r"\n\n\n",
]


@pytest.mark.parametrize("name", ZOO)
def test_expressions_read_as_a_person_writes_them(name: str) -> None:
    library = zoo_library(name)
    for file in ("net.c", "net.h", "net_kernels.h"):
        text = re.sub(r"/\*.*?\*/", "", library.files[file], flags=re.DOTALL)
        text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
        for pattern in MACHINE_MADE[:-2]:
            found = re.search(f".*{pattern}.*", text)
            assert found is None, f"{file}: {found[0] if found else ''}"
        for pattern in MACHINE_MADE[-2:]:
            assert re.search(pattern, library.files[file], re.MULTILINE) is None, f"{file}: {pattern!r}"


@pytest.mark.parametrize("name", ZOO)
def test_lines_fit_a_screen(name: str) -> None:
    library = zoo_library(name)
    for file, text in library.files.items():
        longest = max(text.splitlines(), key=len)
        assert len(longest) <= LONGEST_LINE, f"{file}: {longest}"
        assert text.endswith("\n")
        assert text.isascii()


@pytest.mark.parametrize("name", ZOO)
def test_every_stage_tells_its_layer(name: str) -> None:
    library = zoo_library(name)
    source = library.files["net.c"]
    for stage in library.plan.stages:
        comment = re.search(rf"/\*\n \* Stage {stage.stage.index}: [^/]*\*/\nstatic NET_NOINLINE void stage_", source)
        assert comment is not None
        for op in stage.stage.operators:
            assert op.name in comment[0]
        assert " x ".join(map(str, stage.stage.output.shape)) in comment[0]


PROGRAM = """
import hashlib, sys
from mcugen.compiler import compile_model
from tests.codegen.building import zoo
for target in ("generic", "cortex-m4"):
    for name in ("everything_double", "everything_single", "separable"):
        for file, text in sorted(compile_model(zoo(name), target=target, name="net").files().items()):
            print(target, name, file, hashlib.sha256(text.encode()).hexdigest())
"""


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    """In another process, with other hashes of strings, in another directory, under another locale and time zone."""
    outputs = []
    for seed, zone, locale in (("1", "UTC", "C.UTF-8"), ("2", "Asia/Tokyo", "C")):
        directory = tmp_path / seed
        directory.mkdir()
        variables = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        environment = {**os.environ, **variables}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=directory, env=environment, capture_output=True, text=True, check=True
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) >= 6 * 6


def test_nothing_of_this_machine_is_in_it() -> None:
    files = compile_model(zoo("everything_double"), name="net").files()
    host = os.uname().nodename
    for file, text in files.items():
        assert str(ROOT) not in text, file
        assert "/tmp" not in text, file
        assert len(host) < 4 or host not in text, file
        assert not re.search(r"\b20[2-9]\d-\d\d-\d\d\b", text), file


_terms = st.tuples(st.one_of(st.sampled_from("abcd"), st.integers(0, 5)), st.integers(-4, 60))


@given(terms=st.lists(_terms, max_size=4), constant=st.integers(-9, 9))
def test_linear_is_the_sum(terms: list[tuple[str | int, int]], constant: int) -> None:
    values = {"a": 3, "b": 70, "c": -11, "d": 1009}
    text = linear(*terms, constant=constant)
    expected = sum(factor * (values[v] if isinstance(v, str) else v) for v, factor in terms) + constant
    assert eval(text, {}, values) == expected
    assert "+ -" not in text
    assert "1 *" not in re.sub(r"\d1 \*", "", text)
    assert not re.search(r"[+-] 0\b", text)


def test_linear_reads_well() -> None:
    assert linear(("x", 1), ("c", 48)) == "x + 48 * c"
    assert linear(("x", 2), constant=-1) == "2 * x - 1"
    assert linear((0, 7), ("c", 1)) == "c"
    assert linear() == "0"
    assert linear(("sum", 1), ("count", -3)) == "sum - 3 * count"
    assert linear(("x", -1), constant=2) == "-x + 2"


@given(st.floats(width=32, min_value=2.0**-126, max_value=2.0**127))
def test_floats_read_back(value: float) -> None:
    assert np.float32(c_float(value).removesuffix("f")) == np.float32(value)
    assert re.fullmatch(r"\d\.\d+e[+-]\d+f", c_float(value))


def test_integers() -> None:
    assert c_int(5) == "5"
    assert c_int(-5) == "(-5)"
    lowest = c_array(np.array([-(1 << 31), (1 << 31) - 1], np.int32))
    assert lowest == "    -2147483647 - 1, 2147483647,"


@given(st.integers(1, 400))
def test_arrays_are_lines_of_numbers(count: int) -> None:
    values = np.arange(count, dtype=np.int32) * 37 - 1000
    text = c_array(values)
    assert [int(number) for number in text.replace(",", " ").split()] == values.tolist()
    assert max(len(line) for line in text.splitlines()) <= 100


def numbers_one_by_one(values: np.ndarray) -> str:
    """What `c_array` writes, by its description."""
    lines, line = [], "   "
    for number in values.reshape(-1).tolist():
        text = f" 0x{number:08x}u," if values.dtype == np.uint32 else f" {number},"
        if len(line) + len(text) > 100:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join([*lines, line])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32, np.uint32])
@pytest.mark.parametrize("count", [0, 1, 19, 65_535, 65_536, 65_537, 140_000])
def test_long_arrays_are_the_same_lines(dtype: type, count: int) -> None:
    limits = np.iinfo(dtype)
    rng = np.random.default_rng(count)
    values = rng.integers(limits.min + 1, limits.max, count, dtype, endpoint=True)
    assert c_array(values) == numbers_one_by_one(values)


def test_names_are_the_formatters_too(tmp_path: Path) -> None:
    """The formatter is really asked: bad spacing is seen."""
    formatter()
    library = zoo_library("one_value")
    broken = {**library.files, "net.h": library.files["net.h"].replace("#define NET_OK 0", "#define NET_OK 0  ")}
    with pytest.raises(AssertionError, match=r"net\.h"):
        assert_formatted(Library(library.name, library.plan, broken, library.layers, 0, ()), tmp_path)
