"""Networks drawn at random against TensorFlow Lite Micro, byte for byte, in the file's own types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.frontend.tflite_comparison import assert_equals_oracle
from tests.support.tflite_builder import NetworkBuilder


def _random_network(seed: int) -> NetworkBuilder:
    """Layers drawn at random, of odd sizes and channel counts, ending in a vector."""
    random = np.random.default_rng(seed)

    def pick(*choices: object) -> object:
        return choices[random.integers(len(choices))]

    def kernel() -> tuple[int, int]:
        return int(random.integers(1, 4)), int(random.integers(1, 4))

    def stride() -> tuple[int, int]:
        return int(random.integers(1, 3)), int(random.integers(1, 3))

    net = NetworkBuilder(
        seed,
        shape=(int(random.integers(5, 14)), int(random.integers(5, 14)), int(random.integers(1, 6))),
        scale=float(random.uniform(0.001, 0.1)),
        zero_point=int(pick(-128, 127, 0, -5)),
        io=str(pick("int8", "uint8", "float32")),
    )
    for _ in range(int(random.integers(1, 6))):
        options = {
            "padding": "SAME" if min(net.current.shape[1:3]) < 3 else pick("SAME", "VALID"),
            "activation": pick("NONE", "RELU", "RELU6", "RELU_N1_TO_1"),
        }
        window = {"kernel": kernel(), "stride": stride(), **options}
        weighted = {"per_channel": bool(pick(True, False)), "bias": bool(pick(True, False))}
        match int(random.integers(6)):
            case 0:
                net.convolution(int(random.integers(1, 12)), **window, **weighted)
            case 1:
                # TensorFlow Lite Micro crashes on a depthwise convolution without a bias.
                net.depthwise(int(random.integers(1, 4)), **window, per_channel=weighted["per_channel"])
            case 2:
                net.pool(str(pick("AVERAGE", "MAX")), **window)
            case 3:
                left = net.current
                right = net.convolution(left.shape[3], kernel=kernel())
                net.add(left, right, activation=str(options["activation"]))
            case 4:
                net.pad(tuple(int(size) for size in random.integers(0, 3, 4)))  # type: ignore[arg-type]
            case 5:
                net.quantize(float(random.uniform(0.5, 2)) * net.current.scale, int(random.integers(-128, 128)))
    if pick(True, False):
        net.mean(keep_dims=bool(pick(True, False)))
    net.fully_connected(int(random.integers(1, 9)), per_channel=bool(pick(True, False)))
    if pick(True, False):
        net.softmax(beta=float(random.uniform(0.5, 2)))
    return net


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_equal_oracle(seed: int, tmp_path: Path) -> None:
    assert_equals_oracle(_random_network(seed).finish(), tmp_path)
