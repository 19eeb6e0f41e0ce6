"""Kernels of four output channels by two pixels, and what copies values into their columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.kernels.dsp.select import DspKernel
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.calm_graphs import calm_graph
from tests.support.random_graphs import Block, random_inputs

TARGET = replace(find_target("cortex-m4"), channel_multiple=1)
ENDS = ({"clamp": "relu", "zero_point": -128}, {"clamp": "none", "zero_point": 3})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A pointwise convolution, windows of any size, and a pointwise one: values that stand side by side in fours, that
    do not, and channels that are one row apart; every kind of tiles, depths with and without a loop."""
    width, height = draw(st.sampled_from([2, 3, 4, 5, 6, 7, 8, 10, 11, 16])), draw(st.integers(1, 5))
    sides = draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    top, left = draw(st.integers(0, sides[0] - 1)), draw(st.integers(0, sides[1] - 1))
    padding = (top, sides[0] - 1 - top, left, sides[1] - 1 - left)
    stride = draw(st.sampled_from([(1, 1), (1, 2), (2, 2)]))
    channels = draw(st.sampled_from([1, 2, 3, 4, 5, 8, 12, 20]))
    outputs = st.sampled_from([4, 8, 12, 6])
    ends = st.sampled_from(ENDS)
    blocks = [Block("conv", channels=channels, **draw(ends))]
    blocks.append(Block("conv", kernel=sides, stride=stride, padding=padding, channels=draw(outputs), **draw(ends)))
    if draw(st.booleans()):
        blocks.append(Block("depthwise", kernel=(3, 3), padding=(1, 1, 1, 1), **draw(ends)))
    blocks.append(Block("conv", channels=draw(outputs), **draw(ends)))
    rounding = draw(st.sampled_from([Rounding.SINGLE, Rounding.DOUBLE]))
    return calm_graph((height, width, draw(st.integers(1, 3))), 3, rounding, blocks, seed=draw(st.integers(0, 99)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_portable_c_of_any_shape(graph: Graph) -> None:
    images = random_inputs(graph, 2, seed=1)
    assert_equal_everywhere(graph, images, fold_constants=False, target=TARGET, sanitize=True, flags=["-O1"])


@pytest.mark.slow
@pytest.mark.needs("cortex-m4")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(), st.sampled_from(["cortex-m4", "cortex-m7", "cortex-m33"]))
def test_assembly_of_any_shape(graph: Graph, core: str) -> None:
    target = replace(find_target(core), channel_multiple=1)
    library = compile_model(graph, target=target, fold_constants=False, name="net").library
    images = random_inputs(graph, 1, seed=2)
    with EmulatedLibrary(library, target) as emulated:
        outputs = emulated.run(images).outputs
    assert np.array_equal(outputs, reference.run(graph, images).reshape(outputs.shape))


# Outputs of the first convolution: as many as a step from pixel to pixel may be, and the next four.
@pytest.mark.parametrize(("channels", "four"), [(2044, True), (2048, False)])
def test_the_widest_step_from_pixel_to_pixel(channels: int, four: bool) -> None:
    blocks = [Block("conv", channels=channels), Block("conv", channels=4)]
    graph = calm_graph((1, 2, 8), 3, Rounding.DOUBLE, blocks, seed=1)
    images = random_inputs(graph, 1, seed=2)
    compiled = assert_equal_everywhere(
        graph, images, fold_constants=False, target=TARGET, sanitize=True, flags=["-O1"]
    ).compiled
    kernel = compiled.plan.stages[0].kernel
    assert isinstance(kernel, DspKernel)
    assert kernel.four is four
