"""DSP kernels in every shape that has code of its own, in portable C and in the emulator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Conv2D, Graph
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.windows import refused_widening
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.calm_graphs import calm_graph
from tests.support.random_graphs import Block, build, random_inputs

SAME, EVEN = (1, 1, 1, 1), (0, 1, 0, 1)


def relu(kind: str, **fields: object) -> Block:
    return Block(kind, clamp="relu", zero_point=-128, **fields)  # type: ignore[arg-type]


def network(height: int, width: int, image_channels: int, channels: int, border: tuple[int, ...], seed: int) -> Graph:
    """A first convolution that halves, separable blocks of stride 1, 2 and 1, and a linear end."""
    window, halved = (3, 3), {"kernel": (3, 3), "stride": (2, 2), "padding": border}
    blocks = [
        relu("conv", channels=channels, **halved),
        relu("depthwise", kernel=window, padding=SAME),
        relu("conv", channels=2 * channels),
        relu("depthwise", **halved),
        relu("conv", channels=16),
        relu("depthwise", kernel=window, padding=SAME),
        Block("conv", channels=12, zero_point=5),
    ]
    return build((height, width, image_channels), 3, Rounding.DOUBLE, blocks, seed=seed)


# After the first convolution: every width from 2 to 14, and 18, 20, 24; borders of either kind.
WIDTHS = [*range(4, 30, 2), 36, 40, 48]
SHAPES = [(h, w, c, k, b) for w in WIDTHS for h, c, k, b in ((w, 3, 8, EVEN), (6, 1, 4, SAME), (14, 3, 20, SAME))]
# Odd widths, of tiles of three and two: before and behind the convolution that halves the map.
ODD_WIDTHS = [(4, w, 3, 20, b) for w in (10, 14, 18, 20, 28, 30, 34, 44, 52) for b in (EVEN, SAME)]
# Windows that reach out of the image below, but not at its sides.
ODD_IMAGES = [(h, w, 3, 8, EVEN) for h, w in ((6, 13), (8, 25), (14, 19))]
IN_EMULATOR = [*(s for i, s in enumerate(SHAPES) if i % 5 == 0), *ODD_IMAGES]


@pytest.mark.parametrize(("height", "width", "image", "channels", "border"), [*SHAPES, *ODD_WIDTHS, *ODD_IMAGES])
def test_portable_c_of_every_width(height: int, width: int, image: int, channels: int, border: tuple[int, ...]) -> None:
    graph = network(height, width, image, channels, border, seed=height * width)
    images = random_inputs(graph, 2, seed=1)
    assert_equal_everywhere(graph, images, fold_constants=False, target="cortex-m4", sanitize=True, flags=["-O1"])


@pytest.mark.parametrize("image_channels", [1, 2, 3, 5])
@pytest.mark.parametrize("width", [2, 3, 4, 5, 6, 7])
def test_pointwise_layers_of_few_channels(width: int, image_channels: int) -> None:
    graph = build((1, width, image_channels), 0, Rounding.DOUBLE, [Block("conv", channels=4)], seed=0)
    images = random_inputs(graph, 2, seed=1)
    assert_equal_everywhere(graph, images, fold_constants=False, target="cortex-m4", sanitize=True, flags=["-O1"])


def windows(width: int, channels: int, seed: int) -> Graph:
    """Standard convolutions of odd rows: windows of few values, whose copying is unrolled, and of many."""
    blocks = [
        relu("conv", kernel=(3, 3), padding=SAME, channels=channels),
        relu("conv", kernel=(3, 3), padding=SAME, channels=10),
        Block("conv", channels=6, zero_point=5),
    ]
    return build((4, width, 2), 3, Rounding.DOUBLE, blocks, seed=seed)


@pytest.mark.parametrize("width", [5, 7, 35])
def test_windows_of_odd_rows(width: int) -> None:
    graph = windows(width, 16, seed=width)
    images = random_inputs(graph, 2, seed=1)
    assert_equal_everywhere(graph, images, fold_constants=False, target="cortex-m4", sanitize=True, flags=["-O1"])


# Width, channels, and the window: tiles of 3, of 3 and 2, of 1, and, of all others, overlapping ones; runs of words
# that 4, 2 and 1 divide; columns that end in values without a partner; borders on all sides, on two and on none.
LARGE_WINDOWS = [
    (6, 8, {"kernel": (3, 3), "padding": SAME}),
    (8, 9, {"kernel": (3, 3), "padding": SAME}),
    (5, 10, {"kernel": (3, 3), "padding": SAME}),
    (16, 13, {"kernel": (2, 5), "padding": (0, 1, 2, 2)}),
    (17, 7, {"kernel": (5, 2), "padding": (2, 2, 0, 0)}),
    (14, 24, {"kernel": (3, 3), "stride": (2, 2), "padding": EVEN}),
    (11, 40, {"kernel": (4, 4)}),
    (7, 24, {"kernel": (3, 3), "padding": SAME}),
    (16, 16, {"kernel": (3, 3), "padding": SAME}),
]


def large_windows(width: int, channels: int, window: dict[str, tuple[int, ...]], outputs: int, apart: bool) -> Graph:
    """apart: no word holds the weights of the windows' first two output channels, so that columns are 256-fold."""
    kinds = relu("conv", channels=channels), relu("conv", channels=outputs, option=1, **window)
    graph = calm_graph((7, width, 3), 3, Rounding.SINGLE, [*kinds, Block("conv", channels=6)], seed=width)
    if not apart:
        return graph
    changed = next(op for op in graph.operators if isinstance(op, Conv2D) and not op.is_pointwise)
    weights = changed.weights.copy()
    weights[:2, 0, 0, 0] = -1, -128
    operators = (replace(op, weights=weights) if op is changed else op for op in graph.operators)
    return replace(graph, operators=tuple(operators))


@pytest.mark.parametrize(("outputs", "apart"), [(8, False), (10, False), (8, True)])
@pytest.mark.parametrize(("width", "channels", "window"), LARGE_WINDOWS, ids=str)
def test_windows_that_are_copied_word_by_word(
    width: int, channels: int, window: dict[str, tuple[int, ...]], outputs: int, apart: bool
) -> None:
    graph = large_windows(width, channels, window, outputs, apart)
    target = replace(find_target("cortex-m4"), channel_multiple=1)
    images = random_inputs(graph, 2, seed=1)
    compiled = assert_equal_everywhere(
        graph, images, fold_constants=False, target=target, sanitize=True, flags=["-O1"]
    ).compiled
    kernel = compiled.plan.stages[1].kernel
    assert isinstance(kernel, DspKernel)
    matrix = compiled.plan.stages[1].stage.matrix
    assert matrix is not None
    plain = not apart and not refused_widening(matrix)
    assert (kernel.plain, kernel.four) == (plain, outputs == 8 and plain and kernel.tiling.text != "3")
    source = compiled.library.files["net.c"]
    if not plain:
        assert "word += " in source
    assert ("next += 3" in source) == (not kernel.four and width not in (6, 5, 11))


@pytest.mark.needs("cortex-m4")
@pytest.mark.slow
@pytest.mark.parametrize("shape", [None, *ODD_WIDTHS], ids=str)
def test_assembly_of_odd_rows(shape: tuple[int, int, int, int, tuple[int, ...]] | None) -> None:
    graph = network(*shape, seed=1) if shape else windows(5, 16, seed=0)
    compiled = compile_model(graph, target="cortex-m4", fold_constants=False, name="net")
    images = random_inputs(graph, 1, seed=2)
    with EmulatedLibrary(compiled.library, find_target("cortex-m4")) as emulated:
        run = emulated.run(images)
    assert np.array_equal(run.outputs, reference.run(graph, images))


@pytest.mark.needs("cortex-m4")
@pytest.mark.slow
@pytest.mark.parametrize(("height", "width", "image", "channels", "border"), IN_EMULATOR)
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "unshared"])
def test_assembly_of_every_width(
    height: int, width: int, image: int, channels: int, border: tuple[int, ...], shared: bool
) -> None:
    from mcugen.codegen.library import make_library

    graph = network(height, width, image, channels, border, seed=height * width)
    compiled = compile_model(graph, target="cortex-m4", fold_constants=False, name="net")
    library = make_library(compiled.plan, "net", share_kernels=shared)
    images = random_inputs(graph, 1, seed=2)
    with EmulatedLibrary(library, find_target("cortex-m4")) as emulated:
        run = emulated.run(images)
    assert np.array_equal(run.outputs, reference.run(graph, images))


def with_weights(first: int, second: int) -> Graph:
    """All pairs of output channels of the convolution behind the first depthwise one have these two weights, and others
    with which their sums go above 0 and below."""
    graph = network(6, 12, 3, 20, EVEN, seed=3)
    changed = next(op for op in graph.operators if isinstance(op, Conv2D) and op.is_pointwise)
    weights = np.zeros_like(changed.weights)
    weights[::2, ..., ::2], weights[1::2, ..., ::2] = first, second
    weights[::2, ..., 1::2], weights[1::2, ..., 1::2] = -first // 2, -second // 2
    operators = (replace(op, weights=weights) if op is changed else op for op in graph.operators)
    return replace(graph, operators=tuple(operators))


# low + 256 * high is a 16-bit integer of all but the last two pairs.
EXTREMES = [
    (127, 127, True),
    (-128, 127, True),
    (127, -128, True),
    (0, -128, True),
    (-1, -128, False),
    (-128, -128, False),
]


@pytest.mark.parametrize(("first", "second", "paired"), EXTREMES)
def test_weights_of_two_channels_in_a_word(first: int, second: int, paired: bool) -> None:
    graph = with_weights(first, second)
    images = random_inputs(graph, 2, seed=1)
    plan = compile_model(graph, target="cortex-m4", fold_constants=False).plan
    kernel = plan.stages[1].kernel
    assert isinstance(kernel, DspKernel)
    assert kernel.paired is paired
    assert_equal_everywhere(graph, images, fold_constants=False, target="cortex-m4", sanitize=True, flags=["-O1"])


@pytest.mark.slow
@pytest.mark.needs("cortex-m4")
@pytest.mark.parametrize(("first", "second"), [extreme[:2] for extreme in EXTREMES])
def test_assembly_of_weights_of_two_channels_in_a_word(first: int, second: int) -> None:
    graph = with_weights(first, second)
    images = random_inputs(graph, 2, seed=1)
    library = compile_model(graph, target="cortex-m4", fold_constants=False).library
    with EmulatedLibrary(library, find_target("cortex-m4")) as emulated:
        outputs = emulated.run(images).outputs
    assert np.array_equal(outputs, reference.run(graph, images).reshape(outputs.shape))
