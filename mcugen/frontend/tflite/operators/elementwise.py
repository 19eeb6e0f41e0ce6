"""What ADD, SUB, MUL and other functions of two values share: operands that are maps, repeated maps or constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.ir import Lookup, Operator, Tensor
from mcugen.ir.operators.lookup import MOST_TABLES
from mcugen.ir.operators.repeat_channel import RepeatChannel

_SHAPES = (
    "maps of the same shape, a row, a vector or a single channel that is repeated, and constants for each channel are"
    " supported"
)
_HINT = "use constants of one value or one for each channel"


@dataclass(frozen=True, eq=False)
class Operand:
    """What an operator reads at one of its two inputs.

    scale, zero_point: of its stored values. tensor: of a feature map. values: stored values of a constant, int64 [1] or
    [channels].
    """

    scale: float
    zero_point: int
    tensor: Tensor | None = None
    values: np.ndarray | None = None


Function = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Stored values of both operands, int64 arrays that are broadcast, to stored values of the output."""


def operands(network: Network, operator: FileOperator) -> tuple[Operand, Operand]:
    """Both, a map among them. Raises UnsupportedModelError for shapes that are not supported."""
    output = network.output(operator)
    first, second = (_operand(network, operator, position, output) for position in range(2))
    maps = [operand.tensor for operand in (first, second) if operand.tensor is not None]
    if not maps:
        raise operator.unsupported("computes with two constants", "fold the constants when the model is converted")
    shape = tuple(max(sizes) for sizes in zip(*(tensor.shape for tensor in maps), strict=True))
    if shape != output.shape:
        what = " and ".join(str(tensor.shape) for tensor in maps)
        raise operator.unsupported(f"makes {output.shape} of {what}; {_SHAPES}", _HINT)
    return first, second


def _operand(network: Network, operator: FileOperator, position: int, output: Tensor) -> Operand:
    if not network.is_constant(operator.input(position)):
        tensor = network.input(operator, position)
        fits = all(size in (1, whole) for size, whole in zip(tensor.shape, output.shape, strict=True))
        if not fits:
            raise operator.unsupported(f"makes {output.shape} of {tensor.shape}; {_SHAPES}", _HINT)
        return Operand(tensor.scale, tensor.zero_point, tensor=tensor)
    return constant_operand(network, operator, position, output)


def constant_operand(network: Network, operator: FileOperator, position: int, like: Tensor) -> Operand:
    """A constant input, one value or one for each channel of `like`. Raises UnsupportedModelError for others."""
    unsigned = network.is_unsigned(operator)
    kind, offset = (tflite.TensorType.UINT8, 128) if unsigned else (tflite.TensorType.INT8, 0)
    values = network.constant(operator, position, kind).astype(np.int64) - offset
    tensor_of_file = network.file_tensor(operator, operator.input(position))
    if len(tensor_of_file.scales) != 1 or tensor_of_file.lacks_zero_points:
        raise operator.unsupported(f"the constant {tensor_of_file.label} has no single scale and zero point")
    scale, zero_point = float(tensor_of_file.scales[0]), int(tensor_of_file.zero_points[0]) - offset
    if scale <= 0 or not -128 <= zero_point <= 127:
        raise operator.damaged(f"{tensor_of_file.label} has scale {scale:g} and zero point {zero_point}")
    if values.size not in (1, values.shape[-1] if values.ndim else 1) or values.size not in (1, like.channels):
        raise operator.unsupported(f"the constant {tensor_of_file.label} has shape {values.shape}; {_SHAPES}", _HINT)
    require_tables(operator, values.size)
    return Operand(scale, zero_point, values=values.reshape(-1))


def require_tables(operator: FileOperator, count: int) -> None:
    """Raises UnsupportedModelError for more constants than a map's channels may have tables."""
    if count > MOST_TABLES:
        raise operator.unsupported(f"computes with {count:,} constants; up to {MOST_TABLES:,} are supported")


def whole_channels(
    network: Network, operator: FileOperator, maps: tuple[Tensor, Tensor]
) -> tuple[list[Operator], tuple[Tensor, Tensor]]:
    """Operators that repeat the only channel of a map over those of the output, and both maps with all channels."""
    channels, operators, found = network.output(operator).channels, list[Operator](), list[Tensor]()
    for position, tensor in enumerate(maps):
        if tensor.channels != channels:
            whole = network.inner(operator, f"repeated_{position}", (tensor.height, tensor.width, channels), tensor)
            operators.append(RepeatChannel(**network.operator_fields(operator, (tensor,), whole)))
            tensor = whole
        found.append(tensor)
    return operators, (found[0], found[1])


def by_table(
    network: Network,
    operator: FileOperator,
    pair: tuple[Operand, Operand],
    function: Function,
    activation: tuple[float, float],
) -> Operator:
    """The operator where one operand is a constant: a function of one value, or one for each channel."""
    output = network.output(operator)
    source = pair[0].tensor or pair[1].tensor
    assert source is not None
    if source.shape != output.shape:
        raise operator.unsupported(f"makes {output.shape} of {source.shape} and a constant; {_SHAPES}", _HINT)
    stored = np.arange(source.qmin, source.qmax + 1, dtype=np.int64)
    left, right = (stored if operand.values is None else operand.values[:, None] for operand in pair)
    table = function(left, right)
    if len(table) == 1:
        table = table[0]
    return Lookup(**network.operator_fields(operator, (source,), output, activation), table=table)
