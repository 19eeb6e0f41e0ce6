"""conv2d, conv_transpose2d and convolution."""

from __future__ import annotations

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.onnx.nodes import Attribute
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def conv2d(out: Translation, call: Call) -> None:
    """conv2d, its padding as numbers or as the words "same" and "valid"."""
    kernel = call.operand("weight").dims[2:]
    dilation = call.pair("dilation") or (1, 1)
    padding = call.arguments["padding"]
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        before = [total // 2 for total in totals]
        pads = (*before, *(total - first for total, first in zip(totals, before, strict=True)))
    elif padding == "valid":
        pads = (0, 0, 0, 0)
    else:
        pads = (call.pair("padding") or (0, 0)) * 2
    _convolution(out, call, pads)


def convolution(out: Translation, call: Call) -> None:
    """convolution: what conv2d, conv_transpose2d and their relatives decompose to."""
    pads = (call.pair("padding") or (0, 0)) * 2
    if call.arguments["transposed"]:
        _transposed(out, call, pads)
    else:
        _convolution(out, call, pads)


def conv_transpose2d(out: Translation, call: Call) -> None:
    """conv_transpose2d."""
    _transposed(out, call, (call.pair("padding") or (0, 0)) * 2)


def _transposed(out: Translation, call: Call, pads: tuple[int, ...]) -> None:
    extra = call.pair("output_padding") or (0, 0)
    _emit(out, call, "ConvTranspose", pads, output_padding=extra)


def _convolution(out: Translation, call: Call, pads: tuple[int, ...]) -> None:
    _emit(out, call, "Conv", pads)


def _emit(out: Translation, call: Call, op_type: str, pads: tuple[int, ...], **more: Attribute) -> None:
    weight, bias = call.operand("weight"), call.optional("bias")
    if len(weight.dims) != 4:
        raise UnsupportedModelError(f"{call}: {len(weight.dims) - 2}-D convolution", "supported: 2-D convolutions")
    inputs = [call.operand("input").name, weight.name]
    out.emit(
        call,
        op_type,
        inputs if bias is None else [*inputs, bias.name],
        group=call.integer("groups"),
        kernel_shape=weight.dims[2:],
        strides=call.pair("stride") or (1, 1),
        pads=pads,
        dilations=call.pair("dilation") or (1, 1),
        **more,
    )
