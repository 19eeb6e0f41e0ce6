"""Maps with a constant for each channel: a factor and an addend, as a 1x1 depthwise convolution."""

from __future__ import annotations

import numpy as np

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.arithmetic import quantize_bias, requantization
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Constant, FunctionOfOne, Pending, QuantizedConstant, Real, View
from mcugen.ir.operators.lookup import MOST_TABLES

# The weight 64 / 64 is exact, and an addend keeps six bits below the input's unit.
_UNIT_WEIGHT = 64


def affine(context: Context, node: Node, source: Real, factor: np.ndarray, addend: np.ndarray | None = None) -> Pending:
    """factor * x + addend, both float64 [channels]; the addend may follow in an Add of its own."""
    channels = source.tensor.channels
    if not np.all(np.isfinite(factor)):
        raise ModelFormatError(f"{node}: a constant that is not finite")
    weights = (np.sign(factor) * _UNIT_WEIGHT).astype(np.int8).reshape(1, 1, channels)
    scales = source.tensor.scale * np.where(factor == 0, 1, np.abs(factor)) / _UNIT_WEIGHT
    integers = quantize_bias(node, None if addend is None else Constant(addend), scales)

    def finish(output: ir.Tensor, minimum: int, maximum: int) -> None:
        context.emit(
            ir.DepthwiseConv2D(
                name=context.operator_name(node),
                inputs=(source.tensor.name,),
                output=output.name,
                source=str(node),
                source_index=node.index,
                weights=weights,
                bias=integers,
                window=ir.Window(kernel=(1, 1)),
                requantization=requantization(node, scales, output, minimum, maximum),
            )
        )

    def with_bias(bias: np.ndarray) -> Pending:
        return affine(context, node, source, factor, bias)

    factors = as_column(factor.astype(np.float32))
    addends = as_column(np.zeros(channels, np.float32) if addend is None else addend.astype(np.float32))
    of_one = FunctionOfOne(source, lambda x: x * factors + addends)
    return Pending(source.view, node, finish, with_bias=with_bias if addend is None else None, of_one=of_one)


def as_column(constants: np.ndarray) -> np.ndarray:
    """[channels] in a shape that broadcasts against values by channel, one alone where all are equal."""
    return np.asarray(constants[0] if np.all(constants == constants[0]) else constants[:, None])


def per_channel(node: Node, view: View, constant: Constant | QuantizedConstant) -> np.ndarray:
    """The constant as float64 [channels]. Raises UnsupportedModelError if it varies along anything else."""
    real = constant.real()
    channels = view.shape[2]
    if real.size == 1:
        return np.full(channels, real.reshape(-1)[0])
    by_order = {"CHW": (1, channels, 1, 1), "HWC": (1, 1, 1, channels)}
    expected = by_order[view.order] if len(view.dims) == 4 else (1,) * (len(view.dims) - 1) + (channels,)
    given = (1,) * (len(expected) - real.ndim) + real.shape
    if given != expected or view.dims[expected.index(channels)] != channels:
        raise UnsupportedModelError(
            f"{node}: a constant of shape {real.shape} for an input of shape {view.dims}",
            "supported: two maps, or one constant for each channel",
        )
    if channels > MOST_TABLES:
        raise UnsupportedModelError(
            f"{node}: computes with {channels:,} constants", f"supported: up to {MOST_TABLES:,}"
        )
    return real.reshape(-1)
