"""A quantized program as an ONNX model in QDQ form, for other tools; mcugen reads it back to the same graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.export import ExportedProgram

from mcugen.camera import CameraOptions
from mcugen.frontend.onnx.model import QdqModel
from mcugen.frontend.onnx.nodes import Node, in_order
from mcugen.frontend.recorded_camera import KEY as CAMERA_KEY
from mcugen.frontend.recorded_task import KEY as TASK_KEY
from mcugen.frontend.torch.program import translate
from mcugen.text import one_line

_IR_VERSION = 8
_TYPES = {"float32": TensorProto.FLOAT, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8}
_OUTPUT = "scores"
_LATER = {"HardSwish": 14}
"""Operators that came after the opset of a translation, each with its own."""
_KEEP_SCALE = (
    *("MaxPool", "ReduceMax", "ReduceMin", "Pad", "Reshape", "Transpose", "Identity", "Slice", "Resize"),
    *("DepthToSpace", "SpaceToDepth", "Gather"),
)


def to_onnx(
    program: ExportedProgram,
    name: str = "model",
    labels: Sequence[str] = (),
    task: str = "",
    camera: CameraOptions | None = None,
) -> bytes:
    """The bytes of an .onnx file: int8 activations and weights, int32 biases, each behind DequantizeLinear.

    Opset 13, or 14 with HardSwish. Inputs and outputs are float32 [1, ...] as the program's, the name of a single
    output is `scores`. labels, task, camera: metadata that mcugen reads, see `save_program`. Raises
    UnsupportedModelError for operators that mcugen does not know.
    """
    model = _with_named_output(_with_integer_biases(_without_unread(translate(program, name))))
    written = {output for node in model.nodes for output in node.outputs}
    read = {source for node in model.nodes for source in node.inputs}
    initializers = [
        numpy_helper.from_array(np.ascontiguousarray(array), constant)
        for constant, array in model.constants.items()
        if constant in read and constant not in written
    ]
    image = helper.make_tensor_value_info(model.input.name, _TYPES[model.input.dtype], model.input.dims)
    values = (node.meta["val"] for node in program.graph.output_node().args[0])
    results = [
        helper.make_tensor_value_info(output, _type_of(value), [int(size) for size in value.shape])
        for output, value in zip(model.outputs, values, strict=True)
    ]
    graph = helper.make_graph(_protos(model.nodes), name, [image], results, initializers)
    opset = max([model.opset, *(_LATER.get(node.op_type, 0) for node in model.nodes)])
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=_IR_VERSION, producer_name="mcugen"
    )
    # mcugen and others split labels at commas.
    entries = {
        "labels": ",".join(one_line(label).replace(",", ";") for label in labels),
        TASK_KEY: task,
        CAMERA_KEY: "" if camera is None else camera.words,
    }
    helper.set_model_props(proto, {key: value for key, value in entries.items() if value})
    onnx.checker.check_model(proto, full_check=True)
    content: bytes = proto.SerializeToString()
    return content


def _without_unread(model: QdqModel) -> QdqModel:
    """Without nodes whose results nothing reads, such as the numbers of maxima of which only the values count."""
    needed = in_order(model.nodes, [*model.constants, model.input.name], model.outputs)
    return replace(model, nodes=sorted(needed, key=lambda node: node.index))


def _type_of(value: torch.Tensor) -> int:
    """Numbers of classes are integers."""
    return int(TensorProto.FLOAT if value.is_floating_point() else TensorProto.INT64)


def _protos(nodes: Sequence[Node]) -> list[onnx.NodeProto]:
    names: set[str] = set()
    protos = []
    for node in nodes:
        name, count = node.name, 1
        while name in names:
            count += 1
            name = f"{node.name}_{count}"
        names.add(name)
        attributes: dict[str, Any] = {key: value for key, value in node.attributes.items() if value is not None}
        protos.append(helper.make_node(node.op_type, node.inputs, node.outputs, name=name, **attributes))
    return protos


def _with_named_output(model: QdqModel) -> QdqModel:
    """Its only output called `scores`, where torch numbers the operator that happens to be the last."""
    if len(model.outputs) > 1:
        return model
    taken = {output for node in model.nodes for output in node.outputs} | set(model.constants) | {model.input.name}
    if _OUTPUT in taken:
        return model

    def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_OUTPUT if name in model.outputs else name for name in names)

    nodes = [replace(node, inputs=renamed(node.inputs), outputs=renamed(node.outputs)) for node in model.nodes]
    return replace(model, nodes=nodes, outputs=[_OUTPUT])


def _with_integer_biases(model: QdqModel) -> QdqModel:
    """Float biases as int32 in units of the accumulator, which most runtimes need to run a layer in integers."""
    constants = dict(model.constants)
    scales: dict[str, np.ndarray] = {}
    nodes: list[Node] = []
    for node in model.nodes:
        if node.op_type == "DequantizeLinear":
            scales[node.outputs[0]] = constants[node.inputs[1]].astype(np.float64).reshape(-1)
        elif node.op_type in _KEEP_SCALE and node.inputs[0] in scales:
            scales[node.outputs[0]] = scales[node.inputs[0]]
        elif node.op_type in ("Conv", "ConvTranspose", "Gemm") and len(node.inputs) == 3:
            source, weights, bias = node.inputs
            real = constants.get(bias)
            if real is not None and real.dtype == np.float32 and source in scales and weights in scales:
                unit = scales[source] * scales[weights]
                # Of a ConvTranspose they stand for the channels of one group.
                unit = np.tile(unit, real.size // unit.size)
                stored = np.clip(np.rint(real / unit), -(2**31), 2**31 - 1).astype(np.int32)
                names = [f"{node.outputs[0]}.bias{part}" for part in ("", ".scale", ".zero_point")]
                arrays = (stored, unit.astype(np.float32), np.zeros(real.shape, np.int32))
                constants.update(zip(names, arrays, strict=True))
                quantized = f"{node.outputs[0]}.bias.real"
                nodes.append(
                    Node(
                        len(nodes), "DequantizeLinear", "", f"{node.name}.bias", tuple(names), (quantized,), {"axis": 0}
                    )
                )
                node = replace(node, inputs=(source, weights, quantized))
        nodes.append(replace(node, index=len(nodes)))
    return replace(model, nodes=nodes, constants=constants)
