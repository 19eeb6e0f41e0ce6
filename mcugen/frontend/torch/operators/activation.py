"""relu, relu6, hardtanh, clamp, softmax, log_softmax, and functions of one value between two scales."""

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


def hardswish(out: Translation, call: Call) -> None:
    """hardswish."""
    out.emit(call, "HardSwish", [call.operand("self").name])


def hardsigmoid(out: Translation, call: Call) -> None:
    """hardsigmoid, whose slope is 1/6."""
    out.emit(call, "HardSigmoid", [call.operand("self").name], alpha=1 / 6, beta=0.5)


def sigmoid(out: Translation, call: Call) -> None:
    """sigmoid."""
    out.emit(call, "Sigmoid", [call.operand("self").name])


def tanh(out: Translation, call: Call) -> None:
    """tanh."""
    out.emit(call, "Tanh", [call.operand("self").name])


def leaky_relu(out: Translation, call: Call) -> None:
    """leaky_relu."""
    out.emit(call, "LeakyRelu", [call.operand("self").name], alpha=call.number("negative_slope"))


def prelu(out: Translation, call: Call) -> None:
    """prelu with a constant slope for all or for each channel. Raises UnsupportedModelError for a computed one."""
    source, weight = call.operand("self"), call.operand("weight")
    if weight.name not in out.constants:
        raise UnsupportedModelError(f"{call}: its slope is computed", "supported: a parameter")
    slopes = out.constants[weight.name].astype(np.float32).reshape(-1)
    if len(slopes) > 1:
        slopes = slopes.reshape(-1, *(1,) * (len(source.dims) - 2))
    out.emit(call, "PRelu", [source.name, out.constant(call, "slopes", slopes)])


def elu(out: Translation, call: Call) -> None:
    """elu with any alpha. Raises UnsupportedModelError for other scales, as selu and celu have them."""
    if (call.number("scale"), call.number("input_scale")) != (1.0, 1.0):
        raise UnsupportedModelError(f"{call}: scaled", "supported: elu without scale and input_scale")
    out.emit(call, "Elu", [call.operand("self").name], alpha=call.number("alpha"))


def softmax(out: Translation, call: Call) -> None:
    """softmax over one axis."""
    _over_axis(out, call, "Softmax")


def log_softmax(out: Translation, call: Call) -> None:
    """log_softmax over one axis."""
    _over_axis(out, call, "LogSoftmax")


def _over_axis(out: Translation, call: Call, op_type: str) -> None:
    if call.arguments.get("half_to_float"):
        raise UnsupportedModelError(f"{call}: half_to_float", "supported: float32 models, quantized")
    out.emit(call, op_type, [call.operand("self").name], axis=call.integer("dim"))


def _clip(out: Translation, call: Call, low: float, high: float) -> None:
    bounds = [
        "" if math.isinf(value) else out.constant(call, what, np.array(value, np.float32))
        for what, value in (("min", low), ("max", high))
    ]
    out.emit(call, "Clip", [call.operand("self").name, *bounds])
