"""What is refused: one line that names the operator, its place, what is supported and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx import load
from mcugen.frontend.onnx.table import supported
from tests.support.onnx_builder import QdqBuilder


def conv(**options: object) -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.conv(8, (3, 3), **options)  # type: ignore[arg-type]
    return net


def between(op_type: str, *more: np.ndarray, **attributes: object) -> QdqBuilder:
    """One operator on an (1, 8, 6, 6) map, between DequantizeLinear and QuantizeLinear."""
    net = QdqBuilder(shape=(8, 6, 6))
    net.same_scale(op_type, *(net.constant(array) for array in more), **attributes)
    return net


def _numbers_inside() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.current = net.add_node("ArgMax", [net.current], axis=1)
    net.rescaled("Sigmoid")
    return net


def transposed(**attributes: object) -> QdqBuilder:
    """A ConvTranspose with a kernel of 2x2."""
    net = QdqBuilder(shape=(8, 6, 6))
    weights, _ = net.weights((8, 4, 2, 2), False)
    net.layer(net.add_node("ConvTranspose", [net.current, weights], **attributes), 8)
    return net


def _with_weights(
    array: np.ndarray, scale: float | np.ndarray = 0.01, zero_point: int = 0, axis: int = 0
) -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    weights = net.dequantized_constant(array, scale, zero_point, axis)
    net.layer(net.add_node("Conv", [net.current, weights]), 8)
    return net


def _float_weights() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.layer(net.add_node("Conv", [net.current, net.constant(np.zeros((4, 8, 1, 1), np.float32))]), 8)
    return net


def _not_quantized_between() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    weights, _ = net.weights((8, 8, 1, 1), False)
    value = net.add_node("Conv", [net.current, weights], name="/stem/Conv")
    net.layer(net.add_node("Conv", [value, weights]), 8)
    return net


def _not_quantized_at_the_end() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    weights, _ = net.weights((8, 8, 1, 1), False)
    net.current = net.add_node("Conv", [net.current, weights])
    return net


def _raw(*nodes: onnx.NodeProto, shape: tuple[int | str, ...] = (1, 3, 4, 4)) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "raw",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def _relu_model() -> onnx.ModelProto:
    return _raw(helper.make_node("Relu", ["image"], ["out"], name="act"))


def _two_inputs() -> onnx.ModelProto:
    model = conv().finish()
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1]))
    return model


def _old_opset() -> onnx.ModelProto:
    model = conv().finish()
    model.opset_import[0].version = 9
    return model


def _external_data() -> onnx.ModelProto:
    model = conv().finish()
    tensor = model.graph.initializer[-1]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    return model


def _half_precision() -> onnx.ModelProto:
    model = conv().finish()
    weights = next(t for t in model.graph.initializer if t.name.startswith("weights"))
    weights.CopyFrom(helper.make_tensor(weights.name, TensorProto.FLOAT16, [1], [1.0]))
    return model


def _other_domain() -> onnx.ModelProto:
    net = conv()
    net.nodes.append(helper.make_node("Relu", [net.current], ["out"], name="act", domain="com.acme"))
    net.current = "out"
    return net.finish(domains=["com.acme"])


def _batched() -> QdqBuilder:
    net = QdqBuilder(batch=4)
    net.conv(4)
    return net


def _dynamic_size() -> QdqBuilder:
    net = conv()
    net.input.type.tensor_type.shape.dim[2].dim_param = "height"
    return net


def _per_channel_activation() -> QdqBuilder:
    net = QdqBuilder()
    parameters = [net.constant(np.full(3, 0.1, np.float32)), net.constant(np.zeros(3, np.int8))]
    stored = net.add_node("QuantizeLinear", [net.current, *parameters])
    net.current = net.add_node("DequantizeLinear", [stored, *parameters])
    return net


def _other_scale_back() -> QdqBuilder:
    net = QdqBuilder()
    net.current = net.dequantize(net.quantize_only(net.current, 0.3, 0), 0.2, 0)
    return net


def _large_bias() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    weights, _ = net.weights((8, 8, 1, 1), False)
    bias = net.constant(np.array([0] * 7 + [1e9], np.float32))
    net.layer(net.add_node("Conv", [net.current, weights, bias]), 8)
    return net


def _add_of_other_shape() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    total = net.add_node("Add", [net.current, net.add_node("GlobalAveragePool", [net.current])])
    net.layer(total, 8)
    return net


def _quotient() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    before = net.current
    net.conv(8)
    net.layer(net.add_node("Div", [before, net.current]), 8)
    return net


def _broadcast() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    before = net.current
    net.conv(4)
    net.layer(net.add_node("Add", [before, net.current]), 8)
    return net


def _cubic() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.same_scale("Resize", "", net.constant(np.array([1, 1, 2, 2], np.float32)), mode="cubic")
    return net


def _divided() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.layer(net.add_node("Div", [net.current, net.current]), 8)
    return net


def _second_output() -> QdqBuilder:
    net = conv()
    net.nodes.append(helper.make_node("MaxPool", [net.current], ["largest", "where"], name="pool", kernel_shape=(2, 2)))
    net.current = net.quantize("where", 0.1, 0)
    return net


def _gemm(**attributes: object) -> QdqBuilder:
    net = QdqBuilder(shape=(8,))
    weights, _ = net.weights((8, 8), False)
    net.layer(net.add_node("Gemm", [net.current, weights], **attributes), 8)
    return net


def _matmul_of_a_map() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    weights, _ = net.weights((6, 4), False)
    net.layer(net.add_node("MatMul", [net.current, weights]), 8)
    return net


def _flattened_output() -> QdqBuilder:
    net = conv()
    net.current = net.add_node("Flatten", [net.current])
    return net


def _reshape_that_moves() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 4, 12, 6)])
    net.conv(4)
    return net


def _rows_transposed(shape: tuple[int, ...], perm: tuple[int, ...]) -> QdqBuilder:
    """A map with channels last, seen in another shape, of which not the channels move."""
    net = QdqBuilder(shape=(8, 6, 6))
    moved = net.add_node("Transpose", [net.current], perm=(0, 2, 3, 1))
    net.current = net.add_node("Reshape", [moved, net.integers(*shape)])
    net.current = net.add_node("Transpose", [net.current], perm=perm)
    return net


def _part_of_the_groups() -> QdqBuilder:
    net = QdqBuilder(shape=(8, 6, 6))
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 2, 2, 2, 36)])
    net.current = net.add_node("Transpose", [net.current], perm=(0, 2, 1, 3, 4))
    return net


ONES = np.ones((8, 8, 1, 1))

UNSUPPORTED: dict[str, tuple[Callable[[], QdqBuilder | onnx.ModelProto], str]] = {
    "float model": (_relu_model, "quantize_static"),
    "unknown operator": (lambda: between("Sin"), f"supported: {supported()}"),
    "unknown domain": (_other_domain, "Relu 'act'"),
    "batch normalization": (
        lambda: between("BatchNormalization", *[np.ones(8, np.float32)] * 4),
        "must be folded before quantization (fold it",
    ),
    "large dilation": (lambda: conv(dilations=(999, 999)), "a dilation of 999 makes a kernel of"),
    "dilated pool": (
        lambda: between("MaxPool", kernel_shape=(2, 2), dilations=(2, 2)),
        "dilations (2, 2) (supported: dilation 1",
    ),
    "slice backwards": (
        lambda: between("Slice", np.array([-1]), np.array([0]), np.array([2]), np.array([-1])),
        "supported: positive steps",
    ),
    "cubic": (_cubic, "mode cubic, half_pixel, round_prefer_floor (supported: modes nearest and linear"),
    "divided": (_divided, "supported: division by constants"),
    "float weights": (_float_weights, "its weights are float32 (quantize weights"),
    "weights along another axis": (
        lambda: _with_weights(ONES.astype(np.int8), np.full(8, 0.1), axis=1),
        "along axis 1",
    ),
    "16-bit activations": (
        lambda: between("QuantizeLinear", np.array(0.1, np.float32), np.array(0, np.int16)),
        "int16 activations (supported: int8 and uint8",
    ),
    "one-dimensional convolution": (lambda: _with_weights(np.ones((8, 8, 3), np.int8)), "1-D convolution"),
    "no QuantizeLinear between": (_not_quantized_between, "reads the output of Conv '/stem/Conv' #"),
    "no QuantizeLinear at the end": (_not_quantized_at_the_end, "the model ends with its float32 output"),
    "activation per channel": (_per_channel_activation, "only weights may be quantized per channel"),
    "another scale back": (_other_scale_back, "not that of the QuantizeLinear before it"),
    "bias too large": (_large_bias, "the bias of channel 7 does not fit int32"),
    "transpose": (lambda: between("Transpose", perm=(0, 1, 3, 2)), "perm (0, 1, 3, 2) of shape (1, 8, 6, 6) moves"),
    "reshape that moves elements": (_reshape_that_moves, "elements would have to be moved"),
    "rows with channels last": (
        lambda: _rows_transposed((6, 6, 8), (0, 2, 1)),
        "moves elements (supported: NHWC to NCHW",
    ),
    "rows of half the channels": (
        lambda: _rows_transposed((1, 72, 4), (0, 2, 1)),
        "moves elements (supported: NHWC to",
    ),
    "part of the groups": (_part_of_the_groups, "moves elements (supported: channel shuffle, groups of all channels)"),
    "flattened output": (_flattened_output, "end the model with the map itself"),
    "softmax over rows": (lambda: between("Softmax", axis=2), "supported: Softmax over the classes"),
    "numbers inside": (_numbers_inside, "numbers of classes, which only end a model"),
    "largest of rows": (lambda: between("ArgMax", axis=2), "along axis 2 of shape (1, 8, 6, 6) (supported: along"),
    "last of equals": (lambda: between("ArgMax", axis=1, select_last_index=1), "supported: select_last_index 0"),
    "mean over the batch": (
        lambda: between("ReduceMean", axes=[0], keepdims=0),
        "takes away the batch (supported: other axes, or keepdims 1)",
    ),
    "gathered rows": (lambda: between("Gather", np.array([1, 0]), axis=2), "take parts of height and width with Slice"),
    "blocks": (lambda: between("DepthToSpace", blocksize=2, mode="RDC"), "mode RDC (supported: DCR and CRD)"),
    "transposed padding": (
        lambda: transposed(pads=(2, 0, 0, 0)),
        "pads 2 with a kernel of 2 (supported: padding smaller than the kernel)",
    ),
    "transposed output": (
        lambda: transposed(output_shape=(8, 7)),
        "an output of 8, where kernel and stride reach 7 (give the padding as pads and output_padding)",
    ),
    "transposed stride": (lambda: transposed(strides=(99, 1)), "supported: strides to 64"),
    "pad mode": (lambda: between("Pad", np.array([0] * 8), mode="reflect"), "mode reflect (supported: constant"),
    "pad value": (lambda: between("Pad", np.array([0] * 8), np.array(1.0, np.float32)), "supported: padding with 0"),
    "pad of channels": (lambda: between("Pad", np.array([0, 1, 0, 0, 0, 0, 0, 0])), "padding of height and width"),
    "pool beyond the input": (
        lambda: between("MaxPool", kernel_shape=(3, 3), strides=(2, 2), ceil_mode=1),
        "ceil_mode adds a window",
    ),
    "padding that does not count": (lambda: _padded_average(), "supported with padding: count_include_pad 1"),
    "add of an unquantized value": (_add_of_other_shape, "reads the output of GlobalAveragePool"),
    "broadcast": (_broadcast, "supported: two maps of the same shape, and a map with a row, a vector or a single"),
    "pow": (lambda: between("Pow", np.array(0.5, np.float32)), "supported: one whole number from 1 to 8"),
    "gelu": (lambda: between("Gelu", approximate="sigmoid"), "approximate 'sigmoid' (supported: none and tanh"),
    "length": (lambda: between("ReduceL2", axes=(1,)), "stands alone (supported: x / sqrt(sum of x * x) over the"),
    "length of rows": (lambda: between("ReduceL2", axes=(2,)), "supported: ReduceL2 over the classes of (1, classes)"),
    "length in all": (lambda: between("ReduceL2", axes=(1, 2)), "over the axes [1, 2] (supported: x / sqrt"),
    "sum of magnitudes": (lambda: between("LpNormalization", axis=1, p=1), "p 1 (supported: p 2)"),
    "expanded": (lambda: between("Expand", np.array((1, 8, 6, 6))), "leave it out: maps, rows, vectors"),
    "quotient": (_quotient, "by what the image decides (supported: division by constants, and by the length"),
    "second output": (_second_output, "reads 'where', the second output"),
    "alpha": (lambda: _gemm(alpha=0.5), "supported: alpha 1"),
    "matrix of a map": (_matmul_of_a_map, "flatten the map"),
    "two inputs": (_two_inputs, "supported: one input"),
    "opset 9": (_old_opset, "supported: opset 10 and newer"),
    "external data": (_external_data, "its data is in another file, 'weights.bin' (--external-data allows"),
    "float16": (_half_precision, "tensors of FLOAT16 are not supported"),
    "batch of 4": (_batched, "a batch of 4 (export"),
    "size not fixed": (_dynamic_size, "make_dynamic_shape_fixed"),
}


def _padded_average() -> QdqBuilder:
    net = QdqBuilder()
    net.rescaled("AveragePool", kernel_shape=(3, 3), pads=(1, 1, 1, 1))
    return net


def save(made: QdqBuilder | onnx.ModelProto, directory: Path) -> Path:
    model = made.finish() if isinstance(made, QdqBuilder) else made
    path = directory / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported(name: str, tmp_path: Path) -> None:
    make, message = UNSUPPORTED[name]
    with pytest.raises(UnsupportedModelError) as raised:
        load(save(make(), tmp_path))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
