"""Outputs by rows: of random graphs with one or several outputs, read by others or not, and of nets of the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcugen.compiler import compile_model
from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.several_outputs import join_outputs
from mcugen.ir import Border, Graph, verify
from mcugen.simulate.host import RunError, run_on_host
from mcugen.targets import TARGETS
from mcugen.validation import load_vectors, validate, validate_in_emulator
from tests.codegen.building import compile_objects, run, zoo
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.end_to_end.test_field_models import FIELD
from tests.end_to_end.test_random_graphs import stopped_early
from tests.support.needs import need
from tests.support.random_graphs import OVERFLOWS, graphs, random_inputs

TARGET_NAMES = [target.name for target in TARGETS]
MODELS = ["fomo_r96_gray_c2", "heads2_r64_rgb"]


def with_outputs(graph: Graph, indices: Sequence[int]) -> Graph:
    """The graph with what these of its operators make as outputs, one of them or several, the same twice perhaps."""
    if len(indices) == 1:
        return stopped_early(graph, indices[0])
    tensors = [graph.tensors[graph.operators[index % len(graph.operators)].output] for index in indices]
    borders = [Border("int8", t.scale, t.zero_point, "half_away", "NHWC", (1, *t.shape)) for t in tensors]
    return verify(join_outputs(graph, tensors, borders))


@pytest.mark.needs("cc")
@given(
    graph=graphs(max_blocks=4),
    indices=st.lists(st.integers(0, 9), min_size=1, max_size=3),
    target=st.sampled_from(TARGET_NAMES),
    fold=st.booleans(),
    resident=st.booleans(),
    sanitize=st.booleans(),
)
@settings(max_examples=6, print_blob=True)
def test_random_graphs(
    graph: Graph, indices: list[int], target: str, fold: bool, resident: bool, sanitize: bool
) -> None:
    imported = with_outputs(graph, indices)
    assume(any(output.tensor.height > 1 for output in imported.outputs))
    how = {"target": target, "fold_constants": fold, "resident": resident, "sanitize": sanitize}
    images = random_inputs(imported, 2, seed=0)
    try:
        assert_equal_everywhere(imported, images, output_rows=True, **how)  # type: ignore[arg-type]
    except UnsupportedModelError as refusal:
        if not any(reason in refusal.message for reason in OVERFLOWS):
            raise


@pytest.mark.needs("cc", "shared-models")
@pytest.mark.parametrize("model", MODELS)
def test_whole_maps_take_more_and_give_the_same(model: str) -> None:
    compiled = compile_model(FIELD / f"{model}.tflite", target="cortex-m4", name="net", output_rows=True)
    whole = compile_model(FIELD / f"{model}.tflite", target="cortex-m4", name="net")
    assert compiled.ram_bytes < whole.ram_bytes
    vectors = load_vectors(FIELD / f"{model}.npz", compiled.imported)
    result = validate(compiled, vectors.images[:0], vectors=vectors)
    assert result.bit_exact
    assert result.vectors is not None
    assert result.vectors.exact
    assert result.context_bytes == compiled.ram_bytes


@pytest.mark.slow
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m55", "rv32imc"])
def test_in_the_emulator(core: str) -> None:
    need("shared-models", core)
    compiled = compile_model(FIELD / "heads2_r64_rgb.tflite", target=core, name="net", output_rows=True)
    vectors = load_vectors(FIELD / "heads2_r64_rgb.npz", compiled.imported)
    result, costs = validate_in_emulator(compiled, vectors.images[:1])
    assert result.bit_exact
    assert result.context_bytes == compiled.ram_bytes
    # What the program's function needs is unknown.
    assert costs.stack_bound is None


@pytest.mark.needs("cc", "shared-models")
def test_a_row_that_is_left_out_is_noticed() -> None:
    compiled = compile_model(FIELD / "heads2_r64_rgb.tflite", name="net", output_rows=True)
    source = compiled.library.files["net.c"]
    call = "ctx->on_row(ctx->user, 1, y, row_6(arena, y));"
    assert call in source
    images = np.zeros((1, *compiled.imported.input_tensor.shape), np.int8)
    for wrong in (f"if (y != 3) {{ {call} }}", call.replace("1, y,", "1, 7 - y,")):
        files = {**compiled.library.files, "net.c": source.replace(call, wrong)}
        with pytest.raises(RunError, match="left out rows of an output, or mixed them up"):
            run_on_host(replace(compiled.library, files=files), images)


# On the first row of an output, the program drops the image and feeds the next one.
DROPS_AN_IMAGE = """
#include <stdio.h>
#include "net.h"
static net_ctx ctx;
static int drop = 1;
static void on_row(void *user, int32_t output, int32_t y, const int8_t *values)
{
    (void)user;
    (void)output;
    (void)values;
    if (drop) {
        drop = 0;
        (void)net_begin(&ctx, on_row, NULL);
    } else {
        printf("%d ", (int)y);
    }
}
int main(void)
{
    static const int8_t row[NET_ROW_BYTES];
    (void)net_begin(&ctx, on_row, NULL);
    while (drop) {
        (void)net_feed_row(&ctx, row);
    }
    for (int y = 0; y < NET_HEIGHT; y++) {
        (void)net_feed_row(&ctx, row);
    }
    printf("%d\\n", net_end(&ctx));
}
"""


@pytest.mark.needs("gcc")
def test_the_function_may_begin_another_image(tmp_path: Path) -> None:
    compiled = compile_model(zoo("depthwise_first"), name="net", output_rows=True)
    objects = compile_objects(compiled.library, tmp_path, "gcc", "-O1")
    (tmp_path / "main.c").write_text(DROPS_AN_IMAGE)
    run(["gcc", "-std=c99", "-Wall", "-Werror", "main.c", *objects, "-o", "main"], tmp_path)
    rows = range(compiled.optimized.output_tensor.height)
    assert run(["./main"], tmp_path).split() == [*map(str, rows), "0"]
