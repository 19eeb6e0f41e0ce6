"""DSP kernels of stages of one output pixel, in portable C and in the emulator."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.compiler import Compiled, compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, Graph, verify
from mcugen.kernels.dsp.one_pixel import OnePixelKernel
from mcugen.kernels.family import ColumnSource
from mcugen.targets import Target, find_target
from mcugen.validation import validate_in_emulator
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.calm_graphs import calm_graph
from tests.support.dense_graphs import dense_graph
from tests.support.random_graphs import Block, random_inputs

SAME = (1, 1, 1, 1)
RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
LINEAR = {"zero_point": 5, "option": 1}
# Values of the image, then channels of one layer after the other: with and without a loop, of 4 and of 3 quads, behind
# it 0 to 3 values; 1 to 4 channels at a time, and 1 to 3 at the end.
SIZES = (
    (300, 4, 3, 2, 1, 8, 64, 5),
    (1, 7, 6, 10, 9, 70, 34, 33),
    (17, 35, 13, 31, 22, 21, 12, 1),
    (18, 27, 69, 40, 19, 23, 46, 2),
)
SINGLE, DOUBLE = Rounding.SINGLE, Rounding.DOUBLE


def unaligned(core: str) -> Target:
    """The core without padding of channels: there are as many as were asked for."""
    return replace(find_target(core), channel_multiple=1)


def kernels(compiled: Compiled) -> list[OnePixelKernel]:
    return [planned.kernel for planned in compiled.plan.stages if isinstance(planned.kernel, OnePixelKernel)]


def compiled_on_host(graph: Graph, compiler: str = "gcc") -> Compiled:
    images, core = random_inputs(graph, 2, seed=1), unaligned("cortex-m4")
    return assert_equal_everywhere(
        graph, images, fold_constants=False, target=core, compiler=compiler, sanitize=True, flags=["-O1"]
    ).compiled


@pytest.mark.parametrize(("sizes", "rounding"), list(zip(SIZES, (SINGLE, DOUBLE) * 2, strict=True)), ids=str)
def test_portable_c_of_all_sizes(sizes: tuple[int, ...], rounding: Rounding) -> None:
    compiled = compiled_on_host(dense_graph(sizes, rounding, seed=sizes[1]))
    assert [kernel.depth for kernel in kernels(compiled)] == list(sizes[:-1])


@pytest.mark.slow
@pytest.mark.needs("clang")
@given(
    sizes=st.lists(st.integers(1, 70), min_size=3, max_size=7),
    values=st.integers(1, 300),
    rounding=st.sampled_from(Rounding),
    zero_points=st.tuples(st.sampled_from((-128, -128, -7)), st.integers(-128, 127)),
    seed=st.integers(0, 999),
    compiler=st.sampled_from(("gcc", "clang")),
)
@settings(max_examples=12, print_blob=True)
def test_portable_c_of_random_sizes(
    sizes: list[int], values: int, rounding: Rounding, zero_points: tuple[int, int], seed: int, compiler: str
) -> None:
    compiled = compiled_on_host(dense_graph((values, *sizes), rounding, zero_points, seed), compiler)
    assert len(kernels(compiled)) >= (len(sizes) // 2 if zero_points[0] == -128 else 0)


@pytest.mark.slow
@pytest.mark.needs("{core}")
@pytest.mark.parametrize(
    ("core", "sizes", "rounding"),
    [
        *(("cortex-m4", sizes, rounding) for sizes, rounding in zip(SIZES, (DOUBLE, SINGLE) * 2, strict=True)),
        ("cortex-m7", SIZES[1], DOUBLE),
        ("cortex-m33", SIZES[2], DOUBLE),
        ("cortex-m55", SIZES[3], DOUBLE),
    ],
    ids=str,
)
def test_assembly_of_all_sizes(core: str, sizes: tuple[int, ...], rounding: Rounding) -> None:
    graph = dense_graph(sizes, rounding, seed=sizes[1] + 1)
    compiled = compile_model(graph, target=unaligned(core), fold_constants=False, name="net")
    assert len(kernels(compiled)) >= 4
    validation, _ = validate_in_emulator(compiled, random_inputs(graph, 2, seed=2))
    assert validation.mismatch is None


COLUMNS = {
    "a map in memory": ((2, 3, 5), [Block("conv", (2, 3), channels=9, **RELU)], ColumnSource.DIRECT),
    "a window with a border": (
        (2, 2, 5),
        [Block("conv", (3, 3), (2, 2), SAME, channels=9, **RELU)],
        ColumnSource.IM2COL,
    ),
    "a depthwise convolution": (
        (2, 2, 6),
        [Block("depthwise", (3, 3), (2, 2), SAME, **RELU), Block("conv", channels=7, **LINEAR)],
        ColumnSource.DEPTHWISE,
    ),
}


@pytest.mark.parametrize(("shape", "blocks", "source"), COLUMNS.values(), ids=COLUMNS)
def test_where_columns_come_from(shape: tuple[int, int, int], blocks: list[Block], source: ColumnSource) -> None:
    compiled = compiled_on_host(calm_graph(shape, -3, DOUBLE, blocks))
    assert len(kernels(compiled)) == 1
    assert compiled.plan.stages[-1].column_source is source


@pytest.mark.parametrize(("low", "high", "taken"), [(-1, -128, False), (0, -128, True), (-128, -127, True)])
def test_weights_that_one_half_of_a_word_cannot_hold(low: int, high: int, taken: bool) -> None:
    """low + 256 * high of the first two channels: below -32,768 in the first case only."""
    graph = dense_graph((6, 3, 5), DOUBLE)
    first = graph.operators[0]
    assert isinstance(first, Conv2D)
    weights = first.weights.copy()
    weights[:2, 0, 0, 4] = low, high
    changed = verify(graph.with_operators((replace(first, weights=weights), *graph.operators[1:]), graph.tensors))
    compiled = compiled_on_host(changed)
    stage = compiled.plan.stages[0]
    assert isinstance(stage.kernel, OnePixelKernel) is taken
    if not taken:
        (refused,) = stage.refused
        assert refused[1].startswith("a weight of -128 beside a negative one")
