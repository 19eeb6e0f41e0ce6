"""The interface of a library that hands over the rows of its outputs."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.fixedpoint import Rounding
from mcugen.frontend.several_outputs import join_outputs
from mcugen.ir import Border, Graph, verify
from tests.codegen.building import Loaded, run
from tests.support.graph_builder import Block
from tests.support.random_graphs import build, random_inputs

OK, ARGUMENT, ROWS = 0, 1, 2
ROW_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p)


def map_and_vector() -> Graph:
    """A map of 6 x 6 x 5, and its average."""
    return every_block([Block("conv", kernel=(1, 1), channels=5, option=1), Block("average", kernel=(6, 6))])


def every_block(blocks: list[Block]) -> Graph:
    """Of an image of 6 x 6 x 3, with what each block makes as an output."""
    graph = build((6, 6, 3), -3, Rounding.DOUBLE, blocks, seed=1)
    tensors = [graph.tensors[op.output] for op in graph.operators]
    borders = [Border("int8", t.scale, t.zero_point, "half_away", "NHWC", (1, *t.shape)) for t in tensors]
    return verify(join_outputs(graph, tensors, borders))


@pytest.fixture(scope="module", params=[False, True], ids=["streamed", "resident"])
def compiled(request: pytest.FixtureRequest) -> Compiled:
    return compile_model(map_and_vector(), name="net", output_rows=True, resident_image=request.param)


class Collected:
    """What the library hands over, as ((output, row), values), and its function and context."""

    def __init__(self, compiled: Compiled) -> None:
        self.rows: list[tuple[tuple[int, int], list[int]]] = []
        self.users: set[int] = set()
        widths = [output.tensor.width * output.tensor.channels for output in compiled.imported.outputs]

        def on_row(user: int, output: int, y: int, values: int) -> None:
            self.users.add(user)
            self.rows.append(((output, y), list((ctypes.c_int8 * widths[output]).from_address(values))))

        self.function = ROW_FUNCTION(on_row)
        self.context = np.full(compiled.library.context_bytes_at(8), 0xA5, np.uint8)
        self.pointer = ctypes.c_void_p(self.context.ctypes.data)


@pytest.mark.needs("gcc")
def test_rows_are_handed_over_whole_images_or_fed(compiled: Compiled, tmp_path: Path) -> None:
    net = Loaded(compiled.library, tmp_path)
    (image,) = random_inputs(compiled.imported, 1, seed=3)[:1]
    expected = reference.run(compiled.imported, image[None]).ravel()
    rows = [((0, y), expected[30 * y : 30 * y + 30].tolist()) for y in range(6)] + [((1, 0), expected[180:].tolist())]
    whole, fed = Collected(compiled), Collected(compiled)
    pointer, user = ctypes.c_void_p(image.ctypes.data), ctypes.c_void_p(4711)
    assert net.dll.net_invoke(whole.pointer, pointer, whole.function, user) == OK
    assert sorted(whole.rows) == rows
    assert net.dll.net_begin(fed.pointer, fed.function, user) == OK
    for row in image:
        assert net.dll.net_end(fed.pointer) == ROWS
        assert net.dll.net_feed_row(fed.pointer, ctypes.c_void_p(np.ascontiguousarray(row).ctypes.data)) == OK
    assert net.dll.net_end(fed.pointer) == OK
    assert net.dll.net_end(fed.pointer) == ROWS
    assert fed.rows == whole.rows
    assert whole.users == fed.users == {4711}
    assert [((number, y), row.ravel().tolist()) for number, y, row in compiled.predict_rows(image)] == rows


@pytest.mark.needs("gcc")
def test_null_pointers_are_refused(compiled: Compiled, tmp_path: Path) -> None:
    net = Loaded(compiled.library, tmp_path)
    kept = Collected(compiled)
    pixels = ctypes.c_void_p(np.zeros(6 * 6 * 3, np.int8).ctypes.data)
    assert net.dll.net_begin(None, kept.function, None) == ARGUMENT
    assert net.dll.net_begin(kept.pointer, None, None) == ARGUMENT
    assert net.dll.net_invoke(kept.pointer, pixels, None, None) == ARGUMENT
    assert net.dll.net_invoke(kept.pointer, None, kept.function, None) == ARGUMENT
    assert net.dll.net_end(None) == ARGUMENT
    assert kept.rows == []
    assert np.all(kept.context == 0xA5)


def test_the_package_says_it(compiled: Compiled) -> None:
    files = {name: str(text) for name, text in compiled.files().items()}
    for line in ("#define NET_OUTPUT_1_START 180", "int net_end(net_ctx *ctx);"):
        assert line in files["net.h"].splitlines()
    assert "net_result" not in "".join(files.values())
    assert "net_invoke(&ctx, image, on_row, highest)" in files["README.md"]
    # The map is read by the average too, so that its rows are copied.
    assert '"output_rows": [' in files["net.json"]
    assert compiled.library.context_bytes == -(-(8 + compiled.plan.arena_bytes + _counters(compiled)) // 4) * 4


def _counters(compiled: Compiled) -> int:
    first, last = compiled.plan.schedule.groups[0]
    return 2 * (last - first + 3)


def test_nothing_is_said_of_rows_where_outputs_are_whole() -> None:
    files = compile_model(map_and_vector(), name="net").files()
    assert all("output_rows" not in str(text) and "on_row" not in str(text) for text in files.values())


@pytest.mark.needs("gcc")
def test_the_package_s_own_self_test_runs(compiled: Compiled, tmp_path: Path) -> None:
    """The program of the comment in the header of the test vectors."""
    compiled.write(tmp_path / "net")
    head = (tmp_path / "net" / "net_test_vectors.h").read_text()
    lines = [line.removeprefix(" *").removeprefix("     ") for line in head.partition("#ifndef")[0].splitlines()]
    function = "\n".join(
        lines[lines.index("static void keep_row(void *scores, int32_t output, int32_t y, const int8_t *values)") :]
    )
    hook, _, loop = function.partition("\n\n")
    loop = loop.partition("\n}")[0] + "\n}"
    program = f"""
#include <string.h>
#include "net_test_vectors.h"
{hook}
int main(void)
{{
    static net_ctx ctx;
    static int8_t scores[NET_OUTPUT_BYTES];
    int failed = NET_TEST_VECTORS != 2;
    {loop}
    return failed;
}}
"""
    (tmp_path / "main.c").write_text(program)
    sources = [str(path) for path in (tmp_path / "net").glob("*.c")]
    run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-Inet", "main.c", *sources, "-o", "main"], tmp_path)
    run(["./main"], tmp_path)


def test_rows_need_a_map() -> None:
    vector = build((6, 6, 3), -3, Rounding.DOUBLE, [Block("average", kernel=(6, 6))], seed=1)
    with pytest.raises(McugenError, match="no output of the model has rows: 1x1x3"):
        compile_model(vector, name="net", output_rows=True)
