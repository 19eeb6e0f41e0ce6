"""Softmax and LogSoftmax over the channels of a vector, or of every position of a map."""

from __future__ import annotations

from typing import Any

from mcugen import ir
from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import SoftmaxNormalization, log_softmax_tables, softmax_exponentials_single
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators.over_channels import Normalization, all_channels, normalized
from mcugen.frontend.onnx.values import Real, Value
from mcugen.ir.operators.log_softmax import LogSoftmax

_PROBABILITIES = (1 / 256, -128)
_LOGARITHMS = (1 / 16, 127)
_AXIS_DEFAULT_CHANGED = 13


def softmax(context: Context, node: Node) -> Value:
    """Softmax of a vector, or over the channels of a map.

    Its own scale is 1/256, zero point -128; another one follows through a table. Raises UnsupportedModelError where it
    is over other axes.
    """
    source = _source(context, node)

    def operator(_: float, **fields: Any) -> ir.Operator:
        exponentials = softmax_exponentials_single(source.tensor.scale, 1.0)
        return ir.Softmax(**fields, exponentials=exponentials, normalization=SoftmaxNormalization.DIVIDE)

    return normalized(context, node, source, Normalization(_PROBABILITIES, "probabilities", operator))


def log_softmax(context: Context, node: Node) -> Value:
    """LogSoftmax, as Softmax; its own scale is 1/16, zero point 127."""
    source = _source(context, node)

    def operator(_: float, **fields: Any) -> ir.Operator:
        try:
            return LogSoftmax(**fields, tables=log_softmax_tables(source.tensor.scale))
        except ValueError as error:
            raise UnsupportedModelError(f"{node}: {error}", "quantize with other images, or end before it") from error

    return normalized(context, node, source, Normalization(_LOGARITHMS, "logarithms", operator))


def _source(context: Context, node: Node) -> Real:
    flattens = context.opset < _AXIS_DEFAULT_CHANGED
    return all_channels(context, node, node.integer("axis", 1 if flattens else -1), flattens=flattens)
