"""Random graphs of every operator: the C code equals the reference on every layer, strictly compiled and sanitized.

A graph may be refused for one reason only, that its sums could overflow.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Border, Graph, verify
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.random_graphs import graphs, random_inputs

# Every example is a run of a compiler, about half a second; a failure prints how to run its example again.
FAST = settings(max_examples=40, print_blob=True)
SLOW = settings(max_examples=300, print_blob=True)
OVERFLOWS = ("past 2^30", "do not fit a 32-bit bias")


def check(graph: Graph, fold: bool, target: str, compiler: str) -> None:
    """Compares every layer on five images of extremes and three random ones."""
    try:
        assert_equal_everywhere(
            graph,
            random_inputs(graph, 3, seed=0),
            fold_constants=fold,
            target=target,
            compiler=compiler,
            sanitize=True,
            flags=["-O1"],
        )
    except UnsupportedModelError as refusal:
        if not any(reason in refusal.message for reason in OVERFLOWS):
            raise


def stopped_early(graph: Graph, index: int) -> Graph:
    """The graph with another of its tensors as output: others read it as well, and nobody needs what they make."""
    output = graph.operators[index % len(graph.operators)].output
    tensor = graph.tensors[output]
    border = Border("int8", tensor.scale, tensor.zero_point, "half_away", "NHWC", (1, *tensor.shape))
    return verify(replace(graph, output=output, output_border=border))


targets = st.sampled_from(["generic", "cortex-m4", "cortex-m3", "cortex-m0plus"])
compilers = st.sampled_from(["gcc", "clang"])


@given(graph=graphs(), fold=st.booleans(), target=targets, compiler=compilers)
@FAST
def test_random_graphs(graph: Graph, fold: bool, target: str, compiler: str) -> None:
    check(graph, fold, target, compiler)


@pytest.mark.slow
@given(graph=graphs(max_blocks=8), fold=st.booleans(), target=targets, compiler=compilers)
@SLOW
def test_many_longer_random_graphs(graph: Graph, fold: bool, target: str, compiler: str) -> None:
    check(graph, fold, target, compiler)


@given(graph=graphs(max_blocks=4), index=st.integers(0, 7), fold=st.booleans(), target=targets)
@settings(FAST, max_examples=15)
def test_an_output_that_others_read(graph: Graph, index: int, fold: bool, target: str) -> None:
    check(stopped_early(graph, index), fold, target, "gcc")
