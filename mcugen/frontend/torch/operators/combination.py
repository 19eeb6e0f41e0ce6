"""add, sub, mul, div, maximum, minimum: of two maps, or of a map and a constant."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call, Operand
from mcugen.frontend.torch.translation import Translation


def add(out: Translation, call: Call) -> None:
    """add of two tensors, or of a tensor and a number."""
    _require_no_alpha(call)
    _of_two(out, call, "Add")


def sub(out: Translation, call: Call) -> None:
    """sub of two tensors, or of a tensor and a number."""
    _require_no_alpha(call)
    _of_two(out, call, "Sub")


def rsub(out: Translation, call: Call) -> None:
    """rsub: a number less a tensor."""
    _require_no_alpha(call)
    out.emit(call, "Sub", [_other(out, call), call.operand("self").name])


def mul(out: Translation, call: Call) -> None:
    """mul of two tensors, or of a tensor and a number."""
    _of_two(out, call, "Mul")


def div(out: Translation, call: Call) -> None:
    """div of a tensor by a number or a constant tensor."""
    if call.arguments.get("rounding_mode") is not None:
        raise UnsupportedModelError(f"{call}: rounding_mode", "supported: true division")
    _of_two(out, call, "Div")


def maximum(out: Translation, call: Call) -> None:
    """maximum of two tensors."""
    _of_two(out, call, "Max")


def minimum(out: Translation, call: Call) -> None:
    """minimum of two tensors."""
    _of_two(out, call, "Min")


def _require_no_alpha(call: Call) -> None:
    if call.number("alpha") != 1.0:
        raise UnsupportedModelError(f"{call}: alpha {call.number('alpha'):g}", "supported: alpha 1")


def _of_two(out: Translation, call: Call, op_type: str) -> None:
    out.emit(call, op_type, [call.operand("self").name, _other(out, call)])


def _other(out: Translation, call: Call) -> str:
    other = call.arguments["other"]
    if isinstance(other, Operand):
        return other.name
    return out.constant(call, "other", np.array(call.number("other"), np.float32))
