"""What stands between the file's input and output types and the int8 network: QUANTIZE and DEQUANTIZE.

They become a `Border` and vanish, so that the graph begins and ends with int8 whatever the file was converted for.
"""

from __future__ import annotations

from dataclasses import dataclass

import tflite

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.tflite.model import FileModel, FileOperator, FileTensor
from mcugen.frontend.tflite.network import concrete_shape
from mcugen.ir import Border

_Type = tflite.TensorType
_SUPPORTED = "int8, uint8 and float32 are supported"


@dataclass(frozen=True)
class Edge:
    """One end of the network.

    tensor: index of the graph's own tensor. absorbed: the operator that became the border, if one did.
    """

    border: Border
    tensor: int
    absorbed: FileOperator | None = None


def input_edge(model: FileModel) -> Edge:
    """The border at the input."""
    outer = model.tensors[model.input]
    readers = model.readers(model.input)
    conversion = readers[0] if len(readers) == 1 else None
    if outer.type == _Type.INT8:
        return Edge(_border(outer, outer), model.input)
    if conversion is None or conversion.code != tflite.BuiltinOperator.QUANTIZE:
        if outer.type == _Type.FLOAT32 and readers:
            raise readers[0].unsupported(
                f"reads the float32 input {outer.label}; full-integer int8 models are supported",
                "convert with a representative data set and supported_ops TFLITE_BUILTINS_INT8",
            )
        raise _unsupported("input", outer)
    return _edge("input", model, outer, conversion, conversion.outputs[0], model.input)


def output_edge(model: FileModel, index: int) -> Edge:
    """The border at the output that is tensor `index`."""
    outer = model.tensors[index]
    conversion = model.writer(index)
    if outer.type == _Type.INT8:
        return Edge(_border(outer, outer), index)
    if conversion is None or conversion.code not in (
        tflite.BuiltinOperator.QUANTIZE,
        tflite.BuiltinOperator.DEQUANTIZE,
    ):
        raise _unsupported("output", outer)
    return _edge("output", model, outer, conversion, conversion.input(0), index)


def _edge(
    kind: str, model: FileModel, outer: FileTensor, conversion: FileOperator, inner_index: int, outer_index: int
) -> Edge:
    inner = model.tensors[inner_index]
    if inner.type != _Type.INT8 or outer.type not in (_Type.FLOAT32, _Type.UINT8):
        raise _unsupported(kind, outer if outer.type not in (_Type.FLOAT32, _Type.UINT8) else inner)
    if outer.type == _Type.FLOAT32:
        return Edge(_border(outer, inner), inner_index, conversion)
    border = _border(outer, outer)
    if (
        len(inner.scales)
        and not inner.lacks_zero_points
        and border.scale == inner.scales[0]
        and border.zero_point == inner.zero_points[0] + 128
    ):
        return Edge(border, inner_index, conversion)
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
    return Border(
        dtype=outer.type_name,
        scale=float(quantized.scales[0]),
        zero_point=int(quantized.zero_points[0]),
        rounding="half_away",
        layout="NHWC",
        shape=concrete_shape(outer),
    )


def _unsupported(kind: str, tensor: FileTensor) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"the model's {kind} {tensor.label} is {tensor.type_name}; {_SUPPORTED} around an int8 network",
        "convert with inference_input_type and inference_output_type int8",
    )
