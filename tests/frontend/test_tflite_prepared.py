"""What the runtime looks at before it computes: files are accepted exactly where it prepares them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from tests.support.needs import module
from tests.support.tflite_builder import NetworkBuilder
from tests.support.tflite_weighted import window_fields


def pooled(kind: str, scale: float, zero_point: int, io: str = "int8") -> bytes:
    """A pool whose output's scale and zero point are by so much those of its input's."""
    net = NetworkBuilder(seed=1, shape=(4, 4, 4), io=io, unsigned=io == "uint8")
    source = net.convolution(4)
    output = net.map("pool", (1, 2, 2, 4), source.scale + scale, source.zero_point + zero_point)
    options = {"FilterHeight": 2, "FilterWidth": 2, **window_fields((2, 2), "VALID", "NONE")}
    net.append(f"{kind}_POOL_2D", [source.index], output, "Pool2DOptions", **options)
    return net.finish()


def assert_accepted_where_prepared(data: bytes, shape: tuple[int, ...], reason: str, folder: Path) -> None:
    """Either both take the file, or both refuse it, mcugen for `reason`."""
    module("tflite_micro")
    from tests.support.tflite_oracle import run_micro

    path = folder / "net.tflite"
    path.write_bytes(data)
    try:
        run_micro(data, np.zeros((1, *shape), np.int8))
    except RuntimeError:
        with pytest.raises(McugenError, match=reason):
            load_model(path)
    else:
        load_model(path)


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize(("scale", "zero_point"), [(0, 0), (0, 1), (5e-7, 0), (9e-7, 0), (2e-6, 0), (-0.01, 0)])
def test_a_pool_between_scales(kind: str, scale: float, zero_point: int, tmp_path: Path) -> None:
    assert_accepted_where_prepared(pooled(kind, scale, zero_point), (4, 4, 4), "which its runtime refuses", tmp_path)


def dense(bias_scale: float, per_channel: bool) -> bytes:
    """Input, weights and output of scales 0.1, 0.2 and 0.5, so that the bias has 0.02, and may have 0.01 to 0.03."""
    net = NetworkBuilder(seed=1, shape=(6,), scale=0.1)
    scales, channels = ([0.2, 0.2, 0.2], 3) if per_channel else ([0.2], 1)
    weights = net.file.constant("weights", np.ones((3, 6)), "int8", scale=scales)
    bias = net.file.constant("bias", [1, 2, 3], scale=[bias_scale] * channels)
    output = net.map("dense", (1, 3), 0.5)
    net.append("FULLY_CONNECTED", [net.current.index, weights, bias], output, "FullyConnectedOptions")
    return net.finish()


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("bias_scale", [0.02, 0.0101, 0.0099, 0.0299, 0.0301, 1.0])
def test_a_bias_of_another_scale(bias_scale: float, per_channel: bool, tmp_path: Path) -> None:
    assert_accepted_where_prepared(dense(bias_scale, per_channel), (6,), "its bias has scale", tmp_path)


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_conversion_of_two_outputs(outputs: int, tmp_path: Path) -> None:
    net = NetworkBuilder(seed=1, shape=(6,), scale=0.1)
    net.fully_connected(3)
    ends = [net.file.tensor(f"end {i}", (1, 3), "uint8", net.current.scale, zero_point=9) for i in range(outputs)]
    ends[0] = net.file.tensor("end", (1, 3), "uint8", net.current.scale, zero_point=net.current.zero_point + 128)
    net.file.operator("QUANTIZE", [net.current.index], ends, "QuantizeOptions")
    assert_accepted_where_prepared(net.file.finish([net.input], [ends[0]]), (6,), "has 2 outputs, not one", tmp_path)


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize(("scale", "zero_point"), [(0, 1), (0.01, 0)])
def test_a_uint8_pool_between_scales_gives_litert_s_bytes(
    kind: str, scale: float, zero_point: int, tmp_path: Path
) -> None:
    module("ai_edge_litert")
    from tests.frontend.test_tflite_unsigned import assert_equals_oracle

    assert_equals_oracle(pooled(kind, scale, zero_point, "uint8"), tmp_path)
