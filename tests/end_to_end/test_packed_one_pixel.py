"""Packed kernels of stages of one output pixel, in portable C and in the emulator."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.compiler import Compiled, compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.kernels.family import ColumnSource
from mcugen.kernels.packed.one_pixel import PackedOnePixel
from mcugen.validation import validate_in_emulator
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.calm_graphs import calm_graph
from tests.support.dense_graphs import dense_graph
from tests.support.graph_builder import Block
from tests.support.random_graphs import random_inputs

SAME = (1, 1, 1, 1)
RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
LINEAR = {"zero_point": 5, "option": 1}
# Values of the image, then channels of one layer after the other: 0 to 3 values behind whole words, every number of
# channels at a time from 1 to 8, and 1 to 4 at the end.
SIZES = (
    (1030, 1, 1031, 2, 600, 3, 512, 4),
    (205, 5, 206, 6, 207, 7, 208, 8, 130),
    (129, 43, 33, 34, 31, 37, 73, 16),
)
SINGLE, DOUBLE = Rounding.SINGLE, Rounding.DOUBLE
CORE = "cortex-m0plus"


def kernels(compiled: Compiled) -> list[PackedOnePixel]:
    return [planned.kernel for planned in compiled.plan.stages if isinstance(planned.kernel, PackedOnePixel)]


def compiled_on_host(graph: Graph, compiler: str = "gcc") -> Compiled:
    return assert_equal_everywhere(
        graph,
        random_inputs(graph, 2, seed=1),
        fold_constants=False,
        target=CORE,
        compiler=compiler,
        sanitize=True,
        flags=["-O1"],
    ).compiled


@pytest.mark.parametrize(("sizes", "rounding"), list(zip(SIZES, (SINGLE, DOUBLE, SINGLE), strict=True)), ids=str)
def test_portable_c_of_all_sizes(sizes: tuple[int, ...], rounding: Rounding) -> None:
    compiled = compiled_on_host(dense_graph(sizes, rounding, seed=sizes[1]))
    assert [kernel.depth for kernel in kernels(compiled)] == list(sizes[:-1])


@pytest.mark.slow
@pytest.mark.needs("clang")
@given(
    sizes=st.lists(st.integers(1, 70), min_size=3, max_size=6),
    values=st.integers(1, 300),
    rounding=st.sampled_from(Rounding),
    zero_points=st.tuples(st.sampled_from((-128, -128, -7)), st.integers(-128, 127)),
    seed=st.integers(0, 999),
    compiler=st.sampled_from(("gcc", "clang")),
)
@settings(max_examples=12, print_blob=True)
def test_portable_c_of_random_sizes(
    sizes: list[int],
    values: int,
    rounding: Rounding,
    zero_points: tuple[int, int],
    seed: int,
    compiler: str,
) -> None:
    compiled_on_host(dense_graph((values, *sizes), rounding, zero_points, seed), compiler)


@pytest.mark.slow
@pytest.mark.needs(CORE)
@pytest.mark.parametrize(("sizes", "rounding"), list(zip(SIZES, (DOUBLE, SINGLE, DOUBLE), strict=True)), ids=str)
def test_assembly_of_all_sizes(sizes: tuple[int, ...], rounding: Rounding) -> None:
    graph = dense_graph(sizes, rounding, seed=sizes[1] + 1)
    compiled = compile_model(graph, target=CORE, fold_constants=False, name="net")
    assert len(kernels(compiled)) >= len(sizes) - 2
    validation, _ = validate_in_emulator(compiled, random_inputs(graph, 2, seed=2))
    assert validation.mismatch is None


COLUMNS = {
    "a map in memory": ((4, 5, 10), [Block("conv", (4, 5), channels=9, **RELU)], ColumnSource.DIRECT),
    "a window with a border": (
        (2, 2, 30),
        [Block("conv", (3, 3), (2, 2), SAME, channels=9, **RELU)],
        ColumnSource.IM2COL,
    ),
    "a depthwise convolution": (
        (2, 2, 70),
        [Block("depthwise", (3, 3), (2, 2), SAME, **RELU), Block("conv", channels=19, **LINEAR)],
        ColumnSource.DEPTHWISE,
    ),
}


@pytest.mark.parametrize(("shape", "blocks", "source"), COLUMNS.values(), ids=COLUMNS)
def test_where_columns_come_from(shape: tuple[int, int, int], blocks: list[Block], source: ColumnSource) -> None:
    compiled = compiled_on_host(calm_graph(shape, -3, DOUBLE, blocks))
    assert len(kernels(compiled)) == 1
    assert compiled.plan.stages[-1].column_source is source


@pytest.mark.parametrize(("sizes", "taken"), [((128, 8, 8, 6), (0, 1)), ((100, 12, 8, 5), (0,))])
def test_few_weights_take_only_functions_that_others_have(sizes: tuple[int, ...], taken: tuple[int, ...]) -> None:
    """The second layer has the first one's function or not, the last one none."""
    plan = compile_model(dense_graph(sizes, SINGLE, (-128, -128)), target=CORE, fold_constants=False).plan
    assert tuple(i for i, each in enumerate(plan.stages) if isinstance(each.kernel, PackedOnePixel)) == taken
    assert "fewer than 1,024 weights" in plan.stages[-1].refused[0][1]
