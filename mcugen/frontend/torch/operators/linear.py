"""linear, and addmm and mm, which it decomposes to, of one row or of a row for every position."""

from __future__ import annotations

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def linear(out: Translation, call: Call) -> None:
    """linear of rows, of an input of any number of axes."""
    source, weight, bias = call.operand("input"), call.operand("weight"), call.optional("bias")
    if len(source.dims) == 2:
        inputs = [source.name, weight.name]
        out.emit(call, "Gemm", inputs if bias is None else [*inputs, bias.name], transB=1)
        return
    # Gemm is of two axes.
    weights = out.emit_inner(call, "weights", "Transpose", [weight.name], perm=(1, 0))
    if bias is None:
        out.emit(call, "MatMul", [source.name, weights])
    else:
        out.emit(call, "Add", [out.emit_inner(call, "product", "MatMul", [source.name, weights]), bias.name])


def addmm(out: Translation, call: Call) -> None:
    """addmm: bias + rows @ weights."""
    if (call.number("alpha"), call.number("beta")) != (1.0, 1.0):
        raise UnsupportedModelError(f"{call}: alpha or beta", "supported: alpha 1, beta 1")
    row = call.operand("mat1")
    out.emit(call, "Gemm", [row.name, call.operand("mat2").name, call.operand("self").name])


def mm(out: Translation, call: Call) -> None:
    """mm of rows."""
    row = call.operand("self")
    out.emit(call, "MatMul", [row.name, call.operand("mat2").name])
