"""Small model files for the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.onnx_builder import QdqBuilder
from tests.support.small_net import small_network


@pytest.fixture(scope="session")
def tflite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A separable network of a few layers: 9 x 8 x 3 -> 4 classes."""
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(small_network(softmax=True))
    return path


@pytest.fixture(scope="session")
def onnx_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A QDQ network with float32 borders."""
    net = QdqBuilder()
    net.conv(5, activation="Relu")
    net.depthwise(activation="Relu")
    net.rescaled("GlobalAveragePool")
    net.same_scale("Flatten")
    net.gemm(5, 4)
    return net.save(tmp_path_factory.mktemp("model"), "small")
