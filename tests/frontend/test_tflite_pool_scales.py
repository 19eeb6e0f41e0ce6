"""Pools between scales: accepted exactly where the runtime prepares them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend import load_model
from tests.support.needs import module
from tests.support.tflite_builder import NetworkBuilder, _window_fields


def pooled(kind: str, scale: float, zero_point: int, io: str = "int8") -> bytes:
    """A pool whose output's scale and zero point are by so much those of its input's."""
    net = NetworkBuilder(seed=1, shape=(4, 4, 4), io=io, unsigned=io == "uint8")
    source = net.convolution(4)
    output = net.map("pool", (1, 2, 2, 4), source.scale + scale, source.zero_point + zero_point)
    options = {"FilterHeight": 2, "FilterWidth": 2, **_window_fields((2, 2), "VALID", "NONE")}
    net.append(f"{kind}_POOL_2D", [source.index], output, "Pool2DOptions", **options)
    return net.finish()


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize(("scale", "zero_point"), [(0, 0), (0, 1), (5e-7, 0), (9e-7, 0), (2e-6, 0), (-0.01, 0)])
def test_a_pool_between_scales(kind: str, scale: float, zero_point: int, tmp_path: Path) -> None:
    module("tflite_micro")
    from tests.support.tflite_oracle import run_micro_outputs

    data = pooled(kind, scale, zero_point)
    (tmp_path / "net.tflite").write_bytes(data)
    try:
        run_micro_outputs(data, np.zeros((1, 4, 4, 4), np.int8), 1)
    except RuntimeError:
        with pytest.raises(UnsupportedModelError, match="which its runtime refuses"):
            load_model(tmp_path / "net.tflite")
    else:
        load_model(tmp_path / "net.tflite")


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize(("scale", "zero_point"), [(0, 1), (0.01, 0)])
def test_a_uint8_pool_between_scales_gives_litert_s_bytes(
    kind: str, scale: float, zero_point: int, tmp_path: Path
) -> None:
    module("ai_edge_litert")
    from tests.frontend.test_tflite_unsigned import assert_equals_oracle

    assert_equals_oracle(pooled(kind, scale, zero_point, "uint8"), tmp_path)
