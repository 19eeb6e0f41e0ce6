"""What stands between the file's input and output types and the int8 network: QUANTIZE and DEQUANTIZE.

They become a `Border` and vanish, so that the graph begins and ends with int8 whatever the file was converted for. So
do a TRANSPOSE of the image from NCHW and one of a map to NCHW, since an image that comes row by row has its channels
last.
A network that is uint8 inside begins and ends with its own tensors, less 128.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import tflite

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.tflite.model import FileModel, FileOperator, FileTensor
from mcugen.frontend.tflite.network import HOW_TO_QUANTIZE, concrete_shape
from mcugen.ir import Border

_Type = tflite.TensorType
_QUANTIZED = (_Type.INT8, _Type.UINT8)
_INTEGERS = (_Type.INT32, _Type.INT64)
_CONVERSIONS = (tflite.BuiltinOperator.QUANTIZE, tflite.BuiltinOperator.DEQUANTIZE)
_TO_CHANNELS_LAST, _TO_CHANNELS_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


@dataclass(frozen=True)
class Edge:
    """One end of the network.

    tensor: index of the graph's own tensor. absorbed: the operators that became the border, if any did.
    """

    border: Border
    tensor: int
    absorbed: tuple[FileOperator, ...] = ()


def input_edge(model: FileModel) -> Edge:
    """The border at the input."""
    moved = _only_move(model.readers(model.input), model, _TO_CHANNELS_LAST)
    if moved is not None:
        edge = _input_edge(model, moved.outputs[0])
        return _channels_first(edge, moved, edge.tensor, model.tensors[model.input])
    edge = _input_edge(model, model.input)
    moved = _only_move(model.readers(edge.tensor), model, _TO_CHANNELS_LAST)
    if moved is None:
        return edge
    return _channels_first(edge, moved, moved.outputs[0], model.tensors[model.input])


def _input_edge(model: FileModel, index: int) -> Edge:
    """The border at tensor `index`, which holds what the model's input does."""
    outer = model.tensors[index]
    readers = model.readers(index)
    conversion = readers[0] if len(readers) == 1 and readers[0].code == tflite.BuiltinOperator.QUANTIZE else None
    cast = all(reader.code == tflite.BuiltinOperator.CAST for reader in readers)
    if outer.type in _QUANTIZED and readers and cast and len(outer.scales) == 0:
        # Integers as they are.
        return Edge(Border(outer.type_name, 1.0, 0, "half_away", "NHWC", concrete_shape(outer)), index)
    if outer.type in _QUANTIZED and (conversion is None or not _narrows(outer, model.tensors[conversion.outputs[0]])):
        return Edge(_border(outer, outer), index)
    if conversion is None:
        if outer.type == _Type.FLOAT32 and readers:
            raise _float_head(model, readers[0], outer)
        raise _unsupported("input", outer)
    return _edge("input", model, outer, conversion, conversion.outputs[0], index)


def output_edge(model: FileModel, index: int) -> Edge:
    """The border at the output that is tensor `index`."""
    moved = _only_move(_writers(model, index), model, _TO_CHANNELS_FIRST)
    if moved is not None:
        edge = _output_edge(model, moved.input(0))
        return _channels_first(edge, moved, edge.tensor, model.tensors[index])
    edge = _output_edge(model, index)
    moved = _only_move(_writers(model, edge.tensor), model, _TO_CHANNELS_FIRST)
    if moved is None:
        return edge
    return _channels_first(edge, moved, moved.input(0), model.tensors[index])


def _output_edge(model: FileModel, index: int) -> Edge:
    """The border at tensor `index`, which holds what an output of the model does."""
    outer = model.tensors[index]
    writer = model.writer(index)
    conversion = writer if writer is not None and writer.code in _CONVERSIONS else None
    if outer.type in _QUANTIZED and (conversion is None or not _narrows(outer, model.tensors[conversion.input(0)])):
        return Edge(_border(outer, outer), index)
    if outer.type in _INTEGERS and writer is not None and writer.code == tflite.BuiltinOperator.ARG_MAX:
        return Edge(Border(outer.type_name, 1.0, 0, "half_away", "NHWC", concrete_shape(outer)), index)
    if conversion is None:
        if outer.type == _Type.FLOAT32 and writer is not None:
            raise _float_tail(model, writer, outer)
        raise _unsupported("output", outer)
    return _edge("output", model, outer, conversion, conversion.input(0), index)


def _float_head(model: FileModel, first: FileOperator, outer: FileTensor) -> UnsupportedModelError:
    """Why a network whose float32 input has another reader than QUANTIZE is refused."""
    reached, begin = {*first.outputs}, None
    for operator in model.operators:
        if not reached.isdisjoint(operator.inputs):
            if operator.code == tflite.BuiltinOperator.QUANTIZE:
                begin = operator
                break
            reached.update(operator.outputs)
    if begin is None:
        return first.unsupported(
            f"reads the float32 input {outer.label}; full-integer int8 models are supported", HOW_TO_QUANTIZE
        )
    return first.unsupported(
        f"computes in float32 with the input {outer.label}, before {begin.source}, where the integer network begins",
        "convert with inference_input_type uint8 or int8, which makes a table of what follows from a pixel alone; or"
        " leave preprocessing out of the model",
    )


def _float_tail(model: FileModel, last: FileOperator, outer: FileTensor) -> UnsupportedModelError:
    """Why a network whose float32 output has another writer than DEQUANTIZE is refused: the first operator in float32.

    Where all of it is float32, that is the last.
    """
    cause, begin = last, model.writer(last.inputs[0]) if last.has_input(0) else None
    # No more steps than operators: a damaged file may go round in circles.
    for _ in model.operators:
        if begin is None or begin.code == tflite.BuiltinOperator.DEQUANTIZE:
            break
        cause, begin = begin, model.writer(begin.inputs[0]) if begin.has_input(0) else None
    if begin is None or begin.code != tflite.BuiltinOperator.DEQUANTIZE:
        return last.unsupported(
            f"writes the float32 output {outer.label}; full-integer int8 models are supported", HOW_TO_QUANTIZE
        )
    return cause.unsupported(
        f"computes in float32 behind {begin.source}, where the integer network ends",
        "end the model before it and compute it in your code from what NAME_dequantize makes of the scores",
    )


def _writers(model: FileModel, index: int) -> tuple[FileOperator, ...]:
    """The operator that writes the tensor, if it and conversions of it are only outputs."""
    writer = model.writer(index)
    inner = any(
        reader.code not in _CONVERSIONS or reader.outputs[0] not in model.outputs for reader in model.readers(index)
    )
    return () if writer is None or inner else (writer,)


def _only_move(operators: tuple[FileOperator, ...], model: FileModel, order: tuple[int, ...]) -> FileOperator | None:
    """The one operator, if it is a TRANSPOSE of a map in this order that something else goes on from."""
    if len(operators) != 1 or operators[0].code != tflite.BuiltinOperator.TRANSPOSE:
        return None
    (operator,) = operators
    if not (operator.has_input(0) and operator.has_input(1)):
        return None
    constant = model.tensors[operator.input(1)]
    if (
        constant.type != _Type.INT32
        or constant.data is None
        or constant.data.tobytes() != np.array(order, "<i4").tobytes()
    ):
        return None
    source, output = model.tensors[operator.input(0)], model.tensors[operator.outputs[0]]
    shape = concrete_shape(source)
    same = source.type == output.type and all(
        np.array_equal(a, b) for a, b in ((source.scales, output.scales), (source.zero_points, output.zero_points))
    )
    goes_on = model.readers(output.index) if order == _TO_CHANNELS_LAST else model.writer(source.index)
    moves = len(shape) == len(order) and concrete_shape(output) == tuple(shape[axis] for axis in order)
    return operator if same and moves and shape[0] == 1 and goes_on else None


def _channels_first(edge: Edge, moved: FileOperator, tensor: int, outer: FileTensor) -> Edge:
    """The border of NCHW outside, with the graph's own tensor behind the operator that moves the axes."""
    border = replace(edge.border, layout="NCHW", shape=concrete_shape(outer))
    return Edge(border, tensor, (moved, *edge.absorbed))


def _narrows(outer: FileTensor, inner: FileTensor) -> bool:
    """Whether a conversion stands between a uint8 border and an int8 network."""
    return outer.type == _Type.UINT8 and inner.type == _Type.INT8


def _edge(
    kind: str, model: FileModel, outer: FileTensor, conversion: FileOperator, inner_index: int, outer_index: int
) -> Edge:
    inner = model.tensors[inner_index]
    if outer.type not in (_Type.FLOAT32, _Type.UINT8):
        raise _unsupported(kind, outer)
    if inner.type not in _QUANTIZED:
        raise conversion.unsupported(
            f"stands between {outer.type_name} and {inner.type_name}; full-integer int8 models are supported",
            HOW_TO_QUANTIZE,
        )
    if outer.type == _Type.FLOAT32:
        return Edge(_border(outer, inner), inner_index, (conversion,))
    border = _border(outer, outer)
    if (
        len(inner.scales)
        and not inner.lacks_zero_points
        and border.scale == inner.scales[0]
        and border.zero_point == inner.zero_points[0] + 128
    ):
        return Edge(border, inner_index, (conversion,))
    # Another scale: the conversion stays in the graph as a table behind a tensor that holds the uint8 less 128.
    return Edge(border, outer_index)


def _border(outer: FileTensor, quantized: FileTensor) -> Border:
    if len(quantized.scales) != 1:
        raise UnsupportedModelError(
            f"the model's border {quantized.label} is {quantized.type_name} without a scale",
            "convert to full-integer int8",
        )
    if quantized.lacks_zero_points:
        raise ModelFormatError(f"the model's border {quantized.label} has a scale and no zero point")
    # Of float32 outside it is the zero point that the graph's own tensor has.
    stored_offset = 128 if outer.type == _Type.FLOAT32 and quantized.type == _Type.UINT8 else 0
    return Border(
        dtype=outer.type_name,
        scale=float(quantized.scales[0]),
        zero_point=int(quantized.zero_points[0]) - stored_offset,
        rounding="half_away",
        layout="NHWC",
        shape=concrete_shape(outer),
    )


def _unsupported(kind: str, tensor: FileTensor) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"the model's {kind} {tensor.label} is {tensor.type_name}; int8, uint8 and float32 are supported there",
        "convert with inference_input_type and inference_output_type int8",
    )
