"""Stages that compute several rows for each reading of their weights: every layer equals the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.compiler import compile_model
from mcugen.ir import Graph
from mcugen.kernels.packed.select import PackedKernel, seconds_of_pairs
from mcugen.plan.bands import BandOptions
from mcugen.validation import validate_in_emulator
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.bands import band_options, slow_flash
from tests.support.random_graphs import random_inputs
from tests.support.separable_graphs import separable_graph, separable_graphs

DSP = ["cortex-m4", "cortex-m33"]
PACKED = ["cortex-m3", "cortex-m0plus", "rv32imc", "xtensa"]
# Height, width, channels and strides: rows that bands of 2, 3 and 4 divide and do not; tiles of 3, of 3 and 2, and of
# 1; pairs of channels that parts divide and primes of them.
SHAPES = [
    (12, 12, (8, 40, 40, 40), (2, 1, 1)),
    (10, 10, (8, 24, 26), (2, 1)),
    (7, 7, (16, 34, 20), (1, 1)),
    (5, 4, (16, 12, 8), (1, 1)),
    (8, 26, (44, 8), (2,)),
    (3, 13, (12, 64, 148), (1, 1)),
]
OPTIONS = [BandOptions(rows, 1 << 20, slow_flash(cache)) for rows, cache in ((2, 256), (3, 1024), (4, 512), (99, 1024))]


@given(
    graph=separable_graphs(),
    options=band_options(),
    resident=st.booleans(),
    target=st.sampled_from([*DSP, *PACKED]),
    compiler=st.sampled_from(["gcc", "clang"]),
)
@settings(max_examples=15, print_blob=True, deadline=None)
@pytest.mark.needs("clang")
def test_separable_graphs(graph: Graph, options: BandOptions, resident: bool, target: str, compiler: str) -> None:
    images = random_inputs(graph, 2, seed=0)
    assert_equal_everywhere(
        graph,
        images,
        fold_constants=False,
        target=target,
        resident=resident,
        compiler=compiler,
        sanitize=True,
        flags=["-O1"],
        bands=options,
    )


@pytest.mark.parametrize("target", [DSP[0], *PACKED[1:3]])
@pytest.mark.parametrize(("height", "width", "channels", "strides"), SHAPES)
def test_every_shape_has_bands(
    target: str, height: int, width: int, channels: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    graph = separable_graph(height, width, channels, strides, padding=width % 2, seed=width)
    found = set()
    for options in OPTIONS:
        compiled = assert_equal_everywhere(
            graph,
            random_inputs(graph, 2, seed=0),
            fold_constants=False,
            target=target,
            sanitize=True,
            flags=["-O1"],
            bands=options,
        ).compiled
        found |= {kernel.band.rows for s in compiled.plan.stages if (kernel := s.kernel) and kernel.band}
    assert found


@pytest.mark.needs("{core}")
@pytest.mark.slow
@pytest.mark.parametrize("core", [*DSP, *PACKED])
@pytest.mark.parametrize(("height", "width", "channels", "strides"), SHAPES)
def test_assembly(core: str, height: int, width: int, channels: tuple[int, ...], strides: tuple[int, ...]) -> None:
    graph = separable_graph(height, width, channels, strides, padding=width % 2, seed=width)
    for options in (OPTIONS[width % 4], OPTIONS[-1]):
        compiled = compile_model(graph, target=core, fold_constants=False, name="net", bands=options)
        assert validate_in_emulator(compiled, random_inputs(graph, 1, seed=2))[0].mismatch is None


@pytest.mark.parametrize("target", PACKED[1:3])
def test_parts_of_an_odd_number_of_channels(target: str) -> None:
    """Where a kernel for compilers computes two neighbouring output channels together, none are in two parts."""
    assert seconds_of_pairs(np.array([2, 4, 4, 2, 4, 4])) == {2, 5}
    graph = separable_graph(8, 8, (8, 24, 45, 27), (2, 1, 1), seed=1)
    compiled = assert_equal_everywhere(
        graph,
        random_inputs(graph, 2, seed=0),
        fold_constants=False,
        target=target,
        sanitize=True,
        flags=["-O1"],
        bands=BandOptions(ram_bytes=1 << 20, memory=slow_flash(2048)),
    ).compiled
    odd = 0
    for planned in compiled.plan.stages:
        kernel = planned.kernel
        if isinstance(kernel, PackedKernel) and kernel.band and kernel.band.channels:
            odd += kernel.band.channels % 2
            begins = range(0, len(kernel.blocks), kernel.band.channels)
            assert not kernel.pairs or seconds_of_pairs(kernel.blocks).isdisjoint(begins)
    assert odd
