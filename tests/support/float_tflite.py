"""The float network that an int8 one of `tflite_builder` stands for."""

from __future__ import annotations

import numpy as np

from tests.support.tflite_builder import NetworkBuilder

_STORED = {"int8": np.int8, "int32": np.int32}


def dequantized(net: NetworkBuilder) -> bytes:
    """The same operators over float32, as a file; names are kept. The builder is of no use afterwards."""
    for tensor in net.file.tensors:
        if not tensor.scales:
            continue
        if tensor.buffer:
            stored = np.frombuffer(net.file.buffers[tensor.buffer], _STORED[tensor.dtype]).reshape(tensor.shape)
            along = [1] * stored.ndim
            if len(tensor.scales) > 1:
                along[tensor.quantized_dimension] = -1
            real = (stored - np.reshape(tensor.zero_points, along)) * np.reshape(tensor.scales, along)
            net.file.buffers[tensor.buffer] = real.astype(np.float32).tobytes()
        tensor.dtype, tensor.scales, tensor.zero_points = "float32", [], []
    return net.file.finish([net.input], [net.current.index])
