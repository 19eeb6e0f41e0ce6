"""From the bytes of an ONNX file to a verified graph."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from pathlib import Path

from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto

from mcugen import ir
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.build import DOMAINS, build_graph
from mcugen.frontend.onnx.external import embed
from mcugen.frontend.onnx.initializers import Initializers, text, type_name
from mcugen.frontend.onnx.model import DeclaredInput, QdqModel
from mcugen.frontend.onnx.nodes import read_node
from mcugen.frontend.recorded import KEYS, with_records

_FIRST_OPSET = 10
_INPUT_TYPES: dict[int, str] = {TensorProto.FLOAT: "float32", TensorProto.INT8: "int8", TensorProto.UINT8: "uint8"}
_HOW_TO_QUANTIZE = (
    "quantize it: mcugen quantize FLOAT.onnx --data IMAGES -o INT8.onnx, or onnxruntime.quantization."
    "quantize_static(model, output, calibration_data_reader, quant_format=QuantFormat.QDQ, per_channel=True)"
)


def load(path: Path, *, external_data: bool = False) -> ir.Graph:
    """The verified graph of a QDQ-quantized ONNX model.

    external_data: whether tensors may lie in other files beneath the model's folder; their bytes are part of the hash.

    Raises ModelFormatError if the file is damaged or contradicts itself, UnsupportedModelError if it is sound but
    holds something that is not compiled, McugenError if it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        model = ModelProto.FromString(data)
        digest = hashlib.sha256(data + embed(model, path, allowed=external_data)).hexdigest()
        graph = build_graph(_read(model, path.stem, digest))
        return with_records(graph, {key: _entry(model, key) for key in KEYS}, path.name)
    except DecodeError as error:
        raise ModelFormatError(f"{path.name}: not an ONNX file, or a damaged one") from error


def _read(model: ModelProto, name: str, sha256: str) -> QdqModel:
    proto = model.graph
    nodes = [read_node(node, index) for index, node in enumerate(proto.node)]
    if not nodes or not proto.output:
        raise ModelFormatError(f"{name}: not an ONNX model, it holds no nodes or no output")
    initializers = Initializers(proto.initializer)
    source = _the_input(name, proto, initializers)
    return QdqModel(
        name=name,
        opset=_opset(name, model),
        nodes=nodes,
        constants=initializers,
        input=_declared(source),
        outputs=[text(output.name) for output in proto.output],
        how_to_quantize=_HOW_TO_QUANTIZE,
        labels=_labels(model),
        source_sha256=sha256,
    )


def _opset(name: str, model: ModelProto) -> int:
    versions = [int(o.version) for o in model.opset_import if text(o.domain) in DOMAINS]
    if not versions:
        raise ModelFormatError(f"{name}: it does not say which opset it uses")
    if versions[0] < _FIRST_OPSET:
        raise UnsupportedModelError(f"{name}: opset {versions[0]}", "supported: opset 10 and newer")
    return versions[0]


def _the_input(name: str, proto: GraphProto, initializers: Container[str]) -> ValueInfoProto:
    inputs = [i for i in proto.input if text(i.name) not in initializers]
    if len(inputs) != 1:
        raise UnsupportedModelError(f"{name}: {len(inputs)} inputs", "supported: one input")
    return inputs[0]


def _declared(source: ValueInfoProto) -> DeclaredInput:
    name = text(source.name)
    kind = source.type.tensor_type
    if kind.elem_type not in _INPUT_TYPES:
        raise UnsupportedModelError(f"input '{name}': {type_name(kind.elem_type)}", "supported: float32, int8, uint8")
    return DeclaredInput(name, _INPUT_TYPES[kind.elem_type], tuple(int(d.dim_value) for d in kind.shape.dim))


def _entry(model: ModelProto, key: str) -> str:
    """What the metadata says of something, "" if nothing."""
    values = (entry.value for entry in model.metadata_props if entry.key == key)
    return next((value for value in values if isinstance(value, str)), "")


def _labels(model: ModelProto) -> tuple[str, ...]:
    """The comma-separated metadata entry "labels", () if there is none.

    Whatever text it is: labels decide nothing, and where they are written they are inert.
    """
    for entry in model.metadata_props:
        if entry.key == "labels" and isinstance(entry.value, str):
            return tuple(label.strip() for label in entry.value.split(","))
    return ()
