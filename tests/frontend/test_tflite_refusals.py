"""What the .tflite front end refuses: one line that names the operator, its place, what is supported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import McugenError, UnsupportedModelError
from mcugen.frontend import load_model
from mcugen.frontend.tflite.load import supported_operators
from tests.support.tflite_builder import Map, NetworkBuilder

Build = Callable[[NetworkBuilder], bytes]


def _operator(kind: str, **output: object) -> Build:
    """A network with one operator more of this kind on the feature map."""

    def build(net: NetworkBuilder) -> bytes:
        source = net.current
        index = net.file.tensor("strange", source.shape, **{"dtype": "int8", "scale": 0.1, **output})
        net.file.operator(kind, [source.index], [index])
        net.current = Map(index, source.shape, 0.1, 0)
        return net.finish()

    return build


def _unknown(net: NetworkBuilder) -> bytes:
    net.convolution(4)
    return _operator("SIN")(net)


def _joined_scales(net: NetworkBuilder) -> bytes:
    source = net.current
    net.concatenate(source, net.convolution(4))
    return net.finish()


def _joined_batches(net: NetworkBuilder) -> bytes:
    net.concatenate(net.current, net.current, axis=0)
    return net.finish()


def _backwards(net: NetworkBuilder) -> bytes:
    net.strided_slice((0, 0, 7, 0), (1, 8, 0, 3), (1, 1, -1, 1))
    return net.finish()


def _fused_tanh(net: NetworkBuilder) -> bytes:
    net.convolution(4, activation="TANH")
    return net.finish()


def _constant_operand(net: NetworkBuilder) -> bytes:
    source = net.current
    values = np.zeros(source.shape, np.int8)
    constant = net.file.constant("offsets", values, "int8", scale=0.1)
    net.add(source, Map(constant, source.shape, 0.1, 0))
    return net.finish()


def _broadcast(net: NetworkBuilder) -> bytes:
    """A map of one channel and a constant for each of three."""
    operands = [net.convolution(1).index, net.values([1, 2, 3]).index]
    net.append("ADD", operands, net.map("add", (1, 8, 8, 3), scale=0.1), "AddOptions", FusedActivationFunction=0)
    return net.finish()


def _a_table_for_each_of_many(net: NetworkBuilder) -> bytes:
    net.reshape((1, 1, 1, 192))
    for times in (10, 10, 2):
        net.concatenate(*[net.current] * times)
    net.add(net.current, net.values(np.zeros(192 * 200)))
    return net.finish()


def _mean_over_the_batch(net: NetworkBuilder) -> bytes:
    net.mean(keep_dims=True, axes=(0, 1))
    return net.finish()


def _softmax_scale(net: NetworkBuilder) -> bytes:
    net.fully_connected(3)
    source = net.current
    output = net.map("softmax", source.shape, 1 / 128, -128)
    net.file.operator("SOFTMAX", [source.index], [output.index], "SoftmaxOptions", Beta=1.0)
    net.current = output
    return net.finish()


def _pad_with_a_value(net: NetworkBuilder) -> bytes:
    net.pad((1, 1, 1, 1), value=net.current.zero_point + 5)
    return net.finish()


def _pad_the_batch(net: NetworkBuilder) -> bytes:
    source = net.current
    paddings = net.file.constant("paddings", [[0, 2], [0, 0], [0, 0], [0, 0]])
    output = net.map("pad", (1, 8, 8, 3), source.scale, source.zero_point)
    net.file.operator("PAD", [source.index, paddings], [output.index], "PadOptions")
    net.current = output
    return net.finish()


def _weights_zero_point(net: NetworkBuilder) -> bytes:
    weights = net.file.constant("weights", np.ones((4, 192)), "int8", scale=0.1, zero_point=3)
    output = net.map("dense", (1, 4), 0.1)
    net.file.operator("FULLY_CONNECTED", [net.current.index, weights], [output.index], "FullyConnectedOptions")
    net.current = output
    return net.finish()


def _weights(dtype: str, **attributes: object) -> Build:
    def build(net: NetworkBuilder) -> bytes:
        data = np.ones((4, 192), np.int8)
        weights = net.file.tensor("weights", data.shape, dtype, 0.1, data=data, **attributes)
        output = net.map("dense", (1, 4), 0.1)
        net.file.operator("FULLY_CONNECTED", [net.current.index, weights], [output.index], "FullyConnectedOptions")
        net.current = output
        return net.finish()

    return build


def _computed_weights(net: NetworkBuilder) -> bytes:
    source = net.current
    left = net.mean()
    output = net.map("dense", (1, 1), 0.1)
    net.file.operator("FULLY_CONNECTED", [source.index, left.index], [output.index], "FullyConnectedOptions")
    net.current = output
    return net.finish()


def _images_alone(net: NetworkBuilder) -> bytes:
    net.images((2, 2), ((0, 0), (0, 0)))
    net.image((2, 2), ((0, 0), (0, 0)))
    return net.finish()


def _dilated_far_outside(net: NetworkBuilder) -> bytes:
    net.images((2, 2), ((6, 6), (0, 0)))
    net.convolution(4, padding="VALID")
    net.image((2, 2), ((0, 0), (0, 0)))
    return net.finish()


def _largest_of_columns(net: NetworkBuilder) -> bytes:
    net.arg_max(axis=2)
    return net.finish()


def _too_many_classes(net: NetworkBuilder) -> bytes:
    net.fully_connected(257)
    net.arg_max()
    return net.finish()


def _float_model(net: NetworkBuilder) -> bytes:
    source = net.file.tensor("image", (1, 8, 8, 3), "float32")
    weights = net.file.constant("weights", np.ones((4, 192)), "float32")
    output = net.file.tensor("scores", (1, 4), "float32")
    net.file.operator("FULLY_CONNECTED", [source, weights], [output], "FullyConnectedOptions")
    return net.file.finish([source], [output])


def _scaled_otherwise(kind: str, options: str, scale: float, zero_point: int) -> Build:
    def build(net: NetworkBuilder) -> bytes:
        net.append(kind, [net.current.index], net.map("head", net.current.shape, scale, zero_point), options)
        return net.finish()

    return build


def _float_head(net: NetworkBuilder) -> bytes:
    image = net.file.tensor("image", (1, 8, 8, 3), "float32")
    scaled = net.of_reals("DIV", image, net.file.constant("range", 127.5, "float32"))
    moved = net.of_reals("SUB", scaled, net.file.constant("one", 1.0, "float32"))
    net.stored(moved, 1 / 128, 0)
    net.convolution(4)
    return net.file.finish([image], [net.current.index])


def _float_tail(net: NetworkBuilder) -> bytes:
    net.fully_connected(4)
    real = net.real("DEQUANTIZE")
    scores, last = (net.file.tensor(name, net.current.shape, "float32") for name in ("scores", "last"))
    net.file.operator("LOG_SOFTMAX", [real], [scores], "LogSoftmaxOptions")
    net.file.operator("NEG", [scores], [last])
    return net.file.finish([net.input], [last])


def _float_inside(net: NetworkBuilder) -> bytes:
    source = net.current
    real = net.file.tensor("real", source.shape, "float32")
    net.file.operator("DEQUANTIZE", [source.index], [real])
    sine = net.file.tensor("sine", source.shape, "float32")
    net.file.operator("SIN", [real], [sine])
    output = net.map("back", source.shape, 0.1)
    net.file.operator("QUANTIZE", [sine], [output.index])
    net.current = output
    return net.finish()


def _divided(net: NetworkBuilder) -> bytes:
    net.append("DIV", [net.current.index, net.values(50).index], net.map("ratio", net.current.shape, 0.1), "DivOptions")
    return net.finish()


def _divided_by_a_map(net: NetworkBuilder) -> bytes:
    net.append("DIV", [net.current.index, net.current.index], net.map("ratio", net.current.shape, 0.1), "DivOptions")
    return net.finish()


def _inputs_and_outputs(inputs: int, outputs: int) -> Build:
    def build(net: NetworkBuilder) -> bytes:
        net.quantize(0.1, 0)
        return net.file.finish([net.input] * inputs, [net.current.index] * outputs)

    return build


def _subgraphs(net: NetworkBuilder) -> bytes:
    net.quantize(0.1, 0)
    return net.file.finish([net.input], [net.current.index], subgraphs=2)


def _variables(net: NetworkBuilder) -> bytes:
    handle = net.file.tensor("state", (), "int32", 0.0)
    net.file.operator("VAR_HANDLE", [], [handle])
    net.file.operator("READ_VARIABLE", [handle], [net.current.index])
    return net.file.finish([net.input], [net.current.index], subgraphs=2)


def _batch(net: NetworkBuilder) -> bytes:
    source = net.file.tensor("images", (4, 8, 8, 3), "int8", 0.1)
    output = net.file.tensor("out", (4, 8, 8, 3), "int8", 0.1)
    net.file.operator("QUANTIZE", [source], [output])
    return net.file.finish([source], [output])


def _open_size(net: NetworkBuilder) -> bytes:
    source = net.file.tensor("image", (1, 1, 1, 3), "int8", 0.1, signature=(-1, -1, -1, 3))
    output = net.file.tensor("out", (1, 1, 1, 3), "int8", 0.1)
    net.file.operator("QUANTIZE", [source], [output])
    return net.file.finish([source], [output])


def _enormous(net: NetworkBuilder) -> bytes:
    source = net.file.tensor("image", (1, 65535, 65535, 3), "int8", 0.1)
    output = net.file.tensor("out", (1, 65535, 65535, 3), "int8", 0.1)
    net.file.operator("QUANTIZE", [source], [output])
    return net.file.finish([source], [output])


def _five_dimensions(net: NetworkBuilder) -> bytes:
    net.reshape((1, 2, 4, 8, 3))
    return net.finish()


def _relu6_to_another_scale(net: NetworkBuilder) -> bytes:
    net.activate("RELU6", scale=6 / 255, zero_point=-128)
    return net.finish()


def _quantize_to_a_tiny_scale(net: NetworkBuilder) -> bytes:
    net.quantize(1e-10, 0)
    return net.finish()


def _add_to_a_tiny_scale(net: NetworkBuilder) -> bytes:
    net.add(net.current, net.current, scale=2 * net.current.scale / (1 << 20))
    return net.finish()


UNSUPPORTED: dict[str, tuple[Build, str]] = {
    "unknown operator": (_unknown, r"SIN #1 \('strange'\): .*not supported.*CONV_2D, .*FULLY_CONNECTED"),
    "custom operator": (_operator("CUSTOM:MyLayer"), r"CUSTOM MyLayer #0 \('strange'\)"),
    "joined scales": (_joined_scales, r"CONCATENATION #1 .*copies as they are"),
    "joined batches": (_joined_batches, r"CONCATENATION #0 .*shape \(2, 8, 8, 3\).*batch size 1"),
    "backwards": (_backwards, r"STRIDED_SLICE #0 .*\[1, 1, -1, 1\]; positive"),
    "fused tanh": (_fused_tanh, r"CONV_2D #0 .*activation 4 .*ReLU6"),
    "constant operand": (_constant_operand, r"ADD #0 .*'offsets' has shape \(1, 8, 8, 3\); .*one for each channel"),
    "a table for each of many": (_a_table_for_each_of_many, r"ADD #4 .*computes with 38,400 constants; up to 32,768"),
    "broadcasting": (_broadcast, r"ADD #1 .*\(8, 8, 3\) of \(8, 8, 1\); .*same shape"),
    "mean over the batch": (_mean_over_the_batch, r"MEAN #0 .*along axis 0 of 4 dimensions, the batch"),
    "softmax scale": (_softmax_scale, r"SOFTMAX #1 .*1/256"),
    "pad with a value": (_pad_with_a_value, r"PADV2 #0 .*zero padding"),
    "pad of the batch": (_pad_the_batch, r"PAD #0 .*height, width and channels"),
    "asymmetric weights": (_weights_zero_point, r"FULLY_CONNECTED #0 .*symmetric"),
    "int4 weights": (_weights("int4"), r"FULLY_CONNECTED #0 .*'weights', is int4; int8"),
    "uint8 weights": (_weights("uint8"), r"FULLY_CONNECTED #0 .*mixes uint8 \('weights'\) with int8"),
    "sparse weights": (_weights("int8", sparse=True), r"FULLY_CONNECTED #0 .*'weights' is sparse"),
    "variable": (_weights("int8", variable=True), r"FULLY_CONNECTED #0 .*'weights' is a variable"),
    "computed weights": (_computed_weights, r"FULLY_CONNECTED #1 .*computed while the network runs"),
    "images alone": (_images_alone, r"SPACE_TO_BATCH_ND #0 .*stands alone; .*dilated convolution"),
    "dilated far outside": (_dilated_far_outside, r"CONV_2D #1 .*kernel of \(5, 5\) in padding \[6, 6, 0, 0\]; "),
    "largest of columns": (_largest_of_columns, r"ARG_MAX #0 .*along axis 2 of 4; the last"),
    "too many classes": (_too_many_classes, r"ARG_MAX #1 .*257 channels; up to 256 .*look for the largest"),
    "float model": (
        _float_model,
        r"FULLY_CONNECTED #0 .*float32 input 'image'.*; converter.representative_dataset = .*_INT8\]",
    ),
    "log softmax scale": (
        _scaled_otherwise("LOG_SOFTMAX", "LogSoftmaxOptions", 1 / 16, 0),
        r"LOG_SOFTMAX #0 .*scale 0.0625 and zero point 0; scale 1/16 and zero point 127",
    ),
    "l2 normalization scale": (
        _scaled_otherwise("L2_NORMALIZATION", "L2NormOptions", 1 / 64, 0),
        r"L2_NORMALIZATION #0 .*scale 0.015625 and zero point 0; scale 1/128",
    ),
    "float head": (
        _float_head,
        r"DIV #0 .*before QUANTIZE #2, where the integer .* begins.*inference_input_type uint8",
    ),
    "float tail": (
        _float_tail,
        r"LOG_SOFTMAX #2 \('scores'\): computes in float32 behind DEQUANTIZE #1.*NAME_dequantize",
    ),
    "float inside": (_float_inside, r"SIN #1 \('sine'\): computes in float32 inside the network; there ADD, .*table"),
    "divided": (_divided, r"DIV #0 .*shifts by more bits than they have; MUL .*\(multiply by the reciprocal\)"),
    "divided by a map": (_divided_by_a_map, r"DIV #0 .*divides by what the image decides.*\(end the network before"),
    "int16": (_operator("QUANTIZE", dtype="int16"), r"output 'strange' is int16; int8, uint8 and float32"),
    "no scale": (_operator("QUANTIZE", scale=()), r"'strange' is int8 without a scale"),
    "scale for each channel": (_operator("QUANTIZE", scale=(0.1, 0.2, 0.3)), r"'strange' is int8"),
    "two inputs": (_inputs_and_outputs(2, 1), r"2 inputs; one"),
    "no outputs": (_inputs_and_outputs(1, 0), r"0 outputs; at least one"),
    "variables": (_variables, r"keeps state .*\(VAR_HANDLE, READ_VARIABLE\); .*\(export it for a whole window"),
    "two subgraphs": (_subgraphs, r"2 subgraphs; one"),
    "batch of 4": (_batch, r"QUANTIZE #0 .*\(4, 8, 8, 3\).*batch size 1"),
    "open size": (_open_size, r"QUANTIZE #0 .*open shape \(1, -1, -1, 3\).*fixed input shape"),
    "enormous": (_enormous, r"QUANTIZE #0 .*too large"),
    "relu6 to another scale": (_relu6_to_another_scale, r"RELU6 #0 .*scale 0.0123 .*the same are supported"),
    "quantize to a tiny scale": (_quantize_to_a_tiny_scale, r"QUANTIZE #0 .*to 1e-10 .*past 2\^30"),
    "add to a tiny scale": (_add_to_a_tiny_scale, r"ADD #0 .*too small beside"),
    "five dimensions": (_five_dimensions, r"RESHAPE #0 .*1 to 4 dimensions"),
}


def _one_line(error: McugenError) -> str:
    text = str(error)
    assert "\n" not in text
    assert len(text) < 750
    return text


@pytest.mark.parametrize(("build", "message"), UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_unsupported(build: Build, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(build(NetworkBuilder()))
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        load_model(path)
    _one_line(caught.value)


def test_every_supported_operator_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(_operator("LSTM")(NetworkBuilder()))
    with pytest.raises(UnsupportedModelError) as caught:
        load_model(path)
    assert all(name in str(caught.value) for name in supported_operators())
