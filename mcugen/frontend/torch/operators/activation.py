"""relu, relu6, hardtanh, clamp and softmax."""

from __future__ import annotations

import math

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def relu(out: Translation, call: Call) -> None:
    """relu."""
    out.emit(call, "Relu", [call.operand("self").name])


def relu6(out: Translation, call: Call) -> None:
    """relu6."""
    _clip(out, call, 0.0, 6.0)


def hardtanh(out: Translation, call: Call) -> None:
    """hardtanh, which is how torch.nn.ReLU6 is exported."""
    _clip(out, call, call.number("min_val"), call.number("max_val"))


def clamp(out: Translation, call: Call) -> None:
    """clamp and clip; a bound that is None does not bound."""
    _clip(out, call, call.number("min", -math.inf), call.number("max", math.inf))


def clamp_min(out: Translation, call: Call) -> None:
    """clamp_min."""
    _clip(out, call, call.number("min"), math.inf)


def clamp_max(out: Translation, call: Call) -> None:
    """clamp_max."""
    _clip(out, call, -math.inf, call.number("max"))


def softmax(out: Translation, call: Call) -> None:
    """softmax over one axis."""
    if call.arguments.get("half_to_float"):
        raise UnsupportedModelError(f"{call}: half_to_float", "supported: float32 models, quantized")
    out.emit(call, "Softmax", [call.operand("self").name], axis=call.integer("dim"))


def _clip(out: Translation, call: Call, low: float, high: float) -> None:
    bounds = [
        "" if math.isinf(value) else out.constant(call, what, np.array(value, np.float32))
        for what, value in (("min", low), ("max", high))
    ]
    out.emit(call, "Clip", [call.operand("self").name, *bounds])
