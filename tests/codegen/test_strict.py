"""Generated C compiles without a warning under what people compile with, in C and, for its header, in C++."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.codegen.library import make_library
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.plan.planner import make_plan
from mcugen.targets import find_target
from tests.codegen.building import (
    DEPTHWISE,
    POINTWISE,
    ZOO,
    compile_objects,
    compiler_or_skip,
    run,
    write,
    zoo,
    zoo_library,
)
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build

# More than the contract asks for: what embedded projects turn on.
PEDANTRY = (
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wundef",
    "-Wcast-qual",
    "-Wcast-align",
    "-Wpointer-arith",
    "-Wvla",
    "-Wredundant-decls",
    "-Wdouble-promotion",
    "-Wswitch-enum",
)


@pytest.mark.parametrize("optimization", ["-O0", "-O3"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["everything_double", "everything_single"])
def test_no_warnings(name: str, compiler: str, optimization: str, tmp_path: Path) -> None:
    compile_objects(zoo_library(name), tmp_path, compiler, optimization, *PEDANTRY)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ZOO)
def test_no_warnings_for_portable_c_of_dsp_kernels_and_small_graphs(name: str, compiler: str, tmp_path: Path) -> None:
    compile_objects(zoo_library(name, "cortex-m4"), tmp_path / "dsp", compiler, "-Os")
    compile_objects(zoo_library(name, trace=True), tmp_path / "traced", compiler, "-Os")


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_warnings_for_portable_c_of_helium_kernels(compiler: str, tmp_path: Path) -> None:
    compile_objects(zoo_library("separable", "cortex-m55"), tmp_path, compiler, "-Os", *PEDANTRY)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m3", "cortex-m55"])
def test_no_warnings_for_windows_wider_than_the_image(target: str, compiler: str, tmp_path: Path) -> None:
    """Each comparison with an edge of the image may hold for all of its pixels."""
    wide = [Block("conv", (3, 5), padding=(1, 1, 2, 2), channels=8, option=1), replace(DEPTHWISE, padding=(1, 1, 2, 2))]
    graph = build((4, 3, 4), 0, Rounding.SINGLE, [*wide, POINTWISE, replace(wide[0], kernel=(2, 6))], seed=3)
    compile_objects(compile_model(graph, name="net", target=target).library, tmp_path, compiler, "-O1")


@pytest.mark.needs("clang")
@pytest.mark.parametrize("flag", ["-g", "-funwind-tables", "-fexceptions"])
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])
def test_clang_assembles_kernels_whatever_tables_it_writes(target: str, flag: str, tmp_path: Path) -> None:
    write(zoo_library("separable", target), tmp_path)
    (tmp_path / "string.h").write_text("#include <stddef.h>\nvoid *memcpy(), *memset();\n")
    core = ["--target=arm-none-eabi", f"-mcpu={target}", "-mthumb", "-ffreestanding", "-I."]
    run(["clang", *core, "-O1", flag, "-w", "-c", "net.c"], tmp_path)


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m3", "rv32imc"])
def test_no_two_names_made_of_numbers_are_one(target: str, tmp_path: Path) -> None:
    """Row 1, column 10 and row 11, column 0 of a window of 12x11."""
    blocks = [Block("depthwise", kernel=(12, 11), padding=(6, 5, 5, 5), channels=1, option=1), POINTWISE]
    graph = build((14, 13, 2), 0, Rounding.DOUBLE, blocks, seed=3)
    compile_objects(compile_model(graph, name="net", target=target).library, tmp_path, "gcc", "-O1")


@pytest.mark.parametrize("standard", ["-std=c99", "-std=c11", "-std=c17", "-std=gnu99"])
def test_the_header_stands_alone(standard: str, tmp_path: Path) -> None:
    write(zoo_library("everything_double"), tmp_path)
    (tmp_path / "only.c").write_text('#include "net.h"\n#include "net.h"\nint only;\n')
    run(["gcc", standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "only.c"], tmp_path)


@pytest.mark.parametrize("standard", ["-std=c++11", "-std=c++20"])
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_the_header_is_good_cpp(compiler: str, standard: str, tmp_path: Path) -> None:
    write(zoo_library("everything_double"), tmp_path)
    (tmp_path / "sketch.cpp").write_text(
        '#include "net.h"\n'
        "static net_ctx context;\n"
        "int classify(const int8_t *image, int8_t (&scores)[NET_CLASSES])\n"
        "{\n    return net_invoke(&context, image, scores);\n}\n"
        'static_assert(sizeof(net_ctx) >= NET_ARENA_BYTES, "");\n'
        "int8_t pixel() { return net_quantize(0.5f); }\n"
    )
    flags = ["-Wall", "-Wextra", "-Wpedantic", "-Wold-style-cast", "-Werror", "-fsyntax-only"]
    run([compiler_or_skip(compiler), standard, *flags, "sketch.cpp"], tmp_path)


def test_cpp_links_with_the_library(tmp_path: Path) -> None:
    library = zoo_library("everything_double")
    objects = compile_objects(library, tmp_path, "gcc", "-O1")
    (tmp_path / "main.cpp").write_text(
        '#include "net.h"\n'
        "int main()\n{\n"
        "    static net_ctx context;\n    static int8_t image[NET_IMAGE_BYTES], scores[NET_OUTPUT_BYTES];\n"
        f"    return net_invoke(&context, image, scores) != NET_OK || sizeof(net_ctx) != {library.context_bytes};\n}}\n"
    )
    run([compiler_or_skip("g++"), "main.cpp", *objects, "-o", "main"], tmp_path)
    run(["./main"], tmp_path)


def hostile(graph: Graph) -> Graph:
    """The graph with names that try to leave their comments and string literals."""
    names = [
        "a */ b",
        "/* c",
        "d\nint e;",
        "f\\",
        "g??/",
        "*/*/*/",
        "h\r\n#error i",
        "\u2028j é",
        "// k",
        "%s {{ l }}",
        "/*/",
    ]
    operators = tuple(
        replace(op, name=f"{names[number % len(names)]} {number}", source=names[-number % len(names)])
        for number, op in enumerate(graph.operators)
    )
    labels = tuple((names * 4)[: graph.output_tensor.channels])
    return replace(graph, operators=operators, name="*/ #error \\", labels=labels)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_names_cannot_leave_their_comments(compiler: str, tmp_path: Path) -> None:
    library = compile_model(hostile(zoo("everything_double")), name="net", trace=True).library
    assert "net_labels" in library.files["net.h"]
    compile_objects(library, tmp_path, compiler)
    clean = zoo_library("everything_double", trace=True)
    without_comments = [
        run(["gcc", "-fpreprocessed", "-dD", "-E", "-P", "net.c"], write(each, tmp_path / str(number)))
        for number, each in enumerate((library, clean))
    ]
    assert without_comments[0] == without_comments[1]


def test_the_library_may_have_another_name(tmp_path: Path) -> None:
    plan = make_plan(optimized(zoo("separable")), find_target("generic"))
    library = make_library(plan, "my_model_2")
    assert {Path(file).name for file in library.files} >= {"my_model_2.c", "my_model_2.h", "my_model_2_weights.c"}
    assert all("net_" not in text for text in library.files.values())
    compile_objects(library, tmp_path, "gcc")
