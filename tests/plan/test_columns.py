"""Blocks of columns: of one kind where two would take more memory, of two where they take hardly any."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, Graph
from mcugen.kernels.dsp.described import NOT_ONE_WORD
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.windows import refused_widening
from mcugen.plan.arena import best_arrangement
from mcugen.plan.explain import kernel_choice
from tests.support.graph_builder import Block
from tests.support.needs import MODELS, need
from tests.support.random_graphs import build

need("shared-models")
FIELD = MODELS.parent / "field"


def with_weights_apart(graph: Graph, number: int) -> Graph:
    """The graph with two weights in a pointwise convolution that no word holds together, so that it has 256-fold
    columns."""
    changed = [op for op in graph.operators if isinstance(op, Conv2D) and op.is_pointwise][number]
    weights = changed.weights.copy()
    weights[:2, 0, 0, 0] = -1, -128
    operators = (replace(op, weights=weights) if op is changed else op for op in graph.operators)
    return replace(graph, operators=tuple(operators))


@pytest.mark.parametrize(
    ("model", "apart", "plain"),
    [("fomo_r96_gray_c2", None, True), ("fomo_r96_gray_c2", 1, False), ("mlperf_tiny_kws", None, True)],
)
def test_kinds_of_columns(model: str, apart: int | None, plain: bool) -> None:
    graph = compile_model(FIELD / f"{model}.tflite", target="cortex-m4").imported
    plan = compile_model(graph if apart is None else with_weights_apart(graph, apart), target="cortex-m4").plan
    kernels = [stage.kernel for stage in plan.stages]
    assert any(isinstance(kernel, DspKernel) and kernel.plain for kernel in kernels) is plain
    layouts = {name: buffer.layout for name, buffer in plan.buffers.items()}
    cleared = [kernel and kernel.cleared for kernel in kernels]
    stages = [stage.stage for stage in plan.stages]
    _, placement = best_arrangement(plan.graph, stages, layouts, cleared, plan.resident)
    assert plan.arena_bytes <= 1.02 * placement.size


def test_what_a_stage_gave_up_for_memory_is_told_with_the_stage_to_blame() -> None:
    """The stage whose weights no word holds together has 256-fold columns, and then its neighbours have, too."""
    graph = with_weights_apart(compile_model(FIELD / "fomo_r96_gray_c2.tflite", target="cortex-m4").imported, 1)
    plan = compile_model(graph, target="cortex-m4").plan
    apart = [op for op in graph.operators if isinstance(op, Conv2D) and op.is_pointwise][1]
    given_up = [
        better
        for planned in plan.stages
        for better in kernel_choice(plan, planned).better
        if better.reason.endswith(" bytes of RAM less")
    ]
    assert len(given_up) == sum(planned.given_up is not None for planned in plan.stages) > 0
    assert all(f" as those of {apart.name}, " in better.reason for better in given_up)
    (blamed,) = [planned for planned in plan.stages if planned.stage.last.name == apart.name]
    reasons = [better.reason for better in kernel_choice(plan, blamed).better]
    assert NOT_ONE_WORD in reasons


def test_large_windows_whose_rows_are_no_whole_words_keep_256_fold_columns() -> None:
    """Plain columns would be copied value by value there; in small windows that is written out."""
    windows = {
        (kernel, channels): refused_widening(op)
        for kernel, channels in ((3, 30), (3, 32), (4, 30), (3, 7), (1, 30))
        for graph in [build((6, 6, channels), 0, Rounding.DOUBLE, [Block("conv", (kernel, kernel), channels=4)])]
        for op in graph.operators
        if isinstance(op, Conv2D)
    }
    refused = "rows of 90 values of a window are no whole words"
    assert windows == {(3, 30): refused, (3, 32): "", (4, 30): "", (3, 7): "", (1, 30): ""}
