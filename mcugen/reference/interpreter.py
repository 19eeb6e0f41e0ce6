"""Evaluation of a graph, operator by operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import singledispatch

import numpy as np

from mcugen.diagnostics import McugenError
from mcugen.fixedpoint import add, average, requantize, softmax_normalize
from mcugen.ir import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    MaxPool2D,
    Operator,
    Pad,
    Reshape,
    Softmax,
    Tensor,
    Window,
)
from mcugen.reference.accumulate import (
    accumulate_convolution,
    accumulate_depthwise,
    accumulate_matrix,
    accumulator_bound,
    pad,
    reduce_windows,
)
from mcugen.reference.requantizer import Requantizer

# Working sets of about this many elements stay in the second-level cache.
_CHUNK_ELEMENTS = 1 << 17


def evaluate(graph: Graph, x: np.ndarray) -> Iterator[tuple[Operator, np.ndarray]]:
    """Yields every operator, in order, with its output [N, height, width, channels] in the tensor's own dtype.

    x: the graph's input, [N, height, width, channels] of the input tensor's dtype. Feature maps are dropped after
    their last reader, so holding on to what is yielded is up to the caller. Yielded arrays are not to be modified.
    """
    tensor = graph.input_tensor
    if x.shape[1:] != tensor.shape or x.ndim != 4:
        wanted = ", ".join(map(str, tensor.shape))
        raise McugenError(f"the input of {graph.name} is [N, {wanted}], not {list(x.shape)}")
    if x.dtype != tensor.dtype:
        raise McugenError(f"the input of {graph.name} is {tensor.dtype}, not {x.dtype}")
    last_reader = {name: op for op in graph.operators for name in op.inputs}
    maps = {graph.input: x}
    for op in graph.operators:
        inputs = [graph.tensors[name] for name in op.inputs]
        values = [maps[name] for name in op.inputs]
        output = graph.tensors[op.output]
        result = apply(op, values, inputs, output)
        maps[op.output] = result
        for name in {*op.inputs, op.output}:
            if last_reader.get(name) in (op, None):
                del maps[name]
        del values
        yield op, result


def run(graph: Graph, x: np.ndarray) -> np.ndarray:
    """The graph's output [N, height, width, channels] for its input [N, height, width, channels]."""
    output = x
    for op, result in evaluate(graph, x):
        if op.output == graph.output:
            output = result
    return output


def _chunked(
    function: Callable[..., np.ndarray], values: list[np.ndarray], output: Tensor, elements: int
) -> np.ndarray:
    """Applies `function` to runs of images, few enough that `elements` an image stay in cache, casting its result."""
    images = len(values[0])
    step = max(1, _CHUNK_ELEMENTS // max(elements, output.size))
    result = np.empty((images, *output.shape), output.dtype)
    for start in range(0, images, step):
        chunk = slice(start, start + step)
        result[chunk] = function(*(value[chunk] for value in values))
    return result


@singledispatch
def apply(op: Operator, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    """The output [N, height, width, channels] of one operator, in the output tensor's dtype."""
    raise TypeError(f"{op.name}: {type(op).__name__} is not an operator of the graph")


@apply.register
def _(op: Conv2D, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    matrix = op.weights.reshape(output.channels, -1)
    bound = accumulator_bound(matrix, op.bias, inputs[0])
    requantizer = Requantizer(op.requantization, bound)

    def compute(x: np.ndarray) -> np.ndarray:
        accumulator = accumulate_convolution(x, matrix, op.bias, op.window, inputs[0].zero_point, bound)
        return requantizer(accumulator)

    return _chunked(compute, values, output, output.height * output.width * matrix.shape[1])


@apply.register
def _(op: DepthwiseConv2D, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    bound = accumulator_bound(op.weights.reshape(-1, output.channels).T, op.bias, inputs[0])
    requantizer = Requantizer(op.requantization, bound)

    def compute(x: np.ndarray) -> np.ndarray:
        zero_point, multiplier = inputs[0].zero_point, op.depth_multiplier
        return requantizer(accumulate_depthwise(x, op.weights, op.bias, op.window, multiplier, zero_point, bound))

    return _chunked(compute, values, output, inputs[0].size * op.depth_multiplier)


@apply.register
def _(op: FullyConnected, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    bound = accumulator_bound(op.weights, op.bias, inputs[0])
    rows = values[0].reshape(-1, inputs[0].size)
    accumulator = accumulate_matrix(rows, op.weights, op.bias, inputs[0].zero_point, bound)
    result = Requantizer(op.requantization, bound)(accumulator)
    return result.reshape(-1, *output.shape).astype(output.dtype)


@apply.register
def _(op: AveragePool2D, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    requantization = op.requantization
    if requantization is not None:
        zero_point = inputs[0].zero_point

        def rescaled(x: np.ndarray) -> np.ndarray:
            total = reduce_windows(np.add, x.astype(np.int64) - zero_point, op.window)
            return requantize(total, requantization)

        return _chunked(rescaled, values, output, inputs[0].size)

    cells = np.ones((1, inputs[0].height, inputs[0].width, 1), np.int64)
    count = reduce_windows(np.add, pad(cells, op.window.padding, 0), _unpadded(op.window))

    def averaged(x: np.ndarray) -> np.ndarray:
        shifted = pad(x.astype(np.int64) - op.input_origin, op.window.padding, 0)
        total = reduce_windows(np.add, shifted, _unpadded(op.window))
        return np.clip(average(total, count) + op.output_origin, op.minimum, op.maximum)

    return _chunked(averaged, values, output, inputs[0].size)


@apply.register
def _(op: MaxPool2D, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    def compute(x: np.ndarray) -> np.ndarray:
        padded = pad(x, op.window.padding, inputs[0].qmin)
        return np.clip(
            reduce_windows(np.maximum, padded, _unpadded(op.window)).astype(np.int16), op.minimum, op.maximum
        )

    return _chunked(compute, values, output, inputs[0].size)


@apply.register
def _(op: Add, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    return _chunked(lambda a, b: add(a, b, op.arithmetic), values, output, output.size)


@apply.register
def _(op: Pad, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    return pad(values[0], op.padding, inputs[0].zero_point)


@apply.register
def _(op: Reshape, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    return values[0].reshape(-1, *output.shape)


@apply.register
def _(op: Lookup, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    index = values[0].astype(np.int16) - inputs[0].qmin
    return op.table.astype(output.dtype)[index]


@apply.register
def _(op: Softmax, values: list[np.ndarray], inputs: list[Tensor], output: Tensor) -> np.ndarray:
    rows = values[0].reshape(-1, inputs[0].size).astype(np.int16)
    distance = rows.max(axis=1, keepdims=True) - rows
    probabilities = softmax_normalize(op.exponentials[distance], op.normalization)
    return (probabilities + op.output_offset).reshape(-1, *output.shape).astype(output.dtype)


def _unpadded(window: Window) -> Window:
    return Window(kernel=window.kernel, stride=window.stride)
