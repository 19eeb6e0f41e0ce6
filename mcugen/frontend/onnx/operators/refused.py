"""Operators that are refused with better advice than the list of what is supported."""

from __future__ import annotations

from typing import NoReturn

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node


def batch_normalization(context: Context, node: Node) -> NoReturn:
    """BatchNormalization after quantization: folding it would change the quantized weights."""
    raise UnsupportedModelError(
        f"{node}: batch normalization must be folded before quantization",
        "fold it into the convolution first: export in eval mode, or onnxruntime.quantization.shape_inference."
        "quant_pre_process, then quantize again",
    )
