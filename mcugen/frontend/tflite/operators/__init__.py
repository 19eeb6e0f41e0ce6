"""The operators that become operators of the graph: one file a family, one entry here for each."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.operators import convolution, dense, elementwise, pool, reshape, softmax
from mcugen.frontend.tflite.operators.handler import Handler

_Code = tflite.BuiltinOperator

HANDLERS: dict[int, Handler] = {
    _Code.CONV_2D: convolution.CONVOLUTION,
    _Code.DEPTHWISE_CONV_2D: convolution.DEPTHWISE,
    _Code.FULLY_CONNECTED: dense.FULLY_CONNECTED,
    _Code.ADD: elementwise.ADD,
    _Code.RELU: elementwise.RELU,
    _Code.RELU6: elementwise.RELU6,
    _Code.QUANTIZE: elementwise.QUANTIZE,
    _Code.DEQUANTIZE: elementwise.DEQUANTIZE,
    _Code.PAD: reshape.PAD,
    _Code.PADV2: reshape.PAD_VALUE,
    _Code.RESHAPE: reshape.RESHAPE,
    _Code.SQUEEZE: reshape.SQUEEZE,
    _Code.AVERAGE_POOL_2D: pool.AVERAGE,
    _Code.MAX_POOL_2D: pool.MAXIMUM,
    _Code.MEAN: pool.MEAN,
    _Code.SOFTMAX: softmax.SOFTMAX,
}

__all__ = ["HANDLERS", "Handler"]
