"""Expand, and lengths of vectors on their way to the Div that they are made for: what would go wrong is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx import load
from mcugen.ir.operators.l2_normalize import L2Normalize
from tests.support.onnx_builder import QdqBuilder

_NHWC = (0, 2, 3, 1)
_REFUSED = "by lengths of other vectors, moved or clamped ones (supported: x / sqrt"


def _quotient(
    of_map: Callable[[QdqBuilder, str], str] = lambda net, name: name,
    of_lengths: Callable[[QdqBuilder, str], str] = lambda net, name: name,
) -> QdqBuilder:
    """A map whose height, width and channels are equal by the lengths of its vectors."""
    net = QdqBuilder(shape=(4, 4, 4))
    lengths = net.add_node("ReduceL2", [net.current], axes=(1,))
    net.current = net.add_node("Div", [of_map(net, net.current), of_lengths(net, lengths)])
    net.current = net.quantize(net.current, 1 / 128, 0)
    return net


def _in_shape(op_type: str, *shape: int) -> Callable[[QdqBuilder, str], str]:
    return lambda net, name: net.add_node(op_type, [name, net.integers(*shape)])


def _with_channels_last(net: QdqBuilder, name: str) -> str:
    return net.add_node("Transpose", [name], perm=_NHWC)


def _moved_and_expanded(net: QdqBuilder, name: str) -> str:
    return _in_shape("Expand", 1, 4, 4, 4)(net, _in_shape("Reshape", 1, 4, 1, 4)(net, name))


def _expanded_and_moved(net: QdqBuilder, name: str) -> str:
    return _with_channels_last(net, _in_shape("Expand", 1, 4, 4, 4)(net, name))


REFUSED = {
    "moved lengths": (lambda: _quotient(of_lengths=_in_shape("Reshape", 1, 4, 1, 4)), _REFUSED),
    "lengths expanded and moved": (lambda: _quotient(of_lengths=_expanded_and_moved), _REFUSED),
    "moved map": (lambda: _quotient(of_map=_with_channels_last), _REFUSED),
    "lengths moved and expanded": (
        lambda: _quotient(of_lengths=_moved_and_expanded),
        "lengths of shape (1, 4, 1, 4) to (1, 4, 4, 4) (supported: x / sqrt",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_lengths_divide_nothing_but_their_own_vectors(name: str, tmp_path: Path) -> None:
    make, message = REFUSED[name]
    with pytest.raises(UnsupportedModelError) as raised:
        load(make().save(tmp_path))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "path",
    [_in_shape("Expand", 4, 4), _in_shape("Expand", 1, 4, 1, 1), _in_shape("Reshape", 1, 1, 4, 4)],
    ids=["kept", "expanded", "reshaped"],
)
def test_lengths_that_are_where_they_were_divide(path: Callable[[QdqBuilder, str], str], tmp_path: Path) -> None:
    (operator,) = load(_quotient(of_lengths=path).save(tmp_path)).operators
    assert isinstance(operator, L2Normalize)


def _slopes(*shape: int) -> QdqBuilder:
    """A PRelu of 8 channels, whose slopes an Expand repeats."""
    net = QdqBuilder(shape=(8, 6, 6))
    slopes = net.constant(np.linspace(0, 1, 8, dtype=np.float32).reshape(8, 1, 1))
    net.same_scale("PRelu", net.add_node("Expand", [slopes, net.integers(*shape)]))
    return net


def test_constants_are_expanded(tmp_path: Path) -> None:
    (operator,) = load(_slopes(1, 1, 1, 1).save(tmp_path)).operators
    assert isinstance(operator, ir.Lookup)
    assert operator.table.shape == (8, 256)


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        ((-1, 1, 1), ModelFormatError, "shape (8, 1, 1) to [-1, 1, 1]"),
        ((7, 6, 6), ModelFormatError, "shape (8, 1, 1) to [7, 6, 6]"),
        ((8, 0, 1), ModelFormatError, "shape (8, 1, 1) to (8, 0, 1)"),
        ((3, 8, 10**5, 10**6), UnsupportedModelError, "a constant of shape (3, 8, 100000, 1000000) is too large"),
    ],
    ids=["negative", "does not fit", "empty", "too large"],
)
def test_shapes_that_cannot_be(shape: tuple[int, ...], error: type[Exception], message: str, tmp_path: Path) -> None:
    with pytest.raises(error) as raised:
        load(_slopes(*shape).save(tmp_path))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
