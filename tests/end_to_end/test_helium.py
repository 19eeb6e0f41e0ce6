"""Helium kernels: every layer equals the reference, in portable C and in the emulator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import DepthwiseConv2D, Graph
from mcugen.kernels.helium.select import HeliumKernel
from mcugen.plan.buffer import Layout
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target
from mcugen.validation import validate_in_emulator
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.random_graphs import Block, build, graphs, random_inputs
from tests.support.separable_graphs import separable_graph, separable_graphs

CORE = "cortex-m55"
SAME = (1, 1, 1, 1)
# Channels and pixels in every relation to vectors of 8 and 16, tiles of 2 and 3 pixels, and reaches of 127 bytes.
SHAPES = [
    (3, 3, (4, 20), (1,)),
    (5, 4, (8, 12, 36), (1, 2)),
    (4, 5, (16, 32), (1,)),
    (6, 6, (36, 132, 4), (1, 1)),
    (4, 13, (12, 64, 148), (2, 1)),
    (8, 26, (44, 8), (2,)),
    (3, 7, (80, 100), (1,)),
]


def relu(kind: str, **fields: object) -> Block:
    return Block(kind, clamp="relu", zero_point=-128, **fields)  # type: ignore[arg-type]


def assert_equal_in_emulator(graph: Graph, *, fold: bool = False) -> None:
    """Every layer, and the output without tracing."""
    compiled = compile_model(graph, target=CORE, fold_constants=fold, name="net")
    images = random_inputs(graph, 1, seed=2)
    assert validate_in_emulator(compiled, images)[0].mismatch is None


@given(graph=separable_graphs(), fold=st.booleans())
@settings(max_examples=15, print_blob=True, deadline=None)
def test_portable_c_of_separable_graphs(graph: Graph, fold: bool) -> None:
    images = random_inputs(graph, 2, seed=0)
    assert_equal_everywhere(graph, images, fold_constants=fold, target=CORE, sanitize=True, flags=["-O1"])


@pytest.mark.needs(CORE)
@pytest.mark.parametrize(("height", "width", "channels", "strides"), SHAPES)
def test_assembly_of_separable_graphs(
    height: int, width: int, channels: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    graph = separable_graph(height, width, channels, strides, padding=width % 2, seed=width)
    assert all(
        isinstance(s.kernel, HeliumKernel) for s in compile_model(graph, target=CORE, fold_constants=False).plan.stages
    )
    assert_equal_in_emulator(graph)


@pytest.mark.needs(CORE)
@pytest.mark.slow
@given(graph=separable_graphs(), fold=st.booleans())
@settings(max_examples=25, print_blob=True, deadline=None)
def test_assembly_of_any_separable_graph(graph: Graph, fold: bool) -> None:
    assert_equal_in_emulator(graph, fold=fold)


@pytest.mark.needs(CORE)
@pytest.mark.parametrize("rounding", list(Rounding))
def test_ends_that_are_linear_or_clamp_inside_a_byte(rounding: Rounding) -> None:
    """Both roundings, a zero point inside the range, and limits inside it; pointwise layers read rows directly."""
    blocks = [
        relu("conv", kernel=(3, 3), padding=SAME, channels=12),
        Block("conv", channels=20, zero_point=5),
        Block("conv", channels=24, zero_point=-3, clamp="relu6"),
        relu("conv", channels=8),
        Block("depthwise", kernel=(3, 3), padding=SAME, zero_point=-128, clamp="relu"),
        relu("conv", channels=40),
        Block("depthwise", kernel=(3, 3), padding=SAME, zero_point=-3, clamp="relu6"),
        relu("conv", channels=8),
        Block("depthwise", kernel=(3, 3), stride=(1, 1), padding=SAME, zero_point=9),
        Block("conv", channels=32, zero_point=17),
    ]
    graph = build((5, 9, 3), 3, rounding, blocks, seed=4)
    images = random_inputs(graph, 2, seed=1)
    assert_equal_everywhere(graph, images, fold_constants=False, target=CORE, sanitize=True, flags=["-O1"])
    assert_equal_in_emulator(graph)


@pytest.mark.needs(CORE)
def test_rows_that_another_kernel_wants_planar() -> None:
    """A depthwise convolution of 5x5 has no Helium kernel: what writes its input scatters channels."""
    blocks = [
        relu("conv", kernel=(3, 3), stride=(2, 2), padding=SAME, channels=8),
        relu("depthwise", kernel=(3, 3), padding=SAME),
        relu("conv", channels=12),
        relu("depthwise", kernel=(5, 5), padding=(2, 2, 2, 2)),
        relu("conv", channels=16),
    ]
    graph = build((14, 18, 3), -1, Rounding.DOUBLE, blocks, seed=2)
    plan = compile_model(graph, target=CORE, fold_constants=False).plan
    (large,) = (op for op in plan.graph.operators if isinstance(op, DepthwiseConv2D) and op.window.kernel == (5, 5))
    assert plan.buffers[large.input].layout is Layout.PLANAR
    assert [isinstance(stage.kernel, HeliumKernel) for stage in plan.stages] == [True, True, False]
    assert_equal_in_emulator(graph)


@pytest.mark.needs(CORE)
@pytest.mark.parametrize(
    ("width", "channels", "kernel", "stride", "padding"),
    [
        (26, 16, (3, 3), (1, 1), SAME),
        (20, 20, (2, 3), (1, 2), (0, 1, 0, 1)),
        (19, 8, (5, 2), (2, 1), (2, 2, 1, 0)),
        (25, 44, (3, 3), (1, 3), (0, 0, 0, 0)),
        (11, 1, (6, 4), (1, 1), (0, 0, 2, 1)),
    ],
)
def test_windows_that_are_copied_together(
    width: int, channels: int, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int, int, int]
) -> None:
    """With and without whole vectors, rows and pixels at the edge, and several fills of a row's block of columns."""
    blocks = [
        Block("conv", channels=4 * channels, zero_point=7),
        Block("conv", channels=channels, zero_point=7),
        Block("conv", kernel=kernel, stride=stride, padding=padding, channels=8, zero_point=-5),
    ]
    graph = build((9, width, 3), 3, Rounding.DOUBLE, blocks, seed=5)
    library = compile_model(graph, target=CORE, fold_constants=False, name="net").library
    assert any("windows_2(places" in text for text in library.files.values())
    images = random_inputs(graph, 2, seed=1)
    assert_equal_everywhere(graph, images, fold_constants=False, target=CORE, sanitize=True, flags=["-O1"])
    assert_equal_in_emulator(graph)


@pytest.mark.needs(CORE)
@pytest.mark.slow
@given(graph=graphs())
@settings(max_examples=15, print_blob=True, deadline=None)
def test_assembly_of_any_graph(graph: Graph) -> None:
    assert_equal_in_emulator(graph, fold=True)


@pytest.mark.needs(CORE)
@pytest.mark.parametrize(("fold", "instructions", "ram"), [(False, 1_990_000, 15_100), (True, 1_330_000, 14_700)])
def test_what_vww_costs(fold: bool, instructions: int, ram: int, load_model: Callable[[str], Graph]) -> None:
    """CMSIS-NN takes 6.42 million instructions on this core, with every channel."""
    graph = load_model("vww_96_int8.tflite")
    compiled = compile_model(graph, target=CORE, fold_constants=fold)
    images = random_inputs(graph, 1, seed=0)[:1]
    with EmulatedLibrary(compiled.library, find_target(CORE)) as emulated:
        run = emulated.run(images)
    assert np.array_equal(run.outputs, reference.run(graph, images))
    assert run.instructions <= instructions
    assert run.context_bytes + run.stack_bytes <= ram
