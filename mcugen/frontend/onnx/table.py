"""The ONNX operators that mcugen reads: one row each, the one list that handlers and messages are taken from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from mcugen.frontend.onnx import qdq
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.operators import (
    activation,
    addition,
    arg_max,
    blocks,
    channels,
    constants,
    convolution,
    extremum,
    fully_connected,
    multiplication,
    padding,
    pieces,
    pooling,
    reduction,
    refused,
    resize,
    shape,
    softmax,
    transposed,
    unary,
    unit_length,
)
from mcugen.frontend.onnx.values import Value

Handler = Callable[[Context, Node], Value | Sequence[Value]]
"""A value, or one for each output of the node."""

OPERATORS: Mapping[str, Handler] = MappingProxyType(
    {
        "Abs": unary.absolute,
        "Add": addition.addition,
        "ArgMax": arg_max.arg_max,
        "AveragePool": pooling.average_pool,
        "Cast": constants.cast,
        "Celu": unary.celu,
        "Clip": activation.clip,
        "Concat": pieces.concat,
        "Constant": constants.constant,
        "Conv": convolution.convolution,
        "ConvTranspose": transposed.transposed,
        "DepthToSpace": blocks.depth_to_space,
        "DequantizeLinear": qdq.dequantize,
        "Div": multiplication.division,
        "Dropout": shape.identity,
        "Elu": unary.elu,
        "Erf": unary.erf,
        "Exp": unary.exponential,
        "Expand": unit_length.expand,
        "Flatten": shape.flatten,
        "Gather": channels.gather,
        "Gelu": unary.gelu,
        "Gemm": fully_connected.gemm,
        "GlobalAveragePool": pooling.global_average_pool,
        "GlobalMaxPool": pooling.global_max_pool,
        "HardSigmoid": unary.hard_sigmoid,
        "HardSwish": unary.hard_swish,
        "Identity": shape.identity,
        "LeakyRelu": unary.leaky_relu,
        "LogSoftmax": softmax.log_softmax,
        "LpNormalization": unit_length.lp_normalization,
        "MatMul": fully_connected.matmul,
        "Max": extremum.maximum,
        "MaxPool": pooling.max_pool,
        "Min": extremum.minimum,
        "Mish": unary.mish,
        "Mul": multiplication.multiplication,
        "Neg": unary.negative,
        "PRelu": unary.prelu,
        "Pad": padding.pad,
        "Pow": unary.power,
        "QuantizeLinear": qdq.quantize,
        "ReduceL2": unit_length.reduce_l2,
        "ReduceMax": reduction.reduce_max,
        "ReduceMean": reduction.reduce_mean,
        "ReduceMin": reduction.reduce_min,
        "ReduceSum": reduction.reduce_sum,
        "Relu": activation.relu,
        "Reshape": shape.reshape,
        "Resize": resize.resize,
        "Selu": unary.selu,
        "Shape": constants.shape,
        "Sigmoid": unary.sigmoid,
        "Slice": pieces.slice_,
        "Softmax": softmax.softmax,
        "Softplus": unary.softplus,
        "Softsign": unary.softsign,
        "SpaceToDepth": blocks.space_to_depth,
        "Split": pieces.split,
        "Squeeze": shape.squeeze,
        "Sub": addition.subtraction,
        "Tanh": unary.tanh,
        "Transpose": shape.transpose,
        "Unsqueeze": shape.unsqueeze,
    }
)

REFUSED: Mapping[str, Handler] = MappingProxyType({"BatchNormalization": refused.batch_normalization})


def supported() -> str:
    """The names of all supported operators, for messages."""
    return ", ".join(OPERATORS)
