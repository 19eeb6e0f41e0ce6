"""From the bytes of an ONNX file to a verified graph."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from pathlib import Path

from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, ValueInfoProto

from mcugen import ir
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.borders import border, read_input, read_output
from mcugen.frontend.onnx.clamps import fuse_clamps
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.initializers import decode, text
from mcugen.frontend.onnx.nodes import Node, in_order, read_node
from mcugen.frontend.onnx.table import OPERATORS, REFUSED, supported
from mcugen.frontend.onnx.values import Constant

_DOMAINS = ("", "ai.onnx")
_QDQ_DOMAINS = (*_DOMAINS, "com.microsoft")
_FIRST_OPSET = 10
_HOW_TO_QUANTIZE = (
    "quantize it: onnxruntime.quantization.quantize_static(model, output, calibration_data_reader, "
    "quant_format=QuantFormat.QDQ, per_channel=True)"
)


def load(path: Path) -> ir.Graph:
    """The verified graph of a QDQ-quantized ONNX model.

    Raises ModelFormatError if the file is damaged or contradicts itself, UnsupportedModelError if it is sound but
    holds something that is not compiled, McugenError if it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        model = ModelProto.FromString(data)
        return _graph(model, path.stem, hashlib.sha256(data).hexdigest())
    except DecodeError as error:
        raise ModelFormatError(f"{path.name}: not an ONNX file, or a damaged one") from error
    except ir.InvalidGraphError as error:
        raise ModelFormatError(f"{path.name}: {error}") from error


def _graph(model: ModelProto, name: str, sha256: str) -> ir.Graph:
    proto = model.graph
    nodes = [read_node(node, index) for index, node in enumerate(proto.node)]
    if not nodes or not proto.output:
        raise ModelFormatError(f"{name}: not an ONNX model, it holds no nodes or no output")
    _require_qdq(name, nodes)
    initializers = {text(tensor.name): tensor for tensor in proto.initializer}
    source = _the_input(name, proto, initializers)
    if len(proto.output) != 1:
        raise UnsupportedModelError(f"{name}: {len(proto.output)} outputs", "supported: one input and one output")
    target = text(proto.output[0].name)
    input_name = text(source.name)
    model_input = read_input(source, nodes)
    context = Context(_opset(name, model), {input_name: model_input}, input_name)
    for node in in_order(nodes, [*initializers, input_name], target):
        for read in node.inputs:
            if read in initializers and read not in context.values:
                context.values[read] = Constant(decode(initializers[read], f"initializer '{read}'"))
        _convert(context, node)
    tensor, output_border = read_output(context, target)
    if context.input_tensor is None:
        raise ModelFormatError(f"{name}: its output does not depend on its input")
    if not context.operators:
        raise ModelFormatError(f"{name}: it computes nothing, no operator stands between its input and its output")
    graph = ir.Graph(
        name=name,
        tensors=context.tensors,
        operators=tuple(context.operators),
        input=context.input_tensor.name,
        output=tensor.name,
        input_border=border(model_input.view, context.input_tensor, model_input.dtype),
        output_border=output_border,
        source_format="onnx",
        source_sha256=sha256,
        labels=_labels(model, tensor.size),
    )
    return ir.verify(fuse_clamps(graph))


def _require_qdq(name: str, nodes: Iterable[Node]) -> None:
    kinds = {node.op_type: node for node in reversed(list(nodes))}
    for kind, node in kinds.items():
        if kind.startswith("QLinear") or kind.endswith("Integer") or kind == "DynamicQuantizeLinear":
            raise UnsupportedModelError(f"{node}: not in QDQ form", _HOW_TO_QUANTIZE)
    if "QuantizeLinear" not in kinds and "DequantizeLinear" not in kinds:
        raise UnsupportedModelError(f"{name}: the model is not quantized", _HOW_TO_QUANTIZE)


def _opset(name: str, model: ModelProto) -> int:
    versions = [int(o.version) for o in model.opset_import if text(o.domain) in _DOMAINS]
    if not versions:
        raise ModelFormatError(f"{name}: it does not say which opset it uses")
    if versions[0] < _FIRST_OPSET:
        raise UnsupportedModelError(f"{name}: opset {versions[0]}", "supported: opset 10 and newer")
    return versions[0]


def _the_input(name: str, proto: GraphProto, initializers: Container[str]) -> ValueInfoProto:
    inputs = [i for i in proto.input if text(i.name) not in initializers]
    if len(inputs) != 1:
        raise UnsupportedModelError(f"{name}: {len(inputs)} inputs", "supported: one input and one output")
    return inputs[0]


def _convert(context: Context, node: Node) -> None:
    handler = OPERATORS.get(node.op_type) or REFUSED.get(node.op_type)
    domains = _QDQ_DOMAINS if node.op_type in ("QuantizeLinear", "DequantizeLinear") else _DOMAINS
    if handler is None or node.domain not in domains:
        domain = f" of domain {node.domain}" if node.domain not in _DOMAINS else ""
        raise UnsupportedModelError(f"{node}{domain}: not supported", f"supported: {supported()}")
    if node.outputs:
        context.values[node.outputs[0]] = handler(context, node)


def _labels(model: ModelProto, classes: int) -> tuple[str, ...]:
    """The comma-separated metadata entry "labels" if it names every class, () otherwise: labels decide nothing."""
    for entry in model.metadata_props:
        if entry.key == "labels":
            labels = tuple(label.strip() for label in text(entry.value).split(","))
            return labels if len(labels) == classes and all(labels) else ()
    return ()
