"""What Softmax, LogSoftmax and LpNormalization share: functions of a position's channels, in a scale of their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.maps import emit_rescale
from mcugen.frontend.onnx.values import Pending, Real


@dataclass(frozen=True)
class Normalization:
    """natural: its own (scale, zero point). what: its values are called. operator: of the fields that all operators
    have. scale_for: another scale that it can have for an output, None where it has but its own."""

    natural: tuple[float, int]
    what: str
    operator: Callable[..., ir.Operator]
    scale_for: Callable[[ir.Tensor], float] | None = None


def all_channels(context: Context, node: Node, axis: int, *, flattens: bool = False) -> Real:
    """What a normalization over an axis reads. flattens: the axes behind it count, too. Raises UnsupportedModelError
    where it is not over all channels, and them alone."""
    source = context.real(node, 0)
    dims = source.view.dims
    axis += len(dims) if axis < 0 else 0
    covered = math.prod(dims[axis:]) if flattens else math.prod(dims[axis : axis + 1])
    of_vector = source.tensor.shape[:2] == (1, 1) and 0 <= axis < len(dims) and covered == source.tensor.channels
    if not of_vector and not (axis == source.view.channel_axis and covered == source.tensor.channels):
        raise UnsupportedModelError(
            f"{node}: over axis {axis} of shape {dims}",
            f"supported: {node.op_type} over the classes of (1, classes) or over the channels of a map",
        )
    return source


def normalized(context: Context, node: Node, source: Real, kind: Normalization) -> Pending:
    """The normalization of a map, in its natural scale and zero point; others follow by a table."""

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        scale = kind.natural[0] if kind.scale_for is None else kind.scale_for(output)
        natural = (scale, kind.natural[1])
        direct = (output.scale, output.zero_point) == natural
        direct = direct and (minimum, maximum) == (output.qmin, output.qmax)
        target = output
        if not direct:
            target = context.new_tensor(node, f"{node.outputs[0]}_{kind.what}", output.shape, *natural)
        name = context.operator_name(node)
        fields = {"name": name, "inputs": (source.tensor.name,), "output": target.name, "source": str(node)}
        context.emit(kind.operator(scale, **fields, source_index=node.index))
        if not direct:
            emit_rescale(context, node, target, output, minimum, maximum)

    return Pending(source.view, node, finish, natural=kind.natural)
