"""Running generated C on the host: results, and failures that are told apart and noticed at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.library import Library
from mcugen.simulate.host import CompileError, RunError, host_program, run_on_host
from tests.codegen.building import compiler_or_skip, zoo, zoo_library
from tests.support.random_graphs import random_inputs

NAME = "separable"


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return random_inputs(zoo(NAME), 2, seed=1)


def edited(library: Library, file: str, old: str, new: str) -> Library:
    """The library with one piece of its text replaced."""
    assert library.files[file].count(old) >= 1
    return replace(library, files={**library.files, file: library.files[file].replace(old, new, 1)})


def test_layers_and_outputs(images: np.ndarray) -> None:
    library = zoo_library(NAME, trace=True)
    run = run_on_host(library, images)
    assert run.context_bytes == library.context_bytes
    assert np.array_equal(run.outputs, reference.run(zoo(NAME), images))
    assert run.outputs.dtype == np.int8
    for op in library.plan.graph.operators:
        tensor = library.plan.graph.tensors[op.output]
        assert run.layers[op.output].shape == (len(images), *tensor.shape)
        assert run.layers[op.output].dtype == np.int8


def test_without_tracing_there_are_only_outputs(images: np.ndarray) -> None:
    run = run_on_host(zoo_library(NAME), images)
    assert run.layers == {}
    assert np.array_equal(run.outputs, reference.run(zoo(NAME), images))


def test_a_program_runs_any_number_of_times(images: np.ndarray) -> None:
    with host_program(zoo_library(NAME)) as program:
        runs = [program.run(batch) for batch in (images, images[:1], images[::-1])]
        directory = program.directory
    expected = reference.run(zoo(NAME), images)
    assert np.array_equal(runs[0].outputs, expected)
    assert np.array_equal(runs[1].outputs, expected[:1])
    assert np.array_equal(runs[2].outputs, expected[::-1])
    assert not directory.exists()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compilers(compiler: str, images: np.ndarray) -> None:
    run = run_on_host(zoo_library(NAME), images, compiler=compiler_or_skip(compiler), flags=["-O3"])
    assert np.array_equal(run.outputs, reference.run(zoo(NAME), images))


def test_a_missing_compiler_is_named(images: np.ndarray) -> None:
    with pytest.raises(CompileError, match=r"there is no C compiler 'no-such-cc'.*--cc"):
        run_on_host(zoo_library(NAME), images, compiler="no-such-cc")


def test_a_warning_is_an_error(images: np.ndarray) -> None:
    library = edited(zoo_library(NAME), "net.c", "int net_begin(", "static int unused;\n\nint net_begin(")
    with pytest.raises(CompileError, match=r"(?s)refused the generated code.*unused"):
        run_on_host(library, images)


def test_an_error_code_is_an_error(images: np.ndarray) -> None:
    library = edited(zoo_library(NAME), "net.c", "ctx->state = 1;", "ctx->state = 0;")
    with pytest.raises(RunError, match="returned error 2"):
        run_on_host(library, images)


def test_a_crash_is_an_error(images: np.ndarray) -> None:
    library = edited(zoo_library(NAME), "net.c", "ctx->state = 1;", "ctx->state = 1 / (ctx == NULL);")
    with pytest.raises((RunError, CompileError)):
        run_on_host(library, images, flags=["-Wno-error", "-O0"])


Injection = tuple[str, str, str]
ADDRESS: Injection = (
    "ctx->state = 1;",
    "ctx->state = 1;\n    ((volatile uint8_t *)ctx)[sizeof *ctx + 1] = 1;",
    "AddressSanitizer",
)
UNDEFINED: Injection = (
    "ctx->state = 1;",
    "ctx->state = 1;\n    volatile int32_t largest = INT32_MAX;\n    largest = largest + 1;",
    "signed integer overflow",
)


@pytest.mark.parametrize("injection", [ADDRESS, UNDEFINED], ids=["address", "undefined"])
def test_sanitizers_notice(injection: Injection, images: np.ndarray) -> None:
    """The sound library passes, the same library with one fault does not, and without sanitizers nobody sees it."""
    old, new, message = injection
    sound, faulty = zoo_library(NAME), edited(zoo_library(NAME), "net.c", old, new)
    run_on_host(sound, images, sanitize=True, flags=["-O1"])
    with pytest.raises(RunError, match=message):
        run_on_host(faulty, images, sanitize=True, flags=["-O1"])


def _wrong_weight(library: Library) -> Library:
    table = next(c for c in library.constants if c.kind == "weights")
    begin = library.files["net_weights.c"].index(f"net_{table.name}[")
    text = library.files["net_weights.c"]
    first = text.index("\n    ", begin) + 5
    end = text.index(",", first)
    changed = f"{text[:first]}{-int(text[first:end]) + 1}{text[end:]}"
    return replace(library, files={**library.files, "net_weights.c": changed})


def _wrong_store(library: Library) -> Library:
    return edited(library, "net.c", ", 0, 255)", ", 9, 255)")


@pytest.mark.parametrize("damage", [_wrong_weight, _wrong_store], ids=["weight", "store"])
def test_wrong_code_gives_other_layers(damage: Callable[[Library], Library], images: np.ndarray) -> None:
    """The comparison of layers can fail."""
    library = zoo_library(NAME, trace=True)
    good, bad = run_on_host(library, images), run_on_host(damage(library), images)
    assert any(not np.array_equal(good.layers[name], bad.layers[name]) for name in good.layers)
