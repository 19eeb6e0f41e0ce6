"""Changes of an ONNX file: any field of any of its messages by reflection, and what only makes sense of nodes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx

from tests.support.hostile_text import HOSTILE_TEXTS

_INTEGERS = [-(1 << 31), -129, -128, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 255, 256, 65537, (1 << 31) - 1]
_REALS = [0.0, 1e-45, 1e-30, 1e-10, 0.5, 1.0, 255.0, 1e6, 1e30, math.inf, -1.0, math.nan]
_NODES = ["Add", "AveragePool", "Clip", "Conv", "DequantizeLinear", "Flatten", "Gemm", "GlobalAveragePool", "Identity"]
_NODES += ["MatMul", "MaxPool", "Mul", "Pad", "QuantizeLinear", "ReduceMean", "Relu", "Reshape", "Softmax", "Squeeze"]


def mutate_onnx(random: np.random.Generator, data: bytes) -> bytes:
    """The file with one to four changes."""
    model = onnx.ModelProto.FromString(data)
    for _ in range(int(random.choice([1, 1, 1, 2, 2, 3, 4]))):
        change = _CHANGES[int(random.integers(len(_CHANGES)))]
        try:
            change(random, model)
        except (ValueError, TypeError):
            # A field that cannot hold the new value keeps its old one.
            continue
    return model.SerializeToString()


def _pick(random: np.random.Generator, values: Any) -> Any:
    return values[int(random.integers(len(values)))]


def _field_of_a_node(random: np.random.Generator, model: onnx.ModelProto) -> None:
    if model.graph.node:
        _field(random, _pick(random, model.graph.node))


def _field_of_a_constant(random: np.random.Generator, model: onnx.ModelProto) -> None:
    if model.graph.initializer:
        _field(random, _pick(random, model.graph.initializer))


def _any_field(random: np.random.Generator, model: onnx.ModelProto) -> None:
    _field(random, _pick(random, [model, model.graph, *model.graph.input, *model.graph.output, *model.opset_import]))


def _field(random: np.random.Generator, message: Any) -> None:
    """Changes one field of the message or of one inside it."""
    while True:
        fields = list(message.DESCRIPTOR.fields)
        present = [entry for entry, _ in message.ListFields()]
        entry = _pick(random, present if present and random.random() < 0.8 else fields)
        value = getattr(message, entry.name)
        repeated = entry.is_repeated if hasattr(entry, "is_repeated") else entry.label == entry.LABEL_REPEATED
        if entry.message_type is None:
            break
        if repeated and (len(value) == 0 or random.random() < 0.2):
            _repeated_messages(random, value)
            return
        message = _pick(random, value) if repeated else value
    if not repeated:
        setattr(message, entry.name, _scalar(random, entry, value))
        return
    kind = random.integers(3)
    if kind == 0 and len(value):
        del value[int(random.integers(len(value)))]
    elif kind == 1 or not len(value):
        value.append(_scalar(random, entry, value[0] if len(value) else None))
    else:
        place = int(random.integers(len(value)))
        value[place] = _scalar(random, entry, value[place])


def _repeated_messages(random: np.random.Generator, values: Any) -> None:
    if not len(values):
        values.add()
        return
    place = int(random.integers(len(values)))
    if random.random() < 0.5:
        del values[place]
    else:
        values.add().CopyFrom(values[place])


def _scalar(random: np.random.Generator, entry: Any, old: Any) -> Any:
    if entry.cpp_type == entry.CPPTYPE_STRING:
        if entry.type == entry.TYPE_BYTES:
            return _bytes(random, old or b"")
        return _pick(random, [*HOSTILE_TEXTS, "", *([old] if old else []), f"{old}_"])
    if entry.cpp_type in (entry.CPPTYPE_FLOAT, entry.CPPTYPE_DOUBLE):
        return _pick(random, _REALS)
    if entry.cpp_type == entry.CPPTYPE_BOOL:
        return bool(random.integers(2))
    near = [int(old or 0) - 1, int(old or 0) + 1, int(old or 0) * 2]
    return int(_pick(random, near if random.random() < 0.4 else _INTEGERS))


def _bytes(random: np.random.Generator, old: bytes) -> bytes:
    data, kind = bytearray(old), random.integers(5)
    if kind == 0:
        return random.bytes(len(data))
    if kind == 1:
        return bytes([_pick(random, [0, 1, 127, 128, 255])]) * len(data)
    if kind == 2 and len(data) >= 4:
        place = int(random.integers(len(data) // 4)) * 4
        word = np.float32(_pick(random, _REALS)).tobytes() if random.random() < 0.5 else random.bytes(4)
        data[place : place + 4] = word
        return bytes(data)
    if kind == 3:
        return bytes(data[: int(random.integers(len(data) + 1))])
    return bytes(data) + bytes(int(random.integers(1, 17)))


def _values(random: np.random.Generator, model: onnx.ModelProto) -> None:
    """Scales, zero points, weights and biases that stay of their type and shape."""
    if not model.graph.initializer:
        return
    constant = _pick(random, model.graph.initializer)
    array = np.array(onnx.numpy_helper.to_array(constant))
    if array.dtype.kind == "f":
        array = array * np.float32(2.0 ** random.uniform(-12, 12))
    elif array.dtype.kind in "iu" and array.size:
        limits = np.iinfo(array.dtype)
        array = random.integers(limits.min, limits.max, array.shape, endpoint=True, dtype=array.dtype)
    constant.CopyFrom(onnx.numpy_helper.from_array(array.astype(array.dtype), constant.name))


def _links(random: np.random.Generator, model: onnx.ModelProto) -> None:
    """A node reads another value."""
    names = [name for node in model.graph.node for name in node.output] + ["", "nothing"]
    node = _pick(random, model.graph.node) if model.graph.node else None
    if node is not None and len(node.input):
        node.input[int(random.integers(len(node.input)))] = _pick(random, names)


def _operator(random: np.random.Generator, model: onnx.ModelProto) -> None:
    if model.graph.node:
        _pick(random, model.graph.node).op_type = _pick(random, _NODES)


def _delete(random: np.random.Generator, model: onnx.ModelProto) -> None:
    if model.graph.node:
        del model.graph.node[int(random.integers(len(model.graph.node)))]


def _skip(random: np.random.Generator, model: onnx.ModelProto) -> None:
    if not model.graph.node:
        return
    node = _pick(random, model.graph.node)
    if not len(node.input) or not len(node.output):
        return
    for reader in model.graph.node:
        for place, name in enumerate(reader.input):
            if name == node.output[0]:
                reader.input[place] = node.input[0]


def _cut(random: np.random.Generator, model: onnx.ModelProto) -> None:
    nodes = [node for node in model.graph.node if len(node.output)]
    if nodes and model.graph.output:
        model.graph.output[0].name = _pick(random, nodes).output[0]


def _image_size(random: np.random.Generator, model: onnx.ModelProto) -> None:
    if model.graph.input:
        sizes = model.graph.input[0].type.tensor_type.shape.dim
        for place in (2, 3):
            if place < len(sizes):
                sizes[place].dim_value = int(_pick(random, [1, 2, 3, 5, 8, 16, 24, 33]))


_CHANGES = (
    *(_field_of_a_node, _field_of_a_constant, _any_field, _values, _links, _operator, _delete, _skip, _cut),
    *(_image_size, _field_of_a_node, _field_of_a_constant, _values),
)
