"""The verifier that runs after the front end and after every pass: a graph that passes can be compiled."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from mcugen.fixedpoint import Requantization
from mcugen.ir.graph import Graph
from mcugen.ir.operators import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Window,
)
from mcugen.ir.tensor import Tensor


class InvalidGraphError(Exception):
    """A graph breaks a rule of the intermediate representation; the message names the operator and the rule."""


def verify(graph: Graph) -> Graph:
    """Returns the graph if it obeys every rule, raises InvalidGraphError naming operator and rule otherwise."""
    known = {graph.input}
    for tensor in graph.tensors.values():
        _verify_tensor(tensor)
    names = [op.name for op in graph.operators]
    if len(set(names)) != len(names):
        raise InvalidGraphError("two operators have the same name")
    for op in graph.operators:
        for name in op.inputs:
            if name not in known:
                raise InvalidGraphError(f"{op.name}: reads {name} before anything writes it")
        if op.output in known:
            raise InvalidGraphError(f"{op.name}: writes {op.output} a second time")
        known.add(op.output)
        inputs = [graph.tensors[name] for name in op.inputs]
        _verify_operator(op, inputs, graph.tensors[op.output])
    if graph.output not in known:
        raise InvalidGraphError(f"nothing writes the output {graph.output}")
    return graph


def _require(op: Operator, condition: bool, rule: str) -> None:
    if not condition:
        raise InvalidGraphError(f"{op.name}: {rule}")


def _verify_tensor(tensor: Tensor) -> None:
    if len(tensor.shape) != 3 or min(tensor.shape) < 1:
        raise InvalidGraphError(f"tensor {tensor.name}: shape {tensor.shape} is not (height, width, channels)")
    if tensor.dtype not in ("int8", "uint8"):
        raise InvalidGraphError(f"tensor {tensor.name}: dtype {tensor.dtype} is not int8 or uint8")
    if not (np.isfinite(tensor.scale) and tensor.scale > 0):
        raise InvalidGraphError(f"tensor {tensor.name}: scale {tensor.scale} is not positive")
    if not tensor.qmin <= tensor.zero_point <= tensor.qmax:
        raise InvalidGraphError(f"tensor {tensor.name}: zero point {tensor.zero_point} is out of range")


def _verify_requantization(op: Operator, requantization: Requantization, output: Tensor) -> None:
    _require(op, requantization.channels in (1, output.channels), "one multiplier a channel, or one for all")
    _require(op, len(requantization.shift) == requantization.channels, "as many shifts as multipliers")
    _require(op, bool(np.all(requantization.multiplier >= 0)), "multipliers are not negative")
    _require(op, bool(np.all(requantization.multiplier < 1 << 31)), "multipliers fit 31 bits")
    _require(op, bool(np.all((requantization.shift >= -31) & (requantization.shift <= 30))), "shifts are -31 to 30")
    _require(op, requantization.zero_point == output.zero_point, "the output's zero point")
    _verify_clamp(op, requantization.minimum, requantization.maximum, output)


def _verify_clamp(op: Operator, minimum: int, maximum: int, output: Tensor) -> None:
    _require(op, output.qmin <= minimum <= maximum <= output.qmax, "the clamp lies in the output's type")


def _verify_weights(op: Operator, weights: np.ndarray, bias: np.ndarray, shape: tuple[int, ...]) -> None:
    _require(op, weights.dtype == np.int8, "weights are int8")
    _require(op, weights.shape == shape, f"weights are {shape}, not {weights.shape}")
    _require(op, bias.dtype == np.int32, "the bias is int32")
    _require(op, bias.ndim == 1, "the bias is one-dimensional")


def _verify_pooling_window(op: Operator, window: Window) -> None:
    (height, width), (top, bottom, left, right) = window.kernel, window.padding
    inside = max(top, bottom) < height and max(left, right) < width
    _require(op, inside, "padding smaller than the kernel, so that every window holds something")


@singledispatch
def _verify_operator(op: Operator, inputs: list[Tensor], output: Tensor) -> None:
    raise InvalidGraphError(f"{op.name}: {type(op).__name__} is not an operator of the graph")


@_verify_operator.register
def _(op: Conv2D, inputs: list[Tensor], output: Tensor) -> None:
    shape = (output.channels, *op.window.kernel, inputs[0].channels)
    _verify_weights(op, op.weights, op.bias, shape)
    _require(op, len(op.bias) == output.channels, "one bias an output channel")
    _require(op, op.window.output_size(*inputs[0].shape[:2]) == output.shape[:2], "the output's size")
    _verify_requantization(op, op.requantization, output)


@_verify_operator.register
def _(op: DepthwiseConv2D, inputs: list[Tensor], output: Tensor) -> None:
    _require(op, output.channels == inputs[0].channels * op.depth_multiplier, "the depth multiplier")
    _verify_weights(op, op.weights, op.bias, (*op.window.kernel, output.channels))
    _require(op, len(op.bias) == output.channels, "one bias an output channel")
    _require(op, op.window.output_size(*inputs[0].shape[:2]) == output.shape[:2], "the output's size")
    _verify_requantization(op, op.requantization, output)


@_verify_operator.register
def _(op: FullyConnected, inputs: list[Tensor], output: Tensor) -> None:
    _verify_weights(op, op.weights, op.bias, (output.channels, inputs[0].size))
    _require(op, len(op.bias) == output.channels, "one bias an output channel")
    _require(op, output.shape[:2] == (1, 1), "the output is a vector")
    _verify_requantization(op, op.requantization, output)


@_verify_operator.register
def _(op: AveragePool2D, inputs: list[Tensor], output: Tensor) -> None:
    _verify_pooling_window(op, op.window)
    _require(op, op.window.output_size(*inputs[0].shape[:2]) == output.shape[:2], "the output's size")
    _require(op, inputs[0].channels == output.channels, "as many channels out as in")
    if op.requantization is not None:
        _require(op, op.window.padding == (0, 0, 0, 0), "no padding with a requantization")
        _verify_requantization(op, op.requantization, output)
    else:
        _verify_clamp(op, op.minimum, op.maximum, output)


@_verify_operator.register
def _(op: MaxPool2D, inputs: list[Tensor], output: Tensor) -> None:
    _verify_pooling_window(op, op.window)
    _require(op, op.window.output_size(*inputs[0].shape[:2]) == output.shape[:2], "the output's size")
    _require(op, inputs[0].channels == output.channels, "as many channels out as in")
    _require(op, inputs[0].dtype == output.dtype, "the same type out as in")
    _verify_clamp(op, op.minimum, op.maximum, output)


@_verify_operator.register
def _(op: Add, inputs: list[Tensor], output: Tensor) -> None:
    _require(op, len(inputs) == 2, "two inputs")
    _require(op, all(t.shape == output.shape for t in inputs), "inputs and output of one shape")
    zero_points = (inputs[0].zero_point, inputs[1].zero_point, output.zero_point)
    _require(op, op.arithmetic.zero_points == zero_points, "the tensors' zero points")
    _verify_clamp(op, op.arithmetic.minimum, op.arithmetic.maximum, output)


@_verify_operator.register
def _(op: Pad, inputs: list[Tensor], output: Tensor) -> None:
    top, bottom, left, right = op.padding
    height, width, channels = inputs[0].shape
    _require(op, min(op.padding) >= 0, "padding is not negative")
    _require(op, output.shape == (height + top + bottom, width + left + right, channels), "the output's shape")
    _require(op, inputs[0].zero_point == output.zero_point, "the same zero point out as in")


@_verify_operator.register
def _(op: Reshape, inputs: list[Tensor], output: Tensor) -> None:
    _require(op, inputs[0].size == output.size, "as many elements out as in")
    _require(op, inputs[0].dtype == output.dtype, "the same type out as in")


@_verify_operator.register
def _(op: Lookup, inputs: list[Tensor], output: Tensor) -> None:
    _require(op, inputs[0].shape == output.shape, "the same shape out as in")
    _require(op, op.table.shape == (256,), "a table of 256 values")
    _require(op, bool(np.all((op.table >= output.qmin) & (op.table <= output.qmax))), "table values fit")


@_verify_operator.register
def _(op: Softmax, inputs: list[Tensor], output: Tensor) -> None:
    _require(op, inputs[0].shape == output.shape, "the same shape out as in")
    _require(op, output.shape[:2] == (1, 1), "a vector")
    _require(op, op.exponentials.shape == (256,), "a table of 256 exponentials")
    _require(
        op, output.zero_point == output.qmin and output.scale == 1 / 256, "output scale 1/256 from the lowest value"
    )
    _require(op, output.channels <= 2047, "at most 2047 classes, whose sum fits int32")
