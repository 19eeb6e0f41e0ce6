"""Constant folding of the shape arithmetic that Keras leaves around RESHAPE: SHAPE, STRIDED_SLICE, PACK.

All shapes are known when the file is read, so these operators compute constants, and none of them is left over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.reader import OptionFields

_INTEGERS = (tflite.TensorType.INT32, tflite.TensorType.INT64)


@dataclass(frozen=True)
class Folder:
    """How an operator with constant inputs is computed. options, inputs: as in `Handler`."""

    fold: Callable[[Network, FileOperator], np.ndarray]
    options: OptionFields | None = None
    inputs: tuple[int, int] = (1, 1)


def _shape(network: Network, operator: FileOperator) -> np.ndarray:
    """Of any tensor of known size: a constant, folded when the file is read."""
    shape = network.shape(network.file_tensor(operator, operator.input(0)))
    if min(shape, default=1) < 1:
        raise operator.unsupported(f"of the open shape {shape}", "convert with a fixed input shape")
    return np.array(shape, np.int64)


def _strided_slice(network: Network, operator: FileOperator) -> np.ndarray:
    """One slice of a constant vector, folded when the file is read; refused: ellipsis and new axes."""
    values, begin, end, stride = (network.constant(operator, i, *_INTEGERS) for i in range(4))
    if values.ndim != 1 or not begin.size == end.size == stride.size == 1:
        raise operator.unsupported("slices of vectors are supported")
    if operator.integer("EllipsisMask") or operator.integer("NewAxisMask"):
        raise operator.unsupported("ellipsis and new axes are not supported")
    start, stop, step = int(begin.item()), int(end.item()), int(stride.item())
    if operator.integer("ShrinkAxisMask") & 1:
        if not -len(values) <= start < len(values):
            raise operator.damaged(f"element {start} of {len(values)}")
        return np.asarray(values[start])
    if step == 0:
        raise operator.damaged("a stride of 0")
    return values[
        None if operator.integer("BeginMask") & 1 else start : None if operator.integer("EndMask") & 1 else stop : step
    ]


def _pack(network: Network, operator: FileOperator) -> np.ndarray:
    """Of constant scalars to a vector, folded when the file is read; refused: vectors."""
    values = [network.constant(operator, position, *_INTEGERS) for position in range(len(operator.inputs))]
    if any(value.size != 1 for value in values):
        raise operator.unsupported("of vectors; scalars are supported")
    return np.array([int(value.reshape(-1)[0]) for value in values], np.int64)


FOLDERS: dict[int, Folder] = {
    tflite.BuiltinOperator.SHAPE: Folder(_shape),
    tflite.BuiltinOperator.STRIDED_SLICE: Folder(
        _strided_slice,
        OptionFields(
            tflite.StridedSliceOptions,
            tflite.BuiltinOptions.StridedSliceOptions,
            ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask"),
        ),
        inputs=(4, 4),
    ),
    tflite.BuiltinOperator.PACK: Folder(_pack, inputs=(1, 8)),
}


def fold(network: Network, operator: FileOperator) -> bool:
    """Computes the operator if it is one of these and keeps the value in `network.folded`; False if it is not."""
    folder = FOLDERS.get(operator.code)
    if folder is None:
        return False
    operator.require(folder.inputs)
    network.folded[operator.outputs[0]] = folder.fold(network, operator)
    return True
