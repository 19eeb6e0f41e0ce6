"""Functions of one value, some in the parts that they are defined as: those meet again as one table."""

from __future__ import annotations

import math

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def gelu(out: Translation, call: Call) -> None:
    """gelu, exact or by a hyperbolic tangent."""
    x = call.operand("self").name
    approximate = call.arguments.get("approximate", "none")
    if approximate == "none":
        bent = out.emit_inner(call, "scaled", "Div", [x, _number(out, call, "root_of_2", math.sqrt(2))])
        bent = out.emit_inner(call, "erf", "Erf", [bent])
    else:
        cube = out.emit_inner(call, "cube", "Pow", [x, _number(out, call, "three", 3)])
        cube = out.emit_inner(call, "cubic", "Mul", [cube, _number(out, call, "coefficient", 0.044715)])
        inner = out.emit_inner(call, "inner", "Add", [x, cube])
        inner = out.emit_inner(call, "scaled", "Mul", [inner, _number(out, call, "root", math.sqrt(2 / math.pi))])
        bent = out.emit_inner(call, "tanh", "Tanh", [inner])
    total = out.emit_inner(call, "total", "Add", [bent, _number(out, call, "one", 1)])
    half = out.emit_inner(call, "halved", "Mul", [x, _number(out, call, "half", 0.5)])
    out.emit(call, "Mul", [half, total])


def silu(out: Translation, call: Call) -> None:
    """silu: x * sigmoid(x)."""
    x = call.operand("self").name
    out.emit(call, "Mul", [x, out.emit_inner(call, "sigmoid", "Sigmoid", [x])])


def mish(out: Translation, call: Call) -> None:
    """mish: x * tanh(softplus(x))."""
    x = call.operand("self").name
    soft = out.emit_inner(call, "tanh", "Tanh", [out.emit_inner(call, "softplus", "Softplus", [x])])
    out.emit(call, "Mul", [x, soft])


def softplus(out: Translation, call: Call) -> None:
    """softplus with beta 1."""
    if call.number("beta") != 1.0:
        raise UnsupportedModelError(f"{call}: beta {call.number('beta'):g}", "supported: beta 1")
    out.emit(call, "Softplus", [call.operand("self").name])


def selu(out: Translation, call: Call) -> None:
    """selu."""
    out.emit(call, "Selu", [call.operand("self").name])


def celu(out: Translation, call: Call) -> None:
    """celu with any alpha."""
    out.emit(call, "Celu", [call.operand("self").name], alpha=call.number("alpha"))


def exp(out: Translation, call: Call) -> None:
    """exp."""
    out.emit(call, "Exp", [call.operand("self").name])


def erf(out: Translation, call: Call) -> None:
    """erf."""
    out.emit(call, "Erf", [call.operand("self").name])


def neg(out: Translation, call: Call) -> None:
    """neg."""
    out.emit(call, "Neg", [call.operand("self").name])


def absolute(out: Translation, call: Call) -> None:
    """abs."""
    out.emit(call, "Abs", [call.operand("self").name])


def power(out: Translation, call: Call) -> None:
    """pow with a whole number from 1 to 8."""
    out.emit(call, "Pow", [call.operand("self").name, _number(out, call, "exponent", call.number("exponent"))])


def _number(out: Translation, call: Call, what: str, value: float) -> str:
    return out.constant(call, what, np.array(value, np.float32))
