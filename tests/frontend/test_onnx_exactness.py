"""Every operator of an imported ONNX model, against what ONNX's own operators compute in float32: within 1.

The oracle is ONNX Runtime where it is installed and onnx's reference evaluator everywhere. Each operator is given the
oracle's input, so differences cannot hide behind, or grow with, those of earlier layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from mcugen import ir, reference
from mcugen.frontend.onnx import load
from tests.support.needs import module, need

Oracle = Callable[[onnx.ModelProto, str, np.ndarray], Mapping[str, np.ndarray]]

# onnx's evaluator knows QuantizeLinear from here on; the other operators of these models mean the same before.
FIRST_OPSET_EVALUATED = 19

MODELS = Path(__file__).resolve().parents[2].parent / "shared" / "models"


def _quantized_outputs(model: onnx.ModelProto, graph: ir.Graph) -> dict[str, str]:
    """The outputs of all QuantizeLinear, by the graph's names of their tensors.

    A tensor is named after what QuantizeLinear reads, or after its output where it is a table of its own.
    """
    names = {}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            output = node.output[0]
            names[output if output in graph.tensors else node.input[0].removesuffix("_QuantizeLinear_Input")] = output
    return names


def _exposed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the outputs of all QuantizeLinear as outputs."""
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    types = {t.name: t.data_type for t in model.graph.initializer}
    known = {output.name for output in model.graph.output}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and node.output[0] not in known:
            kind = types.get(node.input[2], TensorProto.UINT8) if len(node.input) > 2 else TensorProto.UINT8
            exposed.graph.output.append(helper.make_tensor_value_info(node.output[0], kind, None))
    return exposed


def _reference_evaluator(model: onnx.ModelProto, source: str, image: np.ndarray) -> Mapping[str, np.ndarray]:
    exposed = _exposed(model)
    if exposed.opset_import[0].version < FIRST_OPSET_EVALUATED:
        if any(n.op_type == "ReduceMean" for n in model.graph.node):
            need("reduce-mean")
        exposed.opset_import[0].version = FIRST_OPSET_EVALUATED
    evaluator = ReferenceEvaluator(exposed)
    return dict(zip(evaluator.output_names, evaluator.run(None, {source: image}), strict=True))


def _onnx_runtime(model: onnx.ModelProto, source: str, image: np.ndarray) -> Mapping[str, np.ndarray]:
    onnxruntime = module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    data = _exposed(model).SerializeToString()
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {source: image}), strict=True))


ORACLES = {"onnx": _reference_evaluator, "onnxruntime": _onnx_runtime}


def _as_map(array: np.ndarray, tensor: ir.Tensor, layout: str) -> np.ndarray:
    """An oracle's integers [1, ...] as the graph stores them, [1, H, W, C] int8."""
    if array.dtype == np.uint8:
        array = (array.astype(np.int16) - 128).astype(np.int8)
    height, width, channels = tensor.shape
    if layout == "NCHW":
        array = array.reshape(1, channels, height, width).transpose(0, 2, 3, 1)
    return array.reshape(1, *tensor.shape)


def largest_difference(model: onnx.ModelProto, graph: ir.Graph, oracle: Oracle, image: np.ndarray) -> int:
    """The largest difference of any operator's output, each operator reading the oracle's values."""
    source = model.graph.input[0].name
    values = oracle(model, source, image)
    names = _quantized_outputs(model, graph)
    maps = {graph.input: reference.quantize_input(graph, image)}
    largest = 0
    for op in graph.operators:
        inputs = [graph.tensors[name] for name in op.inputs]
        output = graph.tensors[op.output]
        result = op.evaluate([maps[name] for name in op.inputs], inputs, output)
        maps[op.output] = result
        if op.output in names and names[op.output] in values:
            array = values[names[op.output]]
            expected = _as_map(array, output, "flat" if _has_channels_last(array, output) else "NCHW")
            largest = max(largest, int(np.abs(result.astype(np.int16) - expected).max()))
            maps[op.output] = expected
    last = _as_map_of_output(graph, values[model.graph.output[0].name])
    return max(largest, int(np.abs(maps[graph.output].astype(np.int16) - last).max()))


def _has_channels_last(array: np.ndarray, tensor: ir.Tensor) -> bool:
    """Of maps whose channels were moved to the end, of lists of their positions, and where a row of a map is left."""
    height, width, channels = tensor.shape
    if array.ndim == 3:
        return bool(array.shape[1] != channels)
    return array.shape == (height * width, channels) or array.shape[1:] == tensor.shape != (channels, height, width)


def _as_map_of_output(graph: ir.Graph, array: np.ndarray) -> np.ndarray:
    border, tensor = graph.output_border, graph.output_tensor
    if array.dtype == np.int64:
        array = (array - 128).astype(np.int8)
    if array.dtype == np.float32:
        array = np.clip(np.rint(array / np.float32(border.scale)) + tensor.zero_point, -128, 127).astype(np.int8)
    return _as_map(array, tensor, border.layout if array.ndim == 4 else "flat")


def image_for(graph: ir.Graph, seed: int) -> np.ndarray:
    """A random image of the model's own type and shape, with both extremes."""
    random = np.random.default_rng(seed)
    border = graph.input_border
    if border.dtype != "float32":
        limits = np.iinfo(border.dtype)
        return random.integers(limits.min, limits.max + 1, border.shape).astype(border.dtype)
    stored = random.integers(-140, 140, border.shape)
    return ((stored - border.zero_point) * border.scale).astype(np.float32)


def _macs(graph: ir.Graph) -> int:
    """Multiply-accumulates of one image."""
    total = 0
    for op in graph.operators:
        if isinstance(op, ir.Conv2D | ir.DepthwiseConv2D | ir.FullyConnected):
            height, width, _ = graph.tensors[op.output].shape
            total += height * width * op.weights.size
    return total


@pytest.mark.needs("shared-models")
@pytest.mark.parametrize(
    ("name", "shape", "macs"),
    [("qdq_mnv1_a025_r32_gray", (32, 32, 1), 797_824), ("qdq_mnv1_a025_r96_rgb", (96, 96, 3), 7_491_712)],
)
def test_shared_models(name: str, shape: tuple[int, int, int], macs: int) -> None:
    path = MODELS / f"{name}.onnx"
    graph = load(path)
    assert graph.input_tensor.shape == shape
    assert graph.output_tensor.shape == (1, 1, 10)
    assert _macs(graph) == macs
    assert [type(op).__name__ for op in graph.operators] == [
        "Conv2D",
        *["DepthwiseConv2D", "Conv2D"] * 13,
        "AveragePool2D",
        "FullyConnected",
    ]
    with np.load(path.with_suffix(".npz")) as archive:
        inputs, outputs = archive["inputs"], archive["outputs"]
    stored = reference.run(graph, reference.quantize_input(graph, inputs))
    results = reference.dequantize_output(graph, stored)
    assert results.shape == outputs.shape
    assert np.array_equal(results.argmax(axis=1), outputs.argmax(axis=1))
    model = onnx.load(path)
    for image in inputs:
        assert largest_difference(model, graph, _onnx_runtime, image[None]) <= 1
