"""The sliding window of convolutions and pools: strides and SAME or VALID padding, made explicit."""

from __future__ import annotations

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.ir import Tensor, Window

STRIDE_FIELDS = ("Padding", "StrideH", "StrideW", "FusedActivationFunction")
_LARGEST = 1024
_MAP_RANK = 4


def map_and_output(network: Network, operator: FileOperator) -> tuple[Tensor, Tensor]:
    """The operator's input and output, both of the rank that TensorFlow Lite asks of an operator with a window.

    Its Micro runtime reads sizes past the end of a shorter shape instead of refusing the file.
    """
    for index in (operator.input(0), operator.outputs[0]):
        tensor = network.file_tensor(operator, index)
        if len(tensor.shape) != _MAP_RANK:
            raise operator.damaged(f"{tensor.label} has shape {tensor.shape}, not four dimensions")
    return network.input(operator), network.output(operator)


def sliding_window(operator: FileOperator, kernel: tuple[int, int], source: Tensor) -> Window:
    """The operator's window over the input `source`. The odd cell of SAME padding lies at the bottom and right."""
    stride = (operator.integer("StrideH"), operator.integer("StrideW"))
    if min(*stride, *kernel) < 1 or max(*stride, *kernel) > _LARGEST:
        raise operator.damaged(f"a kernel of {kernel} with a stride of {stride}")
    if operator.padding is not None:
        return _explicit(operator, kernel, source, operator.padding)
    padding = operator.integer("Padding")
    if padding == tflite.Padding.SAME:
        top, bottom = _same(source.height, kernel[0], stride[0])
        left, right = _same(source.width, kernel[1], stride[1])
        return Window(kernel=kernel, stride=stride, padding=(top, bottom, left, right))
    if padding != tflite.Padding.VALID:
        raise operator.damaged(f"padding {padding} is neither SAME nor VALID")
    if kernel[0] > source.height or kernel[1] > source.width:
        raise operator.damaged(f"kernel {kernel} is larger than the input {source.shape}")
    return Window(kernel=kernel, stride=stride)


def _explicit(
    operator: FileOperator, kernel: tuple[int, int], source: Tensor, padding: tuple[int, int, int, int]
) -> Window:
    """Of padding that is said in pixels, as around the blocks that spell a dilation."""
    window = Window(kernel=kernel, padding=padding)
    if min(window.output_size(source.height, source.width)) < 1:
        raise operator.damaged(f"kernel {kernel} is larger than the input {source.shape} in padding {padding}")
    if not all(0 <= pixels < size for pixels, size in zip(padding, np.repeat(kernel, 2), strict=True)):
        raise operator.unsupported(
            f"a dilated kernel of {kernel} in padding {list(padding)}; from 0 to less than the kernel is supported",
            "use SAME or VALID padding",
        )
    return window


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max(((size - 1) // stride) * stride + kernel - size, 0)
    return total // 2, total - total // 2
