"""The torch operators that mcugen reads: one row each, the one list that handlers and messages are taken from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.operators import (
    activation,
    blocks,
    combination,
    convolution,
    functions,
    linear,
    padding,
    pieces,
    pooling,
    quantization,
    reduction,
    refused,
    resize,
    shape,
)
from mcugen.frontend.torch.translation import Translation

Handler = Callable[[Translation, Call], None]

OPERATORS: Mapping[str, Handler] = MappingProxyType(
    {
        "abs": functions.absolute,
        "adaptive_avg_pool2d": pooling.adaptive_avg_pool2d,
        "add": combination.add,
        "addmm": linear.addmm,
        "alias": shape.identity,
        "amax": reduction.amax,
        "amin": reduction.amin,
        "argmax": reduction.argmax,
        "avg_pool2d": pooling.avg_pool2d,
        "cat": pieces.cat,
        "celu": functions.celu,
        "chunk": pieces.chunk,
        "clamp": activation.clamp,
        "clamp_max": activation.clamp_max,
        "clamp_min": activation.clamp_min,
        "clip": activation.clamp,
        "clone": shape.identity,
        "constant_pad_nd": padding.pad,
        "contiguous": shape.identity,
        "conv2d": convolution.conv2d,
        "conv_transpose2d": convolution.conv_transpose2d,
        "convolution": convolution.convolution,
        "dequantize_per_channel": quantization.dequantize_per_channel,
        "dequantize_per_tensor": quantization.dequantize_per_tensor,
        "detach": shape.identity,
        "div": combination.div,
        "dropout": shape.dropout,
        "elu": activation.elu,
        "erf": functions.erf,
        "exp": functions.exp,
        "expand": shape.expand,
        "expand_as": shape.expand,
        "flatten": shape.reshape,
        "gelu": functions.gelu,
        "getitem": shape.getitem,
        "hardsigmoid": activation.hardsigmoid,
        "hardswish": activation.hardswish,
        "hardtanh": activation.hardtanh,
        "leaky_relu": activation.leaky_relu,
        "linalg_vector_norm": reduction.vector_norm,
        "linear": linear.linear,
        "log_softmax": activation.log_softmax,
        "max": reduction.max_,
        "max_pool2d": pooling.max_pool2d,
        "max_pool2d_with_indices": pooling.max_pool2d,
        "maximum": combination.maximum,
        "mean": reduction.mean,
        "min": reduction.min_,
        "minimum": combination.minimum,
        "mish": functions.mish,
        "mm": linear.mm,
        "mul": combination.mul,
        "neg": functions.neg,
        "pad": padding.pad,
        "permute": shape.permute,
        "pixel_shuffle": blocks.pixel_shuffle,
        "pixel_unshuffle": blocks.pixel_unshuffle,
        "pow": functions.power,
        "prelu": activation.prelu,
        "quantize_per_channel": quantization.quantize_per_channel,
        "quantize_per_tensor": quantization.quantize_per_tensor,
        "relu": activation.relu,
        "relu6": activation.relu6,
        "reshape": shape.reshape,
        "rsub": combination.rsub,
        "selu": functions.selu,
        "sigmoid": activation.sigmoid,
        "silu": functions.silu,
        "slice": pieces.slice_,
        "softmax": activation.softmax,
        "softplus": functions.softplus,
        "split": pieces.split,
        "split_with_sizes": pieces.split_with_sizes,
        "squeeze": shape.reshape,
        "sub": combination.sub,
        "sum": reduction.sum_,
        "t": shape.transpose,
        "tanh": activation.tanh,
        "transpose": shape.transpose,
        "unsafe_view": shape.reshape,
        "unsqueeze": shape.reshape,
        "upsample_bilinear2d": resize.upsample_bilinear2d,
        "upsample_nearest2d": resize.upsample_nearest2d,
        "view": shape.reshape,
    }
)

REFUSED: Mapping[str, Handler] = MappingProxyType({"batch_norm": refused.batch_norm})


def supported() -> str:
    """The names of all supported operators, for messages."""
    return ", ".join(OPERATORS)
