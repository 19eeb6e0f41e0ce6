"""Random graphs of every operator: the C code equals the reference on every layer, strictly compiled and sanitized.

A graph may be refused for one reason only, that its sums could overflow.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Border, Graph, verify
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.random_graphs import graphs, random_inputs

# Every example is a run of a compiler, about half a second; a failure prints how to run its example again.
FAST = settings(max_examples=40, print_blob=True)
SLOW = settings(max_examples=100, print_blob=True)
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] or ["cc"]
OVERFLOWS = ("past 2^30", "do not fit a 32-bit bias")


class Build(NamedTuple):
    """How a graph is made a program."""

    fold_constants: bool
    target: str
    resident: bool
    compiler: str


builds = st.builds(
    Build,
    fold_constants=st.booleans(),
    target=st.sampled_from(["generic", "cortex-m4", "cortex-m55", "cortex-m3", "cortex-m0plus"]),
    resident=st.booleans(),
    compiler=st.sampled_from(COMPILERS),
)


def check(graph: Graph, build: Build) -> None:
    """Compares every layer on five images of extremes and three random ones."""
    images = random_inputs(graph, 3, seed=0)
    try:
        assert_equal_everywhere(graph, images, **build._asdict(), sanitize=True, flags=["-O1"])
    except UnsupportedModelError as refusal:
        if not any(reason in refusal.message for reason in OVERFLOWS):
            raise


def stopped_early(graph: Graph, index: int) -> Graph:
    """The graph with another of its tensors as output: others read it as well, and nobody needs what they make."""
    output = graph.operators[index % len(graph.operators)].output
    tensor = graph.tensors[output]
    border = Border("int8", tensor.scale, tensor.zero_point, "half_away", "NHWC", (1, *tensor.shape))
    return verify(replace(graph, output=output, output_border=border))


@given(graph=graphs(), build=builds)
@FAST
def test_random_graphs(graph: Graph, build: Build) -> None:
    check(graph, build)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("blocks", "size"), [(3, 16), (7, 9), (11, 7)])
@given(data=st.data(), build=builds)
@SLOW
def test_many_random_graphs(blocks: int, size: int, data: st.DataObject, build: Build) -> None:
    check(data.draw(graphs(max_blocks=blocks, max_size=size)), build)


@given(graph=graphs(max_blocks=4), index=st.integers(0, 7), build=builds)
@settings(FAST, max_examples=15)
def test_an_output_that_others_read(graph: Graph, index: int, build: Build) -> None:
    check(stopped_early(graph, index), build)
