"""No accumulator overflows, or the model is refused in a line that names the layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Add, Conv2D, Graph
from mcugen.plan.planner import make_plan
from mcugen.targets import find_target
from tests.support.passes import optimized
from tests.support.random_graphs import Block, build

GENERIC = find_target("generic")


def changed(bias: int, shift: int) -> Graph:
    """One 1x1 convolution of an image, its first bias and its first channel's shift as given."""
    graph = build((3, 3, 2), 0, Rounding.DOUBLE, [Block("conv", channels=2, option=1)], seed=3)
    (op,) = graph.operators
    assert isinstance(op, Conv2D)
    weights = np.full_like(op.weights, 100)
    requantization = replace(
        op.requantization,
        multiplier=np.array([1 << 30, 1 << 30]),
        shift=np.array([shift, -9]),
        minimum=-128,
        maximum=127,
    )
    changed_op = replace(
        op, weights=weights, bias=np.array([bias, 0], np.int32), requantization=requantization, source="CONV_2D #0"
    )
    return replace(graph, operators=(changed_op,))


def test_sums_past_the_limit_are_refused_by_name() -> None:
    # 65 << 24 is where the output steps from 32 to 33, so that the channel is not constant.
    with pytest.raises(UnsupportedModelError, match=r"conv_0 \(CONV_2D #0\): its sums can reach [\d,]+, past 2\^30"):
        make_plan(optimized(changed(65 << 24, -24)), GENERIC)


def test_a_left_shift_counts() -> None:
    """The same sums are fine without the shift, and past the limit with it."""
    make_plan(optimized(changed(0, 2)), GENERIC)
    with pytest.raises(UnsupportedModelError, match="conv_0"):
        make_plan(optimized(changed(0, 18)), GENERIC)


def test_sums_just_below_the_limit_are_compiled() -> None:
    bias = (1 << 30) - 2 * 2 * 128 * 100 - 1
    make_plan(optimized(changed(bias, -22), fold_constants=False), GENERIC)


def test_a_constant_channel_of_huge_bias_is_tamed_first() -> None:
    """A batch norm that died: bias near 2**30, multiplier near 2**-30, the same output whatever the image."""
    plan = make_plan(optimized(changed((1 << 31) - 100_000, -31)), GENERIC)
    assert max(plan.intervals.magnitudes.values()) < 1 << 30


def test_an_addition_of_absurd_scales_is_refused() -> None:
    graph = build((2, 2, 2), 0, Rounding.DOUBLE, [Block("residual", option=0)], seed=1)
    (op,) = graph.operators
    assert isinstance(op, Add)
    make_plan(optimized(graph), GENERIC)
    arithmetic = replace(op.arithmetic, shifts=(*op.arithmetic.shifts[:2], 5))
    with pytest.raises(UnsupportedModelError, match="add_0"):
        make_plan(optimized(replace(graph, operators=(replace(op, arithmetic=arithmetic),))), GENERIC)
