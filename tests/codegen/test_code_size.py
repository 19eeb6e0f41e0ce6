"""The estimate of machine code against what the cross compilers make of a model, and the table that it stands on."""

from __future__ import annotations

import re

import pytest

from mcugen.codegen.code_pieces import OUTSIDE, PIECES, code_of, compiled_text
from mcugen.codegen.code_size import TABLE, estimate_code_bytes, read_table, sizes_of
from mcugen.compiler import compile_model
from mcugen.simulate.size import measure_flash
from mcugen.targets import TARGETS
from tests.support.needs import ROOT

MODEL = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
# Of RISC-V Debian's compiler comes without the headers that a measurement needs.
CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55", "xtensa")

SOURCE = """\
static inline uint8_t *row_0(uint8_t *arena, int32_t y)
{
    return arena + 32 * (y % 3);
}

static NET_NOINLINE void stage_0(uint8_t *arena, int32_t y)
{
    static const uint32_t shape[4] = { 1u, 2u, 3u, 4u };
    for (int32_t x = 0; x < 8; x++) {
        row_0(arena, y)[x] = (uint8_t)net_clamp(net_stage_0_bias[x] * x, 0, 255); /* if */
    }
    matrix_0(arena, shape);
}

static void run_group_0(uint8_t *arena)
{
    stage_0(arena, 0);
}

int net_invoke(uint8_t *arena)
{
    run_group_0(arena);
    return 0;
}
"""
KERNELS = r"""
static inline int32_t net_clamp(
    int32_t value, int32_t minimum, int32_t maximum)
{
    return value < minimum ? minimum : value > maximum ? maximum : value;
}

#if NET_ASSEMBLY
NET_NAKED static void matrix_0(uint8_t *row, const uint32_t *shape)
{
    __asm__ volatile(
        "muls r0, r1\n"
        "bx lr\n"
    );
}
#else
static NET_NOINLINE void matrix_0(uint8_t *row, const uint32_t *shape)
{
    row[0] = 0;
}
#endif
"""


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
def test_estimate_is_near_what_the_compiler_makes(core: str) -> None:
    library = compile_model(MODEL, target=core).library
    measured = measure_flash(library)
    assert measured is not None
    code = measured.bytes - library.constant_bytes
    assert abs(estimate_code_bytes(library) - code) <= 0.05 * code


@pytest.mark.parametrize("core", CORES)
def test_every_function_of_its_own_is_counted(core: str) -> None:
    """None is lost to a macro before its head, whatever it is called."""
    library = compile_model(MODEL, target=core, name="net").library
    counted = code_of(library.files, library.name).functions
    heads = re.findall(
        r"^(?:static )?NET_NOINLINE [^;]*?\b((?:stage|matrix|depthwise|im2col)_\d+)\w*\([^;]*?\n\{",
        "\n".join(compiled_text(text) for text in library.files.values()),
        re.MULTILINE,
    )
    assert set(counted) == {*heads, OUTSIDE}
    assert counted[OUTSIDE]["function"] >= 6


def test_pieces_are_those_that_compilers_see() -> None:
    code = code_of({"net.c": SOURCE, "net_kernels.h": KERNELS}, "net")
    assert code.exact_bytes == 16 + 4
    stage = {piece: count for piece, count in code.functions["stage_0"].items() if count}
    assert stage == {
        "function": 1, "call": 1, "address of a table": 1, "loop": 1, "comparison": 1, "sum or shift": 1, "product": 1,
        "access": 2, "row of a ring": 1, "clamp": 1,
    }  # fmt: skip
    assert {piece: count for piece, count in code.functions[OUTSIDE].items() if count} == {
        OUTSIDE: 1, "function": 1, "call": 1,
    }  # fmt: skip


def test_the_table_can_be_read() -> None:
    """A page of bytes that a piece can have, for each core that code is built for."""
    table = read_table(TABLE.read_text())
    assert list(table) == [target.name for target in TARGETS if target.costs in ("", target.name)]
    for sizes in table.values():
        assert set(PIECES) <= set(sizes)
        assert len(sizes) < 60
        assert all(0 <= size < 1000 for size in sizes.values())
    assert all(sizes_of(target.name) or sizes_of(target.costs) for target in TARGETS)


def test_functions_in_place_have_a_row() -> None:
    """What a template calls in the library's name and compilers put in place."""
    pieces = {piece for sizes in read_table(TABLE.read_text()).values() for piece in sizes}
    templates = ROOT / "templates"
    paths = [*templates.glob("functions/*.c.j2"), templates / "packed/output.h.j2", templates / "dsp/dsp.h.j2"]
    text = "\n".join(path.read_text().split("{% include")[0] for path in paths)
    functions = set(re.findall(r"static (?:inline|\{\{ upper \}\}_INLINE) int32_t \{\{ name \}\}_(\w+)\(", text))
    assert len(functions) > 8
    # Those that only others of them call.
    inner = {"saturate", "scaled_product"}
    assert functions - inner <= pieces
