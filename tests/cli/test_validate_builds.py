"""mcugen validate: differences that builds have, and whose fault they are."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.frontend import load_model
from mcugen.inputs import proof_images
from mcugen.validation import emulated
from mcugen.validation import run as validation
from tests.support.command import mcugen

NO_PRAGMA = "-DSMALL_NO_OPTIMIZE_PRAGMA"
O1 = f"cc -O1 {NO_PRAGMA}"


def _corrupt(
    monkeypatch: pytest.MonkeyPatch, kind: str, only_shipped: bool = False, only_flags: tuple[str, ...] = ()
) -> None:
    """Adds 64 to the first number of the first table of weights or biases, as a wrong generator would write it.

    only_shipped, only_flags: in shipped builds alone, or in those of exactly these flags, as a wrong compiler would
    translate it.
    """
    real = validation.host_program

    def corrupted(library: Library, **options: object) -> object:
        traced = "_trace(" in library.files[f"{library.name}.c"]
        name = f"{library.name}_weights.c"
        text = library.files[name]
        table = re.search(rf"{library.name}_\w*{kind}\w*\[\d+\] = {{\s*(-?\d+),", text)
        assert table is not None
        number = (int(table[1]) + 64 + 128) % 256 - 128
        text = text[: table.start(1)] + str(number) + text[table.end(1) :]
        if (only_shipped and traced) or (only_flags and options["flags"] != only_flags):
            return real(library, **options)  # type: ignore[arg-type]
        return real(dataclasses.replace(library, files={**library.files, name: text}), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "host_program", corrupted)


@pytest.mark.parametrize("kind", ["weights", "bias"])
def test_a_wrong_constant_is_found_where_it_is(tflite_model: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    _corrupt(monkeypatch, kind)
    outcome = mcugen("validate", tflite_model, "--json")
    assert outcome.code == 1
    report = outcome.json
    assert report["bit_exact"] is False
    found = report["first_mismatch"]
    assert found["layer"] == mcugen("analyze", tflite_model, "--json").json["layers"][0]["name"]
    assert found["build"] == "traced"
    assert found["expected"] != found["got"]
    graph = load_model(tflite_model)
    image = proof_images(graph.input_tensor, 24, 0)
    _, values = next(reference.evaluate(graph, image))
    assert values[tuple(found["index"])] == found["expected"]


def test_a_difference_of_the_shipped_build_alone_is_found(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights", only_shipped=True)
    outcome = mcugen("validate", tflite_model, "--json")
    assert outcome.code == 1
    view = outcome.json
    assert view["first_mismatch"]["build"] == "shipped"
    assert view["first_mismatch"]["compiled_by"] == "cc -O2"
    assert all(build["bit_exact"] == (build["build"] == "traced") for build in view["builds"])
    assert view["compiler_suspect"]


def test_every_level_is_built_traced_and_shipped(tflite_model: Path) -> None:
    view = mcugen("validate", tflite_model, "--cases", 2, "--json").json
    assert [(build["build"], build["compiled_by"]) for build in view["builds"]] == [
        ("traced", "cc -O2"),
        ("shipped", "cc -O2"),
        ("traced", O1),
        ("shipped", O1),
    ]
    shown = mcugen("validate", tflite_model, "--cases", 2, columns=200).stdout
    assert "traced and shipped by cc -O2, cc -O1\n" in re.sub(" +\n", "\n", shown)
    # The macro is the one that the source knows.
    source = compile_model(tflite_model).library.files["small.c"]
    assert f"!defined({O1.partition(' -D')[2]})" in source
    assert not view["compiler_suspect"]
    assert view["advice"] == []
    flags = mcugen("validate", tflite_model, "--cases", 2, "--json", "--cflags", "-O3 -funroll-loops").json
    assert {build["compiled_by"] for build in flags["builds"]} == {"cc -O3 -funroll-loops"}
    assert mcugen("validate", tflite_model, "--cflags", "'").code == 2


def test_a_level_that_differs_makes_the_compiler_suspect(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights", only_flags=tuple(O1.split()[1:]))
    view = mcugen("validate", tflite_model, "--cases", 3, "--json").json
    assert not view["passed"]
    assert view["first_mismatch"]["compiled_by"] == O1
    assert {build["compiled_by"] for build in view["builds"] if not build["bit_exact"]} == {O1}
    assert {build["compiled_by"] for build in view["builds"] if build["bit_exact"]} >= {"cc -O2", f"cc -O0 {NO_PRAGMA}"}
    assert f"wrong: mcugen validate {tflite_model} --cases 3 '--cflags=-O1 {NO_PRAGMA}'" in view["advice"]
    assert f"right: mcugen validate {tflite_model} --cases 3 '--cflags=-O0 {NO_PRAGMA}'" in view["advice"]
    shown = mcugen("validate", tflite_model, "--cases", 3, columns=300)
    assert "wrong builds        traced and shipped by cc -O1" in shown.stdout
    assert "The C compiler is suspect" in shown.stdout
    assert view["advice"][0] in shown.stdout


def test_a_difference_of_all_builds_is_not_the_compilers(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights")
    view = mcugen("validate", tflite_model, "--cases", 3, "--json").json
    # The wrong layer need not reach the outputs, which are all that shipped builds show.
    assert not any(build["bit_exact"] for build in view["builds"] if build["build"] == "traced")
    assert len({build["outputs_exact"] for build in view["builds"]}) == 1
    assert not view["compiler_suspect"]
    assert "suspect" not in mcugen("validate", tflite_model, "--cases", 3).stdout


def test_sanitizers_come_on_top(tflite_model: Path) -> None:
    view = mcugen("validate", tflite_model, "--cases", 2, "--sanitize", "--json").json
    assert [build["compiled_by"] for build in view["builds"][-2:]] == ["cc -O2 with sanitizers"] * 2
    assert len(view["builds"]) == 6


def test_the_host_says_nothing_of_the_cores_own_compiler(tflite_model: Path) -> None:
    view = mcugen("validate", tflite_model, "--cases", 1, "--target", "cortex-m4", "--json").json
    assert "arm-none-eabi-gcc" in view["not_tried"]
    assert "--on qemu" in view["not_tried"]
    shown = mcugen("validate", tflite_model, "--cases", 1, "--target", "cortex-m4", columns=200).stdout
    assert "not tried" in shown
    assert mcugen("validate", tflite_model, "--cases", 1, "--json").json["not_tried"] is None


def test_a_mismatch_in_the_table(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights")
    outcome = mcugen("validate", tflite_model)
    assert outcome.code == 1
    assert "first mismatch" in outcome.stdout
    assert "expected" in outcome.stdout


@pytest.mark.needs("cortex-m4")
def test_a_shipped_build_that_differs_on_an_emulated_core(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = emulated.EmulatedLibrary.run

    def wrong(self: emulated.EmulatedLibrary, images: np.ndarray) -> object:
        """As if the cross compiler had got the shipped code wrong, but not without optimization."""
        run = real(self, images)
        shipped = "_trace(" not in self.library.files[f"{self.library.name}.c"]
        return dataclasses.replace(run, outputs=run.outputs ^ 1) if shipped and "-O0" not in self.flags else run

    monkeypatch.setattr(emulated.EmulatedLibrary, "run", wrong)
    options = ("--target", "cortex-m3", "--on", "qemu", "--cases", 2)
    outcome = mcugen("validate", tflite_model, *options, "--json")
    assert outcome.code == 1
    view = outcome.json
    assert view["first_mismatch"]["build"] == "shipped"
    assert [(build["build"], build["compiled_by"], build["bit_exact"]) for build in view["builds"]] == [
        ("traced", "arm-none-eabi-gcc -O2", True),
        ("shipped", "arm-none-eabi-gcc -O2", False),
        ("traced", f"arm-none-eabi-gcc -O0 {NO_PRAGMA}", True),
        ("shipped", f"arm-none-eabi-gcc -O0 {NO_PRAGMA}", True),
    ]
    assert view["compiler_suspect"]
    assert any("--on qemu" in line and line.endswith(f"'--cflags=-O0 {NO_PRAGMA}'") for line in view["advice"])
