"""A separable network of a few layers for tests of whole commands: 9 x 8 x 3 -> 4 classes."""

from __future__ import annotations

from tests.support.tflite_builder import NetworkBuilder


def small_network(*, softmax: bool) -> bytes:
    """The .tflite file."""
    net = NetworkBuilder(seed=1, shape=(9, 8, 3))
    net.convolution(8, stride=(2, 2), activation="RELU6")
    net.depthwise(activation="RELU6")
    net.convolution(6, kernel=(1, 1), activation="RELU6")
    net.mean()
    net.fully_connected(4)
    if softmax:
        net.softmax()
    return net.finish()
