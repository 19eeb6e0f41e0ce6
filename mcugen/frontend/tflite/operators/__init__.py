"""The operators that become operators of the graph: one file a family, one entry here for each."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.operators import (
    addition,
    arg_max,
    blocks,
    concatenation,
    convolution,
    copies,
    dense,
    extremum,
    l2_normalization,
    log_softmax,
    multiplication,
    padding,
    pieces,
    pool,
    reduction,
    reshape,
    resize,
    softmax,
    transpose,
    transposed,
    unary,
)
from mcugen.frontend.tflite.operators.handler import Handler

_Code = tflite.BuiltinOperator

HANDLERS: dict[int, Handler] = {
    _Code.CONV_2D: convolution.CONVOLUTION,
    _Code.DEPTHWISE_CONV_2D: convolution.DEPTHWISE,
    _Code.TRANSPOSE_CONV: transposed.TRANSPOSE_CONV,
    _Code.FULLY_CONNECTED: dense.FULLY_CONNECTED,
    _Code.ADD: addition.ADD,
    _Code.SUB: addition.SUB,
    _Code.MUL: multiplication.MUL,
    _Code.DIV: unary.DIV,
    _Code.MAXIMUM: extremum.MAXIMUM,
    _Code.MINIMUM: extremum.MINIMUM,
    _Code.PRELU: unary.PRELU,
    _Code.HARD_SWISH: unary.HARD_SWISH,
    _Code.LEAKY_RELU: unary.LEAKY_RELU,
    _Code.ELU: unary.ELU,
    _Code.GELU: unary.GELU,
    _Code.LOGISTIC: unary.LOGISTIC,
    _Code.TANH: unary.TANH,
    _Code.RELU: unary.RELU,
    _Code.RELU6: unary.RELU6,
    _Code.RELU_N1_TO_1: unary.RELU_N1_TO_1,
    _Code.RELU_0_TO_1: unary.RELU_0_TO_1,
    _Code.QUANTIZE: unary.QUANTIZE,
    _Code.DEQUANTIZE: unary.DEQUANTIZE,
    _Code.CAST: unary.CAST,
    _Code.PAD: padding.PAD,
    _Code.PADV2: padding.PAD_VALUE,
    _Code.CONCATENATION: concatenation.CONCATENATION,
    _Code.SLICE: pieces.SLICE,
    _Code.STRIDED_SLICE: pieces.STRIDED_SLICE,
    _Code.SPLIT: pieces.SPLIT,
    _Code.SPLIT_V: pieces.SPLIT_V,
    _Code.SPACE_TO_DEPTH: blocks.SPACE_TO_DEPTH,
    _Code.DEPTH_TO_SPACE: blocks.DEPTH_TO_SPACE,
    _Code.SPACE_TO_BATCH_ND: blocks.SPACE_TO_BATCH_ND,
    _Code.BATCH_TO_SPACE_ND: blocks.BATCH_TO_SPACE_ND,
    _Code.RESIZE_BILINEAR: resize.BILINEAR,
    _Code.RESIZE_NEAREST_NEIGHBOR: resize.NEAREST,
    _Code.TILE: copies.TILE,
    _Code.BROADCAST_TO: copies.BROADCAST_TO,
    _Code.RESHAPE: reshape.RESHAPE,
    _Code.SQUEEZE: reshape.SQUEEZE,
    _Code.EXPAND_DIMS: reshape.EXPAND_DIMS,
    _Code.TRANSPOSE: transpose.TRANSPOSE,
    _Code.AVERAGE_POOL_2D: pool.AVERAGE,
    _Code.MAX_POOL_2D: pool.MAXIMUM,
    _Code.MEAN: reduction.MEAN,
    _Code.SUM: reduction.SUM,
    _Code.REDUCE_MAX: reduction.REDUCE_MAX,
    _Code.REDUCE_MIN: reduction.REDUCE_MIN,
    _Code.SOFTMAX: softmax.SOFTMAX,
    _Code.L2_NORMALIZATION: l2_normalization.L2_NORMALIZATION,
    _Code.LOG_SOFTMAX: log_softmax.LOG_SOFTMAX,
    _Code.ARG_MAX: arg_max.ARG_MAX,
}

CONVERSIONS = (_Code.QUANTIZE, _Code.DEQUANTIZE, _Code.CAST)
"""Operators between tensors of different types."""

__all__ = ["CONVERSIONS", "HANDLERS", "Handler"]
