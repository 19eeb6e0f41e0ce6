"""linear, and addmm and mm, which it decomposes to."""

from __future__ import annotations

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call, Operand
from mcugen.frontend.torch.translation import Translation


def linear(out: Translation, call: Call) -> None:
    """linear of one row."""
    source, weight, bias = call.operand("input"), call.operand("weight"), call.optional("bias")
    _require_row(call, source)
    inputs = [source.name, weight.name]
    out.emit(call, "Gemm", inputs if bias is None else [*inputs, bias.name], transB=1)


def addmm(out: Translation, call: Call) -> None:
    """addmm of one row: bias + row @ weights."""
    if (call.number("alpha"), call.number("beta")) != (1.0, 1.0):
        raise UnsupportedModelError(f"{call}: alpha or beta", "supported: alpha 1, beta 1")
    row = call.operand("mat1")
    _require_row(call, row)
    out.emit(call, "Gemm", [row.name, call.operand("mat2").name, call.operand("self").name])


def mm(out: Translation, call: Call) -> None:
    """mm of one row."""
    row = call.operand("self")
    _require_row(call, row)
    out.emit(call, "MatMul", [row.name, call.operand("mat2").name])


def _require_row(call: Call, source: Operand) -> None:
    if len(source.dims) != 2:
        raise UnsupportedModelError(
            f"{call}: its input has shape {source.dims}", "supported: one row (1, features); flatten the map before it"
        )
