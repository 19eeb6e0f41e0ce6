"""Why each stage has the kernel that it has: every choice is explained, and the reasons are those of the shapes."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, DepthwiseConv2D, Graph
from mcugen.kernels import FALLBACK
from mcugen.plan.explain import kernel_choice, reasons
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
            assert (view.family, view.blocking, view.refused, view.better) == (FALLBACK.name, "", (), ())
            assert view.name.startswith(type(planned.stage.first).__name__)
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


def test_an_addition_that_has_no_linear_form_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build((6, 6, 4), -1, Rounding.DOUBLE, [Block("conv", channels=4), Block("residual", option=2)], seed=1)
    linear = views(graph, "cortex-m4")[-1]
    assert (linear.name, linear.forms[0].form, reasons(linear)) == ("Add linear", "linear", [])
    monkeypatch.setattr("mcugen.ir.operators.add.linear_add", lambda *_: None)
    exact = views(graph, "cortex-m4")[-1]
    (form,) = exact.forms
    assert (exact.name, form.form) == ("Add with double rounding", "three_roundings")
    assert reasons(exact) == [f"{form.layer} is three_roundings: linear is not equal in 4 channels"]


@pytest.mark.parametrize("target", ["cortex-m3", "cortex-m4", "cortex-m55", "generic"])
def test_forms_of_requantization(target: str) -> None:
    """Each layer that requantizes has one, which is that of portable code where no kernel has its own."""
    blocks = [Block("conv", zero_point=3), Block("depthwise", zero_point=-7), Block("average"), Block("softmax")]
    plan = compile_model(build((12, 12, 3), -1, Rounding.DOUBLE, blocks, seed=5), target=target).plan
    for planned in plan.stages:
        found = kernel_choice(plan, planned)
        assert [form.layer for form in found.forms] == list(planned.epilogues)
        for form in found.forms:
            epilogue = planned.epilogues[form.layer]
            assert form.in_kernel or form.form == epilogue.form
            assert [(each.form, each.differs_in_channels) for each in form.rejected] in ([], list(epilogue.rejected))
            told = [line for line in reasons(found) if line.startswith(f"{form.layer} is {form.form}: ")]
            assert len(told) == bool(form.rejected)
    assert kernel_choice(plan, plan.stages[-1]).name.startswith("Softmax by ")


def test_a_reason_of_several_families_is_told_once() -> None:
    blocks = [Block("conv", channels=8), Block("depthwise"), Block("average")]
    graph = build((12, 12, 3), -1, Rounding.DOUBLE, blocks, seed=5)
    (alone,) = [view for view in views(graph, "cortex-m55") if view.name == "pixel by pixel"]
    assert [refusal.title for refusal in alone.refused] == ["Helium", "DSP instructions"]
    assert len([line for line in reasons(alone) if line.startswith("not Helium nor DSP instructions: ")]) == 1
