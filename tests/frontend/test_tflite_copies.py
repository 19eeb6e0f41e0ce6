"""Copies over more than four dimensions, and TILE, which TensorFlow Lite Micro has not, against NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.ir.operators.resize import Resize
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.frontend.tflite_comparison import load_bytes, random_inputs
from tests.support.tflite_builder import NetworkBuilder

SHAPE = (4, 4, 3)
Build = Callable[[NetworkBuilder], object]


def _deep_shuffled(net: NetworkBuilder) -> None:
    net.reshape((1, 2, 2, 12))
    net.shuffle((1, 2, 2, 2, 2, 3), (0, 1, 3, 2, 4, 5), (1, 4, 4, 3))


REPEATED: dict[str, tuple[Build, Callable[[np.ndarray], np.ndarray]]] = {
    "upsampled": (lambda net: net.upsample(3, 2), lambda x: x.repeat(3, 1).repeat(2, 2)),
    "rows": (lambda net: net.repeat("TILE", (1, 2, 1, 1)), lambda x: np.tile(x, (1, 2, 1, 1))),
    "rows and columns": (lambda net: net.repeat("TILE", (1, 2, 3, 1)), lambda x: np.tile(x, (1, 2, 3, 1))),
    "channels": (lambda net: net.repeat("TILE", (1, 1, 1, 4)), lambda x: np.tile(x, (1, 1, 1, 4))),
    "pixels as channels": (
        lambda net: net.shuffle((1, 4, 1, 2, 2, 3), (0, 1, 3, 2, 4, 5), (1, 4, 2, 6)),
        lambda x: x.reshape(-1, 4, 2, 6),
    ),
    "blocks as channels": (
        lambda net: net.shuffle((1, 2, 2, 2, 2, 3), (0, 1, 3, 2, 4, 5), (1, 2, 2, 12)),
        lambda x: x.reshape(-1, 2, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(-1, 2, 2, 12),
    ),
    "channels as blocks": (
        _deep_shuffled,
        lambda x: x.reshape(-1, 2, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(-1, 4, 4, 3),
    ),
    "once": (lambda net: net.repeat("TILE", (1, 1, 1, 1)), lambda x: x),
}


@pytest.mark.parametrize(("build", "expected"), REPEATED.values(), ids=REPEATED.keys())
@pytest.mark.parametrize("io", ["int8", "uint8"])
def test_repeated(build: Build, expected: Callable[[np.ndarray], np.ndarray], io: str, tmp_path: Path) -> None:
    """As the only operator."""
    net = NetworkBuilder(shape=SHAPE, io=io)
    build(net)
    graph = load_bytes(net.finish(), tmp_path)
    images = reference.quantize_input(graph, random_inputs(graph))
    np.testing.assert_array_equal(reference.run(graph, images), expected(images))


def _between(net: NetworkBuilder, build: Build) -> bytes:
    net.convolution(4, kernel=(3, 3), padding="SAME", activation="RELU")
    build(net)
    net.convolution(2, kernel=(2, 2), padding="VALID")
    return net.finish()


@pytest.mark.parametrize("name", ["upsampled", "rows and columns", "channels"])
@pytest.mark.parametrize("target", ["generic", "cortex-m4"])
def test_generated_code(name: str, target: str, tmp_path: Path) -> None:
    graph = load_bytes(_between(NetworkBuilder(shape=SHAPE), REPEATED[name][0]), tmp_path)
    images = reference.quantize_input(graph, random_inputs(graph))
    assert_equal_everywhere(graph, images, fold_constants=True, target=target, sanitize=True)


def test_upsampling_is_one_operator(tmp_path: Path) -> None:
    graph = load_bytes(_between(NetworkBuilder(shape=SHAPE), lambda net: net.upsample(2, 2)), tmp_path)
    assert [type(operator) for operator in graph.operators].count(Resize) == 1
    assert len(graph.operators) == 3


def _read_twice(net: NetworkBuilder) -> None:
    deep = net.reshape((1, 4, 1, 4, 3))
    net.repeat("TILE", (1, 1, 2, 1, 1))
    doubled = net.reshape((1, 8, 4, 3))
    net.current = deep
    net.concatenate(doubled, net.reshape((1, *SHAPE)), axis=1)


REFUSED: dict[str, tuple[Build, type[Exception], str]] = {
    "an order of no operator": (
        lambda net: net.shuffle((1, 4, 2, 2, 3), (0, 3, 1, 2, 4), (1, 8, 2, 3)),
        UnsupportedModelError,
        r"RESHAPE #2 .*makes \(8, 2, 3\) of \(4, 4, 3\) by copies in an order that is not supported; .*DEPTH_TO_SPACE",
    ),
    "other readers": (_read_twice, UnsupportedModelError, r"has shape \(1, 4, 1, 4, 3\); 1 to 4 dimensions"),
    "more dimensions at the end": (
        lambda net: net.reshape((1, 4, 1, 4, 3)),
        UnsupportedModelError,
        r"has shape \(1, 4, 1, 4, 3\)",
    ),
    "too many axes": (
        lambda net: net.append(
            "TILE",
            [net.current.index, net.file.constant("times", [1, 2])],
            net.map("tile", (1, 8, 4, 3), net.current.scale),
        ),
        ModelFormatError,
        r"TILE #0 .*repeats 4 dimensions \[1, 2\] times",
    ),
    "no shape of these": (
        lambda net: net.repeat("BROADCAST_TO", (1, 7, 4, 3)),
        ModelFormatError,
        r"BROADCAST_TO #0 .*repeats elements of shape \(1, 4, 4, 3\) to \[1, 7, 4, 3\]",
    ),
    "far too many": (
        lambda net: net.repeat("TILE", (1, 30000, 30000, 1)),
        ModelFormatError,
        r"TILE #0 .*more elements than a map may have",
    ),
}


@pytest.mark.parametrize(("build", "kind", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(build: Build, kind: type[Exception], message: str, tmp_path: Path) -> None:
    net = NetworkBuilder(shape=SHAPE)
    build(net)
    with pytest.raises(kind, match=message):
        load_bytes(net.finish(), tmp_path)


def _two_outputs(net: NetworkBuilder) -> None:
    deep = net.reshape((1, 4, 1, 4, 3))
    other = net.map("other", (1, 4, 1, 4, 3), net.current.scale, net.current.zero_point)
    net.file.operator("RESHAPE", [deep.index], [deep.index, other.index], "ReshapeOptions")
    net.current = other


def _without_inputs(net: NetworkBuilder) -> None:
    deep = net.map("deep", (1, 4, 1, 4, 3), net.current.scale, net.current.zero_point)
    net.append("RESHAPE", [], deep, "ReshapeOptions")
    net.reshape((1, *SHAPE))


def _left_out(net: NetworkBuilder) -> None:
    deep = net.map("deep", (1, 4, 1, 4, 3), net.current.scale, net.current.zero_point)
    net.append("RESHAPE", [-1], deep, "ReshapeOptions")
    net.reshape((1, *SHAPE))


def _images_without_inputs(net: NetworkBuilder) -> None:
    net.append("BATCH_TO_SPACE_ND", [], net.map("image", (1, *SHAPE), net.current.scale), "BatchToSpaceNDOptions")


def _convolution_of_two_outputs(net: NetworkBuilder) -> None:
    """Two dilations that share what is before them."""
    net.images((2, 2), ((0, 0), (0, 0)))
    first = net.convolution(3, kernel=(1, 1), padding="VALID")
    second = net.map("second", first.shape, first.scale, first.zero_point)
    net.file.operators[-1].outputs = (first.index, second.index)
    images = [net.image((2, 2), ((0, 0), (0, 0)))]
    net.current = second
    images.append(net.image((2, 2), ((0, 0), (0, 0))))
    net.add(*images)


DAMAGED = [_two_outputs, _without_inputs, _left_out, _images_without_inputs, _convolution_of_two_outputs]


@pytest.mark.parametrize("build", DAMAGED, ids=lambda build: build.__name__.strip("_"))
def test_damaged_chains_end(build: Build, tmp_path: Path) -> None:
    net = NetworkBuilder(shape=SHAPE)
    build(net)
    with pytest.raises((ModelFormatError, UnsupportedModelError)) as caught:
        load_bytes(net.finish(), tmp_path)
    assert "\n" not in str(caught.value)


def test_blocks_have_a_limit(tmp_path: Path) -> None:
    net = NetworkBuilder(shape=(40, 40, 1))
    net.shuffle((1, 2, 20, 2, 20, 1), (0, 1, 3, 2, 4, 5), (1, 2, 2, 400))
    with pytest.raises(UnsupportedModelError, match=r"RESHAPE #2 .*blocks of 20; up to 16 are supported"):
        load_bytes(net.finish(), tmp_path)
