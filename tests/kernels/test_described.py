"""What kernels say of themselves is what their functions do, and why there is no better one is what the shapes say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, Graph
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.helium.matrix import matrix
from mcugen.kernels.helium.select import HeliumKernel
from mcugen.plan.explain import kernel_choice
from mcugen.schemas.kernels import BetterKernel, KernelChoice
from tests.support.random_graphs import Block, build
from tests.support.separable_graphs import separable_graph, separable_graphs

RELU = {"clamp": "relu", "zero_point": -128}


def last(graph: Graph, target: str) -> KernelChoice:
    plan = compile_model(graph, target=target, fold_constants=False).plan
    return kernel_choice(plan, plan.stages[-1])


@given(graph=separable_graphs())
@settings(max_examples=20, print_blob=True, deadline=None)
def test_pixels_and_steps_of_helium_are_those_of_the_assembly(graph: Graph) -> None:
    plan = compile_model(graph, target="cortex-m55", fold_constants=False).plan
    for planned in plan.stages:
        kernel, op = planned.kernel, planned.stage.matrix
        if op is None or not isinstance(kernel, HeliumKernel):
            continue
        output = plan.buffers[planned.stage.output.name]
        shape = kernel.matrix_shape(planned.stage, op, output, planned.epilogues[op.name])
        code = "\n".join(matrix(shape))
        blocking = kernel_choice(plan, planned).blocking
        assert ("x 2" in blocking) == ("sum of pixel 1" in code)
        assert ("kept in registers" in blocking) == ("weights of channel 3" in code)
        assert ("16 of" in blocking) == (shape.depth > 16)


def test_helium_computes_one_pixel_at_a_time_where_there_is_one() -> None:
    dense = build((1, 1, 40), -1, Rounding.DOUBLE, [Block("conv", channels=8)], seed=1)
    found = last(dense, "cortex-m55")
    assert (found.name, found.blocking) == ("one pixel", "4 channels x 1 pixel, 16 of 40 values a step")


def test_helium_says_why_weights_of_short_columns_are_not_kept() -> None:
    """The next depthwise convolution, of 5x5, has no kernel there and reads the output channel by channel."""
    blocks = [Block("conv", channels=8, **RELU), Block("depthwise", (5, 5), padding=(2, 2, 2, 2), **RELU)]
    graph = build((8, 8, 8), -1, Rounding.DOUBLE, [*blocks, Block("conv", channels=8)], seed=1)
    plan = compile_model(graph, target="cortex-m55", fold_constants=False).plan
    first = kernel_choice(plan, plan.stages[0])
    (better,) = first.better
    assert better.kernel == "4 channels x 1 pixel, their weights kept in registers"
    assert better.reason.startswith("its output lies [channel][x]")


@given(graph=separable_graphs())
@settings(max_examples=10, print_blob=True, deadline=None)
def test_compiled_packed_pixels_say_two_channels_where_two_are_computed_together(graph: Graph) -> None:
    compiled = compile_model(graph, target="rv32imc", fold_constants=False, name="net")
    code = "\n".join(compiled.library.files.values())
    for planned in compiled.plan.stages:
        found = kernel_choice(compiled.plan, planned)
        if found.name != "pairs of pixels":
            continue
        by_four = int(match[1]) if (match := re.search(r"\((\d+) of", found.blocking)) else None
        if "blocks of 2" in found.blocking:
            assert found.blocking.startswith("1 channel x")
        elif by_four is None:
            assert found.blocking.startswith("2 channels x")
        else:
            assert by_four % 2 == 0
            assert found.blocking.startswith("2 and 1 channels x")
        assert "both0_0" in code or not found.blocking.startswith("2")


@pytest.mark.parametrize(
    ("width", "channels", "reason"),
    [
        (8, 8, ""),
        (8, 6, "6 output channels are no multiple of 4"),
        (9, 8, "rows of 9 pixels stand in tiles of 3"),
        (7, 8, "rows have 7 pixels, an odd number"),
    ],
)
def test_dsp_says_why_not_four_channels(width: int, channels: int, reason: str) -> None:
    found = last(separable_graph(8, width, (12, channels), (1,), seed=1), "cortex-m4")
    assert ("4 channels x 2 pixels" in found.blocking) == (not reason)
    assert [better.reason for better in found.better if better.kernel.startswith("4 channels")] == [reason] * bool(
        reason
    )


def test_dsp_says_why_not_windows_from_the_image() -> None:
    blocks = [Block("conv", (5, 5), padding=(2, 2, 2, 2), channels=8, **RELU), Block("conv", channels=8)]
    graph = build((8, 8, 3), -1, Rounding.DOUBLE, blocks, seed=1)
    plan = compile_model(graph, target="cortex-m4", fold_constants=False).plan
    first = kernel_choice(plan, plan.stages[0])
    windows = BetterKernel("3x3 windows from the image, without columns", "windows of 5x5, not 3x3")
    assert windows in first.better
    assert not any(better.kernel == windows.kernel for better in kernel_choice(plan, plan.stages[1]).better)


@given(graph=separable_graphs())
@settings(max_examples=20, print_blob=True, deadline=None)
def test_a_dsp_kernel_that_is_none_of_the_preferred_ones_says_why(graph: Graph) -> None:
    plan = compile_model(graph, target="cortex-m4", fold_constants=False).plan
    for planned in plan.stages:
        kernel = planned.kernel
        if not isinstance(kernel, DspKernel):
            continue
        found = kernel_choice(plan, planned)
        preferred = kernel.first or kernel.eight or (kernel.four and kernel.tiling.tile_pixels == 2)
        assert preferred or any(better.reason for better in found.better)
        assert all(better.reason and better.kernel != found.blocking for better in found.better)


def test_packed_pixels_without_a_neighbour_are_no_overflow() -> None:
    """Three output channels of few small products: two are computed together, and the third is left."""
    graph = separable_graph(8, 8, (8, 3), (1,), seed=1)
    operators = [
        replace(op, weights=op.weights.clip(-3, 3)) if isinstance(op, Conv2D) and op.is_pointwise else op
        for op in graph.operators
    ]
    found = last(graph.with_operators(tuple(operators), graph.tensors), "rv32imc")
    assert found.blocking == "2 and 1 channels x 4 pixels, blocks of 4 (2 of 3 channels) or 2 values"
    (better,) = [better for better in found.better if better.kernel == "blocks of 4 values"]
    assert better.reason == "no neighbour can be computed together with 1 output channel"
