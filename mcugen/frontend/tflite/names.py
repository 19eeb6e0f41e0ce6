"""Names that people read, from the long names that converters join: unique, short, stable."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mcugen.frontend.tflite.model import FileModel, FileOperator, FileTensor

_LIMIT = 40
_NODE_NAMES = {
    kind: re.compile(rf"({pattern})(_?[0-9]+)?", re.IGNORECASE)
    for kind, pattern in {
        "CONV_2D": "conv2d|convolution",
        "DEPTHWISE_CONV_2D": "depthwise|depthwise_conv2d_native",
        "FULLY_CONNECTED": "matmul",
        "ADD": "add",
        "PAD": "pad",
        "PADV2": "padv2",
        "AVERAGE_POOL_2D": "avgpool",
        "MAX_POOL_2D": "maxpool",
        "MEAN": "mean",
        "RESHAPE": "reshape",
        "SQUEEZE": "squeeze",
        "SOFTMAX": "softmax",
    }.items()
}
"""What TensorFlow calls the node of each kind, the last component of a name; the layer's name stands before it.

A number may follow: converters append one to the last of several joined names.
"""

_GENERIC = re.compile(r"(relu6?|biasadd|fusedbatchnorm.*|batchnorm|reshape)(_?[0-9]+)?", re.IGNORECASE)
_MEANINGLESS = re.compile(r"(identity|statefulpartitionedcall|partitionedcall|output|tfl\W).*", re.IGNORECASE)
_COMMON_PARENTS = {"depthwise", "expand", "project", "pointwise", "conv", "separable_conv2d"}


def unique(name: str, taken: set[str]) -> str:
    """The name, with _2, _3, ... if it is taken already; adds the result to `taken`."""
    candidate, number = name, 2
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    taken.add(candidate)
    return candidate


def tensor_names(tensors: Iterable[FileTensor]) -> dict[int, str]:
    """The file's names by tensor index, made unique and not empty."""
    taken: set[str] = set()
    return {tensor.index: unique(tensor.name or f"tensor_{tensor.index}", taken) for tensor in tensors}


def operator_names(model: FileModel) -> dict[int, str]:
    """A short unique name for each operator, by its index."""
    taken: set[str] = set()
    return {
        operator.index: unique(layer_name(operator, model.tensors[operator.outputs[0]].name), taken)
        for operator in model.operators
    }


def layer_name(operator: FileOperator, output_name: str) -> str:
    """The name of the layer that the joined names of its output tell, else the kind of operator.

    'model/re_lu/Relu;model/bn/FusedBatchNormV3;model/conv2d_1/Conv2D' is 'conv2d_1' for a CONV_2D.
    """
    pieces = [piece.strip("/").split("/") for piece in output_name.split(";") if piece.strip("/")]
    node_names = _NODE_NAMES.get(operator.name)
    for *layer, node in pieces:
        if layer and node_names is not None and node_names.fullmatch(node):
            return _readable(layer, operator)
    if not pieces:
        return operator.name.lower()
    first = pieces[0]
    if len(first) > 1 and _GENERIC.fullmatch(first[-1]):
        first = first[:-1]
    return _readable(first, operator)


def _readable(components: list[str], operator: FileOperator) -> str:
    name = components[-1]
    if _MEANINGLESS.fullmatch(name):
        return operator.name.lower()
    if name.lower() in _COMMON_PARENTS and len(components) > 1:
        name = f"{components[-2]}_{name}"
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[-_LIMIT:].strip("_") or operator.name.lower()
