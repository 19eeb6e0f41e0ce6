"""Maps that are cut: SLICE, STRIDED_SLICE, SPLIT, SPLIT_V."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import graph_axis, part
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator

_MAP_RANK = 4
_MOST_OUTPUTS = 64
_INTEGERS = (tflite.TensorType.INT32, tflite.TensorType.INT64)


def _strided_slice(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of a map: a part of its height, width or channels, with positive strides along height and width, dimensions kept
    or dropped; of a constant vector folded when the file is read; refused: ellipsis and new axes."""
    shape = network.shape(network.file_tensor(operator, operator.input(0)))
    begin, end, stride = (network.constant(operator, i, *_INTEGERS).reshape(-1).tolist() for i in range(1, 4))
    if not len(begin) == len(end) == len(stride) <= len(shape):
        raise operator.damaged(f"cuts from {begin} to {end} in steps of {stride}, of {len(shape)} dimensions")
    if any(operator.integer(mask) for mask in ("EllipsisMask", "NewAxisMask")):
        raise operator.unsupported("ellipsis and new axes of maps are not supported", "keep the dimensions")
    begins, ends, dropped = (operator.integer(mask) for mask in ("BeginMask", "EndMask", "ShrinkAxisMask"))
    ranges = []
    for i, size in enumerate(shape):
        if i >= len(begin):
            ranges.append(range(size))
        elif dropped >> i & 1:
            if not -size <= begin[i] < size:
                raise operator.damaged(f"element {begin[i]} of {size}")
            ranges.append(range(begin[i] % size, begin[i] % size + 1))
        else:
            if stride[i] < 1:
                raise operator.unsupported(f"strides {stride}; positive ones of height and width are supported")
            whole = slice(None if begins >> i & 1 else begin[i], None if ends >> i & 1 else end[i], stride[i])
            ranges.append(range(*whole.indices(size)))
    return _cut(network, operator, ranges)


def _slice(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of a map: a part of its height, width or channels."""
    shape = network.shape(network.file_tensor(operator, operator.input(0)))
    begin, size = (network.constant(operator, i, *_INTEGERS).reshape(-1).tolist() for i in (1, 2))
    if not len(begin) == len(size) == len(shape):
        raise operator.damaged(f"cuts {len(begin)} dimensions of {len(shape)}")
    ends = [whole if n == -1 else b + n for b, n, whole in zip(begin, size, shape, strict=True)]
    if min(begin) < 0 or any(end > whole for end, whole in zip(ends, shape, strict=True)):
        raise operator.damaged(f"cuts from {begin} to {ends} of {shape}")
    return _cut(network, operator, [range(b, e) for b, e in zip(begin, ends, strict=True)])


def _cut(network: Network, operator: FileOperator, ranges: Sequence[range]) -> list[Operator]:
    """ranges: of the file's dimensions."""
    source, output = network.input(operator), network.output(operator)
    whole = [*(range(1),) * (_MAP_RANK - len(ranges)), *ranges]
    if len(whole[0]) != 1:
        raise operator.unsupported(f"cuts {len(whole[0])} images", "convert with batch size 1")
    return part(network, operator, source, whole[1:], output)


def _split(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Into equal parts along height, width or channels."""
    axis = network.constant(operator, 0, tflite.TensorType.INT32)
    parts = len(operator.outputs)
    size = _size(network, operator, 1, axis.reshape(-1).tolist())
    if size % parts or operator.integer("NumSplits") != parts:
        raise operator.damaged(f"splits {size} into {parts} parts, its option says {operator.integer('NumSplits')}")
    return _parts(network, operator, 1, int(axis.reshape(-1)[0]), [size // parts] * parts)


def _split_of_sizes(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Into parts of any sizes along height, width or channels."""
    axis = network.constant(operator, 2, tflite.TensorType.INT32).reshape(-1).tolist()
    sizes = network.constant(operator, 1, *_INTEGERS).reshape(-1).tolist()
    whole = _size(network, operator, 0, axis)
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = whole - sum(size for size in sizes if size != -1)
    if min(sizes, default=0) < 1 or sum(sizes) != whole or len(sizes) != len(operator.outputs):
        raise operator.damaged(f"splits {whole} into parts of {sizes}, and has {len(operator.outputs)} outputs")
    return _parts(network, operator, 0, axis[0], sizes)


def _size(network: Network, operator: FileOperator, position: int, axis: list[int]) -> int:
    if len(axis) != 1:
        raise operator.damaged(f"splits along the axes {axis}")
    shape = network.shape(network.file_tensor(operator, operator.input(position)))
    graph_axis(operator, axis[0], len(shape))
    return shape[axis[0]]


def _parts(
    network: Network, operator: FileOperator, position: int, axis: int, sizes: Sequence[int]
) -> Sequence[Operator]:
    source = network.input(operator, position)
    rank = len(network.shape(network.file_tensor(operator, operator.input(position))))
    along = graph_axis(operator, axis, rank)
    operators: list[Operator] = []
    for index, (end, size) in enumerate(zip(accumulate(sizes), sizes, strict=True)):
        if network.is_read(operator.outputs[index]):
            ranges = [range(whole) for whole in source.shape]
            ranges[along] = range(end - size, end)
            operators += part(network, operator, source, ranges, network.output(operator, index))
    return operators


SLICE = Handler(_slice, inputs=(3, 3), unsigned=True)
STRIDED_SLICE = Handler(
    _strided_slice,
    OptionFields(
        tflite.StridedSliceOptions,
        tflite.BuiltinOptions.StridedSliceOptions,
        ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask"),
    ),
    inputs=(4, 4),
    unsigned=True,
)
SPLIT = Handler(
    _split,
    OptionFields(tflite.SplitOptions, tflite.BuiltinOptions.SplitOptions, ("NumSplits",)),
    inputs=(2, 2),
    outputs=(1, _MOST_OUTPUTS),
    unsigned=True,
)
SPLIT_V = Handler(_split_of_sizes, inputs=(3, 3), outputs=(1, _MOST_OUTPUTS), unsigned=True)
