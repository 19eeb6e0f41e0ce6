"""The attributes that convolutions and poolings share."""

from __future__ import annotations

from mcugen import ir
from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Shape

_LARGEST = 1 << 16


def pair(node: Node, name: str, default: tuple[int, int] | None) -> tuple[int, int]:
    """Two positive integers (height, width). Raises ModelFormatError on anything else or where they are missing."""
    values = node.integers(name, default)
    if values is None or len(values) != 2 or not all(0 < v <= _LARGEST for v in values):
        raise ModelFormatError(f"{node}: attribute {name} is {values}, not two positive numbers")
    return values[0], values[1]


def read_window(node: Node, kernel: tuple[int, int], shape: Shape) -> ir.Window:
    """Strides, explicit or automatic padding, for an input of `shape`. kernel: with what a dilation adds to it."""
    stride = pair(node, "strides", (1, 1))
    padding = _padding(node, kernel, stride, shape)
    window = ir.Window(kernel=kernel, stride=stride, padding=padding)
    if min(window.output_size(*shape[:2])) < 1:
        raise ModelFormatError(f"{node}: its {kernel[0]}x{kernel[1]} kernel is larger than the padded input")
    return window


def _padding(node: Node, kernel: tuple[int, int], stride: tuple[int, int], shape: Shape) -> tuple[int, int, int, int]:
    mode = node.text("auto_pad", "NOTSET")
    if mode == "VALID":
        return 0, 0, 0, 0
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        vertical, horizontal = (
            _same(size, k, s, mode == "SAME_LOWER") for size, k, s in zip(shape[:2], kernel, stride, strict=True)
        )
        return *vertical, *horizontal
    if mode != "NOTSET":
        raise ModelFormatError(f"{node}: auto_pad '{mode}' does not exist")
    pads = node.integers("pads", (0, 0, 0, 0)) or ()
    if len(pads) != 4 or not all(0 <= p <= _LARGEST for p in pads):
        raise ModelFormatError(f"{node}: attribute pads is {pads}, not four numbers from 0")
    top, left, bottom, right = pads
    return top, bottom, left, right


def _same(size: int, kernel: int, stride: int, more_before: bool) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if more_before else (small, large)
