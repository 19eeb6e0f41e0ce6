"""Why each stage has the kernel that it has: every choice is explained, and the reasons are those of the shapes."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, DepthwiseConv2D, Graph
from mcugen.kernels import FALLBACK
from mcugen.plan.explain import kernel_choice
from mcugen.schemas.kernels import KernelChoice, Refusal
from mcugen.targets import TARGETS
from tests.support.random_graphs import Block, build
from tests.support.separable_graphs import separable_graph


def views(graph: Graph, target: str) -> list[KernelChoice]:
    plan = compile_model(graph, target=target, fold_constants=False).plan
    return [kernel_choice(plan, planned) for planned in plan.stages]


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_every_preferred_family_says_why_it_refuses(target) -> None:
    """And a kernel that was taken is one of the target's, in the order of its preference."""
    blocks = [Block("conv"), Block("depthwise", (5, 5)), Block("conv", (1, 1)), Block("depthwise"), Block("average")]
    graph = build((12, 13, 3), -1, Rounding.DOUBLE, blocks, seed=3)
    preferred = [use.name for use in target.families]
    plan = compile_model(graph, target=target).plan
    for planned in plan.stages:
        view = kernel_choice(plan, planned)
        if not isinstance(planned.stage.first, Conv2D | DepthwiseConv2D):
            assert (view.family, view.blocking, view.refused) == (FALLBACK.name, "", ())
            continue
        assert view.blocking
        asked = [name for name, _ in planned.refused]
        assert [*preferred, FALLBACK.name][: len(asked) + 1] == [*asked, view.family]
        assert all(reason and not reason.endswith(".") for _, reason in planned.refused)


def test_width_that_no_tile_of_pixels_divides() -> None:
    """Columns come from portable code, and the stage says so."""
    (first, *_) = (v for v in views(separable_graph(18, 18, (4, 4), (1,), seed=1), "cortex-m3") if v.remark)
    assert first.remark == "columns by portable C: width 18 is no multiple of a tile of 4 pixels"


def test_channels_that_helium_does_not_divide() -> None:
    """Of the last layer: all others are padded to a multiple. DSP instructions take it."""
    last = views(separable_graph(8, 8, (4, 6), (1,), seed=1), "cortex-m55")[-1]
    assert last.refused == (Refusal("helium", "Helium", "6 output channels are no multiple of 4"),)
    assert last.family == "dsp"


def test_one_pixel() -> None:
    graph = build((8, 8, 4), -1, Rounding.DOUBLE, [Block("conv"), Block("fully_connected")], seed=1)
    last = views(graph, "cortex-m3")[-1]
    assert last.title == "portable C"
    assert last.refused[0].reason == "one output pixel, where no two share a multiplication"


def test_one_pixel_of_few_weights() -> None:
    """Portable C takes it where the kernel of one pixel would be for it alone."""
    graph = build((8, 8, 4), -1, Rounding.DOUBLE, [Block("conv"), Block("fully_connected")], seed=1)
    last = views(graph, "cortex-m0plus")[-1]
    assert last.title == "portable C"
    assert last.refused[0].reason.startswith("one output pixel of fewer than 1,024 weights")
