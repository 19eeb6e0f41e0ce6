"""Random graphs on emulated cores, each with its own kernels: every layer equals the reference, traced and shipped."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mcugen.compiler import compile_model
from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Graph
from mcugen.targets import TARGETS
from mcugen.validation import validate_in_emulator
from tests.support.random_graphs import OVERFLOWS, graphs, random_inputs
from tests.support.separable_graphs import separable_graphs

CORES = [target.name for target in TARGETS if target.machine]
cores = st.sampled_from(CORES)
pytestmark = pytest.mark.needs(*CORES)


def check(graph: Graph, core: str, fold: bool) -> None:
    try:
        compiled = compile_model(graph, target=core, fold_constants=fold, name="net")
    except UnsupportedModelError as refusal:
        if not any(reason in refusal.message for reason in OVERFLOWS):
            raise
        return
    event(core)
    validation, _ = validate_in_emulator(compiled, random_inputs(graph, 1, seed=2))
    assert validation.mismatch is None


@pytest.mark.slow
@given(graph=separable_graphs(), core=cores, fold=st.booleans())
@settings(max_examples=16, print_blob=True)
def test_assembly_of_separable_graphs(graph: Graph, core: str, fold: bool) -> None:
    check(graph, core, fold)


@pytest.mark.slow
@given(graph=graphs(), core=cores, fold=st.booleans())
@settings(max_examples=16, print_blob=True)
def test_random_graphs(graph: Graph, core: str, fold: bool) -> None:
    check(graph, core, fold)


@pytest.mark.exhaustive
@pytest.mark.parametrize("core", CORES)
@given(graph=st.one_of(separable_graphs(), graphs(max_blocks=7, max_size=16)), fold=st.booleans())
@settings(max_examples=60, print_blob=True)
def test_many_graphs(core: str, graph: Graph, fold: bool) -> None:
    check(graph, core, fold)
