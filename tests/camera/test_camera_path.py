"""The camera path in C against the same integers in NumPy: every row of the net's image, over formats and sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen import reference
from mcugen.camera import FORMATS, ROTATIONS, Camera
from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph, Normalization
from mcugen.reference.pixels import input_of_pixels, offset_normalization
from mcugen.simulate.host import SANITIZE_FLAGS, run_on_host
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target
from tests.support.needs import need
from tests.support.random_graphs import Block, build

SAME = (1, 1, 1, 1)
CONV = Block("conv", (3, 3), (2, 2), SAME, channels=4, clamp="relu", zero_point=-128, option=1)
# Reads rows channel by channel.
DEPTHWISE = Block("depthwise", (3, 3), padding=SAME, clamp="relu", zero_point=-128, option=1)


def net(shape: tuple[int, int, int], block: Block = CONV) -> Graph:
    graph = build(shape, -1, Rounding.DOUBLE, [block], None, seed=3)
    return replace(graph, pixels=offset_normalization(graph))


def assert_equal(
    compiled: Compiled, camera: Camera, compiler: str = "cc", flags: tuple[str, ...] = (), count: int = 3
) -> None:
    """Image rows and outputs of some frames, as traced, and the size of the context."""
    graph, frames = compiled.imported, camera.frames(count)
    library = make_library(compiled.plan, compiled.library.name, trace=True, trace_input=True)
    run = run_on_host(library, frames, compiler=compiler, flags=flags, frames=True)
    expected = input_of_pixels(graph, np.stack([camera(frame) for frame in frames]))
    assert np.array_equal(run.layers[graph.input], expected)
    assert np.array_equal(run.outputs, reference.run(graph, expected))
    assert run.context_bytes == compiled.library.context_bytes


@st.composite
def cameras(draw: st.DrawFn, output: tuple[int, int, int]) -> Camera:
    kind = FORMATS[draw(st.sampled_from(sorted(FORMATS)))]
    step_x, step_y = 2 if kind.pairs else 1, kind.cell
    size = [draw(st.integers(1, 24)) * step for step in (step_x, step_y)]
    width = draw(st.integers(1, size[0] // kind.cell)) * kind.cell
    height = draw(st.integers(1, size[1] // kind.cell)) * kind.cell
    x = draw(st.integers(0, (size[0] - width) // step_x)) * step_x
    y = draw(st.integers(0, (size[1] - height) // step_y)) * step_y
    crop = draw(st.sampled_from(["center", "all", (x, y, width, height)]))
    resize = draw(st.sampled_from(["area", "nearest", "bilinear"]))
    rotate = draw(st.sampled_from(ROTATIONS))
    return Camera(kind.name, size[0], size[1], output, crop, resize, rotate, draw(st.booleans()))


@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_c_equals_the_reference(data: st.DataObject) -> None:
    side = st.integers(2, 13)
    output = (data.draw(side), data.draw(side), data.draw(st.sampled_from([1, 3])))
    camera = data.draw(cameras(output))
    graph = net(output, data.draw(st.sampled_from([CONV, DEPTHWISE])))
    if data.draw(st.booleans()):
        said = Normalization(tuple(0.1 + 0.2 * c for c in range(output[2])), (1.5,), output[2] == 3)
        graph = replace(graph, pixels=said)
    resident = camera.needs_frame or data.draw(st.booleans())
    by_rows = graph.output_tensor.height > 1 and data.draw(st.booleans())
    compiled = compile_model(graph, name="net", camera=camera, resident_image=resident, output_rows=by_rows)
    sanitize = data.draw(st.booleans())
    assert_equal(compiled, camera, flags=SANITIZE_FLAGS if sanitize else ("-O1",))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_formats(name: str, compiler: str) -> None:
    """Of QVGA's shape, where turns of the loop are written out, with strict warnings of both compilers."""
    need(compiler)
    for channels, resize in ((3, "area"), (1, "bilinear"), (1, "nearest")):
        camera = Camera(name, 40, 30, (12, 12, channels), resize=resize, mirror=channels == 1)
        assert_equal(compile_model(net(camera.output), name="net", camera=camera), camera, compiler)


@pytest.mark.parametrize(
    "sizes", [(160, 120, 24, 24), (97, 33, 32, 11), (30, 30, 30, 30), (16, 16, 24, 24), (64, 64, 8, 8)]
)
def test_ratios(sizes: tuple[int, int, int, int]) -> None:
    width, height, across, down = sizes
    camera = Camera("rgb565be", width, height, (down, across, 3), "all")
    assert_equal(compile_model(net(camera.output), name="net", camera=camera), camera)


@pytest.mark.needs("cortex-m4")
def test_in_the_emulator() -> None:
    for name in ("rgb565be", "yuyv", "bayer-bggr"):
        camera = Camera(name, 40, 30, (12, 12, 3))
        compiled = compile_model(net(camera.output), name="net", camera=camera, target="cortex-m4")
        frames = camera.frames(2)
        expected = reference.run(
            compiled.imported, input_of_pixels(compiled.imported, np.stack([camera(frame) for frame in frames]))
        )
        with EmulatedLibrary(compiled.library, find_target("cortex-m4"), frames=True) as library:
            run = library.run(frames)
        assert np.array_equal(run.outputs, expected)
        assert run.context_bytes == compiled.library.context_bytes


def test_rotation_needs_a_frame() -> None:
    camera = Camera("gray", 8, 8, (4, 4, 1), rotate=90)
    with pytest.raises(McugenError, match="begins with other rows"):
        compile_model(net((4, 4, 1)), name="net", camera=camera)


def test_pixels_must_be_known() -> None:
    camera = Camera("gray", 8, 8, (4, 4, 1))
    with pytest.raises(McugenError, match="is not known"):
        compile_model(replace(net((4, 4, 1)), pixels=None), name="net", camera=camera)
