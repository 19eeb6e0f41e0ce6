"""ADD of two maps."""

from __future__ import annotations

import tflite

from mcugen.fixedpoint import ADD_LEFT_SHIFT, add_double_rounding
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Add, Operator


def _add(network: Network, operator: FileOperator) -> Operator:
    """Of two maps of one shape, each with a scale of its own, with a fused ReLU, ReLU6 or ReLU-1-to-1; refused:
    broadcasting and constants."""
    left, right, output = network.input(operator, 0), network.input(operator, 1), network.output(operator)
    if not left.shape == right.shape == output.shape:
        raise operator.unsupported(
            f"adds {left.shape} and {right.shape}; maps of the same shape are supported",
            "broadcasting is not supported",
        )
    activation = fused_activation(operator)
    minimum, maximum = activation_clamp(activation, output)
    if 2 * max(left.scale, right.scale) >= (1 << ADD_LEFT_SHIFT) * output.scale:
        raise operator.unsupported(
            f"adds scales {left.scale:g} and {right.scale:g} to scale {output.scale:g}, which is too small beside them",
            "quantize again with data that uses the whole range of this layer's output",
        )
    arithmetic = add_double_rounding(
        (left.scale, right.scale, output.scale),
        (left.zero_point, right.zero_point, output.zero_point),
        minimum,
        maximum,
    )
    return Add(**network.operator_fields(operator, (left, right), output, activation), arithmetic=arithmetic)


ADD = Handler(
    _add,
    OptionFields(tflite.AddOptions, tflite.BuiltinOptions.AddOptions, ("FusedActivationFunction",)),
    inputs=(2, 2),
    unsigned=True,
)
