"""Maps put together and cut: CONCATENATION, SLICE, STRIDED_SLICE."""

from __future__ import annotations

from collections.abc import Sequence

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import fused_activation
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import UNBOUNDED, Operator, Tensor
from mcugen.ir.operators.concat import Concat
from mcugen.ir.operators.slice import Slice

_MAP_RANK = 4
_MOST_INPUTS = 10
"""TensorFlow Lite Micro's kMaxInputNum."""
_INTEGERS = (tflite.TensorType.INT32, tflite.TensorType.INT64)


def _concatenation(network: Network, operator: FileOperator) -> Operator:
    """Of maps of one scale and zero point along the channels or the width; refused: along the height, other scales,
    constants."""
    inputs = tuple(network.input(operator, position) for position in range(len(operator.inputs)))
    output = network.output(operator)
    for tensor in inputs:
        _require_one_quantization(operator, tensor, output)
    if fused_activation(operator) != UNBOUNDED:
        raise operator.unsupported("has a fused activation, which its runtime leaves out", "put it before or behind")
    # Dimensions of the graph's tensors are the last three of the file's.
    rank = len(network.file_tensor(operator, operator.outputs[0]).shape)
    axis = operator.integer("Axis")
    if not -rank <= axis < rank:
        raise operator.damaged(f"joins along axis {axis} of {rank} dimensions")
    along = axis % rank - rank
    if along not in (-1, -2):
        raise operator.unsupported(
            f"joins along axis {axis} of {rank} dimensions; channels and width are supported",
            "transpose the maps when the net is made, or join along the channels",
        )
    return Concat(**network.operator_fields(operator, inputs, output), axis=3 + along)


def _strided_slice(network: Network, operator: FileOperator) -> Operator:
    """Of a map: a part of its height, width or channels, with positive strides along height and width; of a constant
    vector folded when the file is read; refused: ellipsis, new and dropped axes."""
    shape = _whole_map(network, operator)
    begin, end, stride = (network.constant(operator, i, *_INTEGERS).reshape(-1).tolist() for i in range(1, 4))
    if not len(begin) == len(end) == len(stride) == _MAP_RANK:
        raise operator.unsupported(f"cuts {len(begin)} dimensions; all 4 of a map are supported")
    if any(operator.integer(mask) for mask in ("EllipsisMask", "NewAxisMask", "ShrinkAxisMask")):
        raise operator.unsupported("ellipsis, new and dropped axes of maps are not supported", "keep four dimensions")
    begins, ends = operator.integer("BeginMask"), operator.integer("EndMask")
    if min(stride) < 1 or stride[3] != 1:
        raise operator.unsupported(f"strides {stride}; positive ones of height and width are supported")
    ranges = [
        range(*slice(None if begins >> i & 1 else begin[i], None if ends >> i & 1 else end[i], stride[i]).indices(size))
        for i, size in enumerate(shape)
    ]
    return _part(network, operator, ranges)


def _slice(network: Network, operator: FileOperator) -> Operator:
    """Of a map: a part of its height, width or channels."""
    shape = _whole_map(network, operator)
    begin, size = (network.constant(operator, i, *_INTEGERS).reshape(-1).tolist() for i in (1, 2))
    if not len(begin) == len(size) == _MAP_RANK:
        raise operator.unsupported(f"cuts {len(begin)} dimensions; all 4 of a map are supported")
    ends = [whole if n == -1 else b + n for b, n, whole in zip(begin, size, shape, strict=True)]
    if min(begin) < 0 or any(end > whole for end, whole in zip(ends, shape, strict=True)):
        raise operator.damaged(f"cuts from {begin} to {ends} of {shape}")
    return _part(network, operator, [range(b, e) for b, e in zip(begin, ends, strict=True)])


def _whole_map(network: Network, operator: FileOperator) -> tuple[int, ...]:
    shape = network.shape(network.file_tensor(operator, operator.input(0)))
    if len(shape) != _MAP_RANK:
        raise operator.unsupported(f"cuts a tensor of shape {shape}; maps of 4 dimensions are supported")
    return shape


def _part(network: Network, operator: FileOperator, ranges: Sequence[range]) -> Operator:
    source, output = network.input(operator), network.output(operator)
    _require_one_quantization(operator, source, output)
    batch, *inner = ranges
    if len(batch) != 1 or tuple(len(each) for each in inner) != output.shape:
        raise operator.damaged(f"cuts {[len(each) for each in ranges]}, and its output has shape {output.shape}")
    rows, columns, channels = inner
    return Slice(
        **network.operator_fields(operator, (source,), output),
        begin=(rows.start, columns.start, channels.start),
        stride=(rows.step, columns.step),
    )


def _require_one_quantization(operator: FileOperator, source: Tensor, output: Tensor) -> None:
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise operator.unsupported(
            f"moves values of scale {source.scale:g} and zero point {source.zero_point} to scale {output.scale:g} and"
            f" zero point {output.zero_point}, which its runtime copies as they are; the same are supported",
            "convert again: the converter gives both sides one scale",
        )


CONCATENATION = Handler(
    _concatenation,
    OptionFields(
        tflite.ConcatenationOptions,
        tflite.BuiltinOptions.ConcatenationOptions,
        ("Axis", "FusedActivationFunction"),
    ),
    inputs=(1, _MOST_INPUTS),
)
SLICE = Handler(_slice, inputs=(3, 3))
STRIDED_SLICE = Handler(
    _strided_slice,
    OptionFields(
        tflite.StridedSliceOptions,
        tflite.BuiltinOptions.StridedSliceOptions,
        ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask"),
    ),
    inputs=(4, 4),
)
