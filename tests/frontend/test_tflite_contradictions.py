"""What the .tflite front end finds contradictory or cut short: one line that says where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend import load_model
from tests.support.tflite_builder import Map, NetworkBuilder

Build = Callable[[NetworkBuilder], bytes]


def _grouped(net: NetworkBuilder) -> bytes:
    wide = net.current
    net.convolution(4, source=Map(wide.index, (1, 8, 8, 1), wide.scale, wide.zero_point))
    return net.finish()


def _bad_bias(net: NetworkBuilder) -> bytes:
    weights = net.file.constant("weights", np.ones((4, 192)), "int8", scale=0.1)
    bias = net.file.constant("bias", [1, 2, 3])
    output = net.map("dense", (1, 4), 0.1)
    net.file.operator("FULLY_CONNECTED", [net.current.index, weights, bias], [output.index], "FullyConnectedOptions")
    net.current = output
    return net.finish()


def _short_buffer(net: NetworkBuilder) -> bytes:
    weights = net.file.tensor("weights", (4, 192), "int8", 0.1, data=np.ones(100, np.int8))
    output = net.map("dense", (1, 4), 0.1)
    net.file.operator("FULLY_CONNECTED", [net.current.index, weights], [output.index], "FullyConnectedOptions")
    net.current = output
    return net.finish()


def _no_options(net: NetworkBuilder) -> bytes:
    output = net.map("pool", (1, 4, 4, 3), net.current.scale, net.current.zero_point)
    net.file.operator("MAX_POOL_2D", [net.current.index], [output.index])
    net.current = output
    return net.finish()


def _wrong_size(net: NetworkBuilder) -> bytes:
    output = net.map("quantize", (1, 4, 4, 3), 0.1)
    net.file.operator("QUANTIZE", [net.current.index], [output.index])
    net.current = output
    return net.finish()


def _extreme_scales(net: NetworkBuilder) -> bytes:
    net.quantize(1e-38, 0)
    return net.finish()


def _nothing(net: NetworkBuilder) -> bytes:
    return net.finish()


def _out_of_order(net: NetworkBuilder) -> bytes:
    early = net.map("early", net.current.shape, 0.1)
    late = net.map("late", net.current.shape, 0.1)
    net.file.operator("QUANTIZE", [early.index], [late.index])
    net.file.operator("QUANTIZE", [net.current.index], [early.index])
    net.current = late
    # Read in the file's order, nothing has written `early` when it is wanted.
    return net.finish()


def _wrong_version(net: NetworkBuilder) -> bytes:
    net.quantize(0.1, 0)
    return net.file.finish([net.input], [net.current.index], version=2)


def _bad_index(net: NetworkBuilder) -> bytes:
    net.file.operator("QUANTIZE", [999], [net.map("out", (1, 3), 0.1).index])
    return net.file.finish([net.input], [1])


def _depth_multiplier(multiplier: int) -> Build:
    def build(net: NetworkBuilder) -> bytes:
        net.depthwise(2, option=multiplier)
        return net.finish()

    return build


def _mean_axes(*axes: int) -> Build:
    def build(net: NetworkBuilder) -> bytes:
        source = net.current
        output = net.map("mean", (1, source.shape[3]), source.scale)
        net.file.operator("MEAN", [source.index, net.file.constant("axes", list(axes))], [output.index])
        net.current = output
        return net.finish()

    return build


def _map_with_data(net: NetworkBuilder) -> bytes:
    source = net.current
    index = net.file.constant("computed", np.zeros(source.shape), "int8", scale=0.1)
    net.file.operator("QUANTIZE", [source.index], [index])
    net.current = Map(index, source.shape, 0.1, 0)
    return net.finish()


def _moved_to_another_scale(net: NetworkBuilder) -> bytes:
    source = net.current
    output = net.map("flat", (1, source.size), source.scale * 2, source.zero_point)
    net.file.operator("RESHAPE", [source.index], [output.index], "ReshapeOptions")
    net.current = output
    return net.finish()


def _no_zero_point_of_a_map(net: NetworkBuilder) -> bytes:
    source = net.current
    index = net.file.tensor("strange", source.shape, "int8", 0.1, zero_point=())
    net.file.operator("QUANTIZE", [source.index], [index])
    net.current = Map(index, source.shape, 0.1, 0)
    net.quantize(0.2, 0)
    return net.finish()


def _no_zero_point_of_the_output(net: NetworkBuilder) -> bytes:
    index = net.file.tensor("strange", net.current.shape, "int8", 0.1, zero_point=())
    net.file.operator("QUANTIZE", [net.current.index], [index])
    return net.file.finish([net.input], [index])


def _scales_along_another_axis(net: NetworkBuilder) -> bytes:
    data = np.ones((4, 192), np.int8)
    weights = net.file.constant("weights", data, "int8", scale=[0.1, 0.2, 0.3, 0.4], quantized_dimension=1)
    output = net.map("dense", (1, 4), 0.1)
    net.file.operator("FULLY_CONNECTED", [net.current.index, weights], [output.index], "FullyConnectedOptions")
    net.current = output
    return net.finish()


def _border_of_no_tensor(net: NetworkBuilder) -> bytes:
    net.quantize(0.1, 0)
    return net.file.finish([-1], [net.current.index])


def _operand_of_no_tensor(net: NetworkBuilder) -> bytes:
    net.file.operator("QUANTIZE", [-1], [net.map("out", (1, 3), 0.1).index])
    return net.file.finish([net.input], [1])


def _softmax_of_a_tiny_scale(net: NetworkBuilder) -> bytes:
    net.fully_connected(3, scale=1e-8)
    net.softmax()
    return net.finish()


DAMAGED: dict[str, tuple[Build, str]] = {
    "groups": (_grouped, r"CONV_2D #0 .*: no groups"),
    "bias of another size": (_bad_bias, r"FULLY_CONNECTED #0 .*3 values for 4"),
    "short buffer": (_short_buffer, r"FULLY_CONNECTED #0 .*'weights'.*100 bytes"),
    "options missing": (_no_options, r"MAX_POOL_2D #0 .*options"),
    "wrong output size": (_wrong_size, r"contradicts itself"),
    "extreme scales": (_extreme_scales, r"QUANTIZE #0 .*scale ratio"),
    "nothing": (_nothing, r"computes nothing"),
    "out of order": (_out_of_order, r"computes nothing|contradicts itself"),
    "schema version": (_wrong_version, r"version is 2"),
    "depth multiplier": (
        _depth_multiplier(1),
        r"DEPTHWISE_CONV_2D #0 .*depth multiplier is 1.*6 channels of 3, 2 of each",
    ),
    "depth multiplier of 0": (_depth_multiplier(0), r"DEPTHWISE_CONV_2D #0 .*depth multiplier is 0"),
    "mean axis too large": (_mean_axes(1, 6), r"MEAN #0 .*axis 6 of 4 dimensions"),
    "mean axis too small": (_mean_axes(-6, 1, 2), r"MEAN #0 .*axis -6 of 4 dimensions"),
    "constant that is computed": (_map_with_data, r"QUANTIZE #0 .*'computed' is computed, yet .*constant"),
    "reshape to another scale": (_moved_to_another_scale, r"RESHAPE #0 .*without a change"),
    "no zero point inside": (_no_zero_point_of_a_map, r"QUANTIZE #0 .*'strange' has a scale and no zero point"),
    "no zero point at the output": (_no_zero_point_of_the_output, r"border 'strange' has a scale and no zero point"),
    "scales along another axis": (_scales_along_another_axis, r"FULLY_CONNECTED #0 .*axis 1; its output .* axis 0"),
    "input of index -1": (_border_of_no_tensor, r"damaged: its inputs name tensor -1"),
    "operand of index -1": (_operand_of_no_tensor, r"QUANTIZE #0 .*input 0 is missing"),
    "softmax of a tiny scale": (_softmax_of_a_tiny_scale, r"SOFTMAX #1 .*too small"),
    "tensor index": (_bad_index, r"names tensor 999"),
}


@pytest.mark.parametrize(("build", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_contradictory(build: Build, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(build(NetworkBuilder()))
    with pytest.raises(ModelFormatError, match=message) as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
