"""LpNormalization, and ReduceL2, Clip, Expand and Div, which exporters write for it: vectors of length one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators import constants
from mcugen.frontend.onnx.operators.constants import expanded_dims
from mcugen.frontend.onnx.operators.over_channels import Normalization, all_channels, normalized
from mcugen.frontend.onnx.values import Pending, Real, Value, View
from mcugen.ir.operators.l2_normalize import FRACTION_BITS, MOST_FRACTION_BITS, L2Normalize

_HINT = "supported: x / sqrt(sum of x * x) over the channels, as LpNormalization, F.normalize and tf.nn.l2_normalize"


@dataclass(frozen=True, eq=False, kw_only=True)
class Length(Pending):
    """The roots of the sums of the squares of `of` over its channels, which only divide what they are of.

    axis: of `of`, along which its channels stand. What follows may change the view.
    """

    of: Real
    axis: int

    @property
    def kept_view(self) -> View:
        """The view in which each length stands where the vectors of `of` do."""
        view = self.of.view
        dims = tuple(1 if place == self.axis else size for place, size in enumerate(view.dims))
        return View((*view.shape[:2], 1), dims, view.order)

    def divides(self, dividend: Real) -> bool:
        """Whether each value of the dividend meets the length of its own vector."""
        same = dividend.tensor is self.of.tensor and dividend.view == self.of.view
        return same and self.view in (self.kept_view, self.of.view)


def lp_normalization(context: Context, node: Node) -> Value:
    """LpNormalization over the channels of a vector or of every position of a map, p 2; its own scale is 1/128."""
    if node.integer("p", 2) != 2:
        raise UnsupportedModelError(f"{node}: p {node.integer('p', 2)}", "supported: p 2")
    return _of_unit_length(context, node, all_channels(context, node, node.integer("axis", -1)))


def reduce_l2(context: Context, node: Node) -> Value:
    """ReduceL2 over channels, kept, where a Div of the same map by it follows."""
    if node.has_input(1):
        axes = tuple(int(axis) for axis in context.constant(node, 1, "the axes").reshape(-1))
    else:
        axes = node.integers("axes", ()) or ()
    if len(axes) != 1 or node.integer("keepdims", 1) == 0:
        raise UnsupportedModelError(f"{node}: over the axes {list(axes)}", _HINT)
    source = all_channels(context, node, axes[0])

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> NoReturn:
        raise UnsupportedModelError(f"{node}: stands alone", _HINT)

    length = Length(source.view, node, finish, of=source, axis=axes[0] % len(source.view.dims))
    return replace(length, view=length.kept_view)


def expand(context: Context, node: Node) -> Value:
    """Expand of constants, and of the lengths of vectors to the shape of what they divide."""
    value = context.value(node, 0)
    if not isinstance(value, Length):
        return constants.expand(context, node)
    dims = expanded_dims(context, node, value.view.dims)
    if dims == value.view.dims:
        return value
    if value.view != value.kept_view or dims != value.of.view.dims:
        raise UnsupportedModelError(f"{node}: lengths of shape {value.view.dims} to {dims}", _HINT)
    return replace(value, view=value.of.view)


def divided_by_length(context: Context, node: Node) -> Pending | None:
    """A Div of a map by the lengths of its vectors, None where it is none."""
    length = context.value(node, 1)
    if not isinstance(length, Length):
        return None
    source = context.real(node, 0)
    # A vector that is not 0 has at least the length of one unit.
    if not length.divides(source) or length.low > source.tensor.scale or not math.isinf(length.high):
        raise UnsupportedModelError(f"{node}: by lengths of other vectors, moved or clamped ones", _HINT)
    return _of_unit_length(context, node, source)


def _of_unit_length(context: Context, node: Node, source: Real) -> Pending:
    def operator(scale: float, **fields: Any) -> ir.Operator:
        return L2Normalize(**fields, fraction_bits=-round(math.log2(scale)))

    return normalized(context, node, source, Normalization((2.0**-FRACTION_BITS, 0), "unit", operator, _scale_for))


def _scale_for(output: ir.Tensor) -> float:
    """The finest power of two whose int8 reaches as far as the output does."""
    farthest = max(output.qmax - output.zero_point, output.zero_point - output.qmin) * output.scale
    bits = math.floor(math.log2(127.5 / farthest))
    return 2.0 ** -min(max(bits, FRACTION_BITS), MOST_FRACTION_BITS)
