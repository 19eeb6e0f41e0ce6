"""max_pool2d, avg_pool2d, adaptive_avg_pool2d."""

from __future__ import annotations

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.nodes import Attribute
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def max_pool2d(out: Translation, call: Call) -> None:
    """max_pool2d, and its form that also returns indices, which are not read."""
    dilation = call.pair("dilation") or (1, 1)
    out.emit(call, "MaxPool", [call.operand("self").name], **_window(call), dilations=dilation)


def avg_pool2d(out: Translation, call: Call) -> None:
    """avg_pool2d."""
    if call.arguments.get("divisor_override") is not None:
        raise UnsupportedModelError(f"{call}: divisor_override", "supported: the number of taps as divisor")
    counted = int(bool(call.arguments["count_include_pad"]))
    out.emit(call, "AveragePool", [call.operand("self").name], **_window(call), count_include_pad=counted)


def adaptive_avg_pool2d(out: Translation, call: Call) -> None:
    """adaptive_avg_pool2d to 1 x 1, or to a size that divides the map's."""
    source = call.operand("self")
    given, wanted = source.dims[-2:], call.dims[-2:]
    if wanted == (1, 1):
        out.emit(call, "GlobalAveragePool", [source.name])
        return
    if any(size % parts for size, parts in zip(given, wanted, strict=True)):
        raise UnsupportedModelError(
            f"{call}: a map of {given[0]}x{given[1]} to {wanted[0]}x{wanted[1]}",
            "supported: to 1x1, or to a size that divides the map's",
        )
    window = tuple(size // parts for size, parts in zip(given, wanted, strict=True))
    out.emit(call, "AveragePool", [source.name], kernel_shape=window, strides=window, pads=(0, 0, 0, 0))


def _window(call: Call) -> dict[str, Attribute]:
    kernel = call.pair("kernel_size")
    return {
        "kernel_shape": kernel,
        "strides": call.pair("stride") or kernel,
        "pads": (call.pair("padding") or (0, 0)) * 2,
        "ceil_mode": int(bool(call.arguments["ceil_mode"])),
    }
