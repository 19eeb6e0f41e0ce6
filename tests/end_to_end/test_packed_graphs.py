"""Small MobileNets in portable C of the kernels of packed pixels: every layer equals the reference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.compiler import compile_model
from mcugen.ir import Graph
from mcugen.kernels.packed.select import PackedKernel
from mcugen.validation import validate_in_emulator
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.random_graphs import random_inputs
from tests.support.separable_graphs import separable_graph, separable_graphs

TARGETS = ["cortex-m3", "cortex-m0plus", "rv32imc", "xtensa"]
# Channels and pixels in every relation to pairs and words, tiles of a row and what is left of them.
SHAPES = [
    (3, 3, (4, 20), (1,)),
    (5, 4, (8, 13, 36), (1, 2)),
    (4, 5, (16, 33), (1,)),
    (6, 6, (36, 130, 4), (1, 1)),
    (4, 13, (12, 64, 147), (2, 1)),
    (8, 26, (44, 7), (2,)),
    (3, 7, (80, 101), (1,)),
]
# Maps of two rows and two pixels, before and after a stride.
SMALL_SHAPES = [(2, 2, (12, 68), (1,)), (4, 4, (8, 9, 70), (2, 1)), (2, 4, (8, 5), (2,))]
IN_EMULATOR = [(target, *shape) for i, target in enumerate(TARGETS) for shape in SHAPES[i % 2 :: 2]]
IN_EMULATOR += [("cortex-m0plus", *shape) for shape in SMALL_SHAPES]


@given(graph=separable_graphs(), fold=st.booleans(), target=st.sampled_from(TARGETS))
@settings(max_examples=15, print_blob=True, deadline=None)
def test_separable_graphs(graph: Graph, fold: bool, target: str) -> None:
    images = random_inputs(graph, 2, seed=0)
    assert_equal_everywhere(graph, images, fold_constants=fold, target=target, sanitize=True, flags=["-O1"])


@pytest.mark.parametrize("target", TARGETS)
def test_the_kernels_are_what_is_tested(target: str) -> None:
    plan = compile_model(separable_graph(6, 8, (8, 16, 8), (1, 2), seed=1), target=target, fold_constants=False).plan
    assert all(isinstance(stage.kernel, PackedKernel) for stage in plan.stages)


@pytest.mark.needs("{core}")
@pytest.mark.slow
@pytest.mark.parametrize(("core", "height", "width", "channels", "strides"), IN_EMULATOR)
def test_assembly_of_every_shape(
    core: str, height: int, width: int, channels: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    graph = separable_graph(height, width, channels, strides, padding=width % 2, seed=width)
    compiled = compile_model(graph, target=core, fold_constants=False, name="net")
    assert any(isinstance(stage.kernel, PackedKernel) for stage in compiled.plan.stages)
    assert validate_in_emulator(compiled, random_inputs(graph, 1, seed=2))[0].mismatch is None


@pytest.mark.parametrize("target", TARGETS)
def test_linear_layers_run_in_the_kernels(target: str) -> None:
    graph = separable_graph(8, 12, (8, 16, 8), (2, 1), seed=1, linear=-7)
    plan = assert_equal_everywhere(
        graph, random_inputs(graph, 2, seed=0), fold_constants=False, target=target, sanitize=True, flags=["-O1"]
    ).compiled.plan
    assert [getattr(stage.kernel, "zero_point", None) for stage in plan.stages] == [None, -7, None, -7, None]


@pytest.mark.parametrize("target", TARGETS)
def test_rows_of_a_pool_are_given_by_pointers(target: str) -> None:
    graph = separable_graph(12, 12, (4, 8, 8), (2, 1), seed=1)
    plan = assert_equal_everywhere(
        graph, random_inputs(graph, 2, seed=0), fold_constants=False, target=target, sanitize=True, flags=["-O1"]
    ).compiled.plan
    pooled = [stage for stage in plan.stages[1:] if plan.buffers[stage.stage.inputs[0].name].places is not None]
    assert pooled
    assert all(isinstance(stage.kernel, PackedKernel) and stage.kernel.depthwise is not None for stage in pooled)
