"""Random graphs of every operator: the C code equals the reference on every layer, strictly compiled.

Half of them run under sanitizers, half optimized without: faults of compilers show only there.

A graph may be refused for one reason only, that its sums could overflow.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.codegen.library import make_library
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Border, Graph, verify
from mcugen.simulate.host import run_on_host
from mcugen.targets import TARGETS
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.operators import KINDS
from tests.support.random_graphs import OVERFLOWS, Block, graphs, random_inputs
from tests.support.random_graphs import build as build_graph

# Every example is a run of a compiler, about half a second; a failure prints how to run its example again.
FAST = settings(max_examples=40, print_blob=True)
SLOW = settings(max_examples=100, print_blob=True)
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] or ["cc"]
LEVELS = ("-O1", "-O2")


class Build(NamedTuple):
    """How a graph is made a program."""

    fold_constants: bool
    target: str
    resident: bool
    compiler: str
    sanitize: bool
    level: str


builds = st.builds(
    Build,
    fold_constants=st.booleans(),
    target=st.sampled_from(["generic", *(target.name for target in TARGETS if target.machine)]),
    resident=st.booleans(),
    compiler=st.sampled_from(COMPILERS),
    sanitize=st.booleans(),
    level=st.sampled_from(LEVELS),
)


def check(graph: Graph, build: Build) -> None:
    """Compares every layer on five images of extremes and three random ones, and the shipped code's outputs."""
    images = random_inputs(graph, 3, seed=0)
    flags = [build.level, "-DNET_NO_OPTIMIZE_PRAGMA"]
    options = {"compiler": build.compiler, "sanitize": build.sanitize, "flags": flags}
    how = {"fold_constants": build.fold_constants, "target": build.target}
    try:
        result = assert_equal_everywhere(graph, images, **how, resident=build.resident, **options)  # type: ignore[arg-type]
    except UnsupportedModelError as refusal:
        if not any(reason in refusal.message for reason in OVERFLOWS):
            raise
        return
    if not build.sanitize:
        library = make_library(result.compiled.plan, "net")
        assert np.array_equal(run_on_host(library, images, **options).outputs, result.outputs)  # type: ignore[arg-type]


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


def _many_random_graphs(blocks: int, size: int) -> Callable[[], None]:
    """A test of its own for each kind of size. None draws while it runs: `make test-fresh` ends it at any example."""

    @pytest.mark.exhaustive
    @given(graph=graphs(max_blocks=blocks, max_size=size), build=builds)
    @SLOW
    def test(graph: Graph, build: Build) -> None:
        check(graph, build)

    return test


test_many_random_graphs_of_large_maps = _many_random_graphs(3, 16)
test_many_random_graphs = _many_random_graphs(7, 9)
test_many_random_graphs_of_many_layers = _many_random_graphs(11, 7)


@given(graph=graphs(max_blocks=4), index=st.integers(0, 7), build=builds)
@settings(FAST, max_examples=15)
def test_an_output_that_others_read(graph: Graph, index: int, build: Build) -> None:
    check(stopped_early(graph, index), build)


# What writes the rows that a depthwise layer reads by channels: every operator that others may read.
_EXAMPLES = [block for kind in KINDS for block in kind.examples]
WRITERS = {f"{block.kind} {number}": block for number, block in enumerate(_EXAMPLES)}
PAIRS = [(first, second) for first in WRITERS for second in WRITERS]


def _pair_check(first: Block, second: Block, width: int) -> None:
    """Both operators, then a depthwise layer: by every compiler at every level, traced and as shipped."""
    last = Block("depthwise", (3, 3), padding=(1, 1, 1, 1), clamp="relu", zero_point=-128, option=1)
    blocks = [first, second, last, Block("conv", channels=4, option=1)]
    graph = build_graph((width, width, 4), -1, Rounding.DOUBLE, blocks, seed=width)
    for compiler in COMPILERS:
        for level in LEVELS:
            check(graph, Build(False, "generic", False, compiler, False, level))


@pytest.mark.parametrize("first", WRITERS)
def test_every_operator_before_a_depthwise_layer(first: str) -> None:
    for width in (8, 16):
        _pair_check(Block("conv", channels=8, option=1), WRITERS[first], width)


@pytest.mark.exhaustive
@pytest.mark.parametrize("width", [4, 8, 16, 32])
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_pair_of_operators(first: str, second: str, width: int) -> None:
    _pair_check(WRITERS[first], WRITERS[second], width)
