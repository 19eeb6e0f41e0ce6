"""Damaged files: truncated anywhere, bits flipped anywhere. Never another error, never a hang, never much memory."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx import load
from tests.support.onnx_builder import QdqBuilder

MUTATIONS = 400


def _model() -> bytes:
    """One of everything, with weights so small that most mutations hit structure."""
    net = QdqBuilder(shape=(2, 9, 9), layout="NHWC", batch="N")
    net.conv(4, (3, 3), pads=(1, 1, 1, 1), activation="Clip")
    shortcut = net.current
    net.depthwise(auto_pad="SAME_UPPER", activation="Relu", bias="float")
    net.current = net.quantize(net.add_node("Add", [net.current, shortcut]), 0.2, -3)
    net.same_scale("MaxPool", kernel_shape=(2, 2), strides=(2, 2))
    net.same_scale("Pad", net.integers(0, 0, 1, 0, 0, 0, 0, 1))
    net.rescaled("AveragePool", kernel_shape=(2, 2), pads=(0, 0, 1, 1), count_include_pad=1)
    net.current = net.add_node("Reshape", [net.current, net.integers(1, -1)])
    net.gemm(100, 3)
    net.rescaled("Softmax", axis=1)
    net.metadata["labels"] = "a,b,c"
    return net.finish().SerializeToString()


@pytest.fixture(scope="module")
def model() -> bytes:
    return _model()


def _load_damaged(data: bytes, directory: Path) -> McugenError | None:
    """The error with which the file is refused, None if it is accepted; anything else propagates."""
    path = directory / "net.onnx"
    path.write_bytes(data)
    refusal: McugenError | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            load(path)
        except (ModelFormatError, UnsupportedModelError) as error:
            refusal = error
    assert "\n" not in str(refusal)
    return refusal


def test_the_sound_model_is_accepted(model: bytes, tmp_path: Path) -> None:
    assert _load_damaged(model, tmp_path) is None


def test_truncated(model: bytes, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for length in random.integers(0, len(model), MUTATIONS):
        _load_damaged(model[:length], tmp_path)


@pytest.mark.parametrize("flips", [1, 3, 20])
def test_flipped_bits(flips: int, model: bytes, tmp_path: Path) -> None:
    random = np.random.default_rng(flips)
    for _ in range(MUTATIONS):
        damaged = bytearray(model)
        for position in random.integers(0, len(model), flips):
            damaged[position] ^= 1 << int(random.integers(8))
        _load_damaged(bytes(damaged), tmp_path)


def test_bytes_replaced_by_extremes(model: bytes, tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    for _ in range(MUTATIONS):
        damaged = bytearray(model)
        start = int(random.integers(len(model)))
        damaged[start : start + int(random.integers(1, 9))] = random.choice([b"\xff", b"\x00", b"\x7f\x80"]).tobytes()
        _load_damaged(bytes(damaged), tmp_path)
