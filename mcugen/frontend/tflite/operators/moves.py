"""What operators that move elements share: axes of the graph's tensors, one quantization, another shape behind."""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.ir import Operator, Reshape, Tensor
from mcugen.ir.operators.slice import Slice

HEIGHT, WIDTH, CHANNELS = range(3)
_AXES = 3


def graph_axis(operator: FileOperator, axis: int, rank: int) -> int:
    """The graph's axis (height, width or channels) of one of a file's tensor of `rank` dimensions.

    Raises UnsupportedModelError for that of the batch, ModelFormatError where there is no such axis.
    """
    if not -rank <= axis < rank:
        raise operator.damaged(f"axis {axis} of {rank} dimensions")
    place = axis % rank
    if rank > _AXES - 1 and place == 0:
        raise operator.unsupported(
            f"works along axis {axis} of {rank} dimensions, the batch", "convert with batch size 1"
        )
    return place - rank + _AXES


def require_one_quantization(operator: FileOperator, source: Tensor, output: Tensor) -> None:
    """Raises UnsupportedModelError where an operator that only moves values has another scale out than in."""
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise operator.unsupported(
            f"moves values of scale {source.scale:g} and zero point {source.zero_point} to scale {output.scale:g} and"
            f" zero point {output.zero_point}, which its runtime copies as they are; the same are supported",
            "convert again: the converter gives both sides one scale",
        )


def reshaped(
    network: Network, operator: FileOperator, source: Tensor, shape: tuple[int, int, int], suffix: str
) -> tuple[Tensor, list[Operator]]:
    """The tensor in another shape, and what makes it: nothing where it has that shape."""
    if source.shape == shape:
        return source, []
    output = network.inner(operator, suffix, shape, source)
    return output, [Reshape(**network.operator_fields(operator, (source,), output))]


def reshaped_output(
    network: Network, operator: FileOperator, output: Tensor, shape: tuple[int, int, int]
) -> tuple[Tensor, list[Operator]]:
    """What to write so that `output` is it in its own shape, and the operator behind that, if there must be one."""
    if output.shape == shape:
        return output, []
    inner = network.inner(operator, "whole", shape, output)
    return inner, [Reshape(**network.operator_fields(operator, (inner,), output))]


def part(
    network: Network, operator: FileOperator, source: Tensor, ranges: Sequence[range], output: Tensor
) -> list[Operator]:
    """The part of a map that lies at ranges of height, width and channels, in the output's shape.

    Raises ModelFormatError where the output has not as many elements.
    """
    require_one_quantization(operator, source, output)
    rows, columns, channels = ranges
    shape = (len(rows), len(columns), len(channels))
    if shape[0] * shape[1] * shape[2] != output.size:
        raise operator.damaged(f"cuts {list(shape)}, and its output has shape {output.shape}")
    if min(rows.step, columns.step) < 1 or channels.step != 1:
        raise operator.unsupported(
            f"strides {[each.step for each in ranges]}; positive ones of height and width are supported"
        )
    cut, behind = reshaped_output(network, operator, output, shape)
    begin, stride = (rows.start, columns.start, channels.start), (rows.step, columns.step)
    return [Slice(**network.operator_fields(operator, (source,), cut), begin=begin, stride=stride), *behind]
