"""ADD and SUB."""

from __future__ import annotations

import tflite

from mcugen.fixedpoint import ADD_LEFT_SHIFT, add, add_double_rounding
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.elementwise import by_table, operands, whole_channels
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Add, Operator


def _add(network: Network, operator: FileOperator) -> Operator | list[Operator]:
    """Of two maps, each with a scale of its own, of a map and a row, a vector or a single channel that is repeated over
    it, or of a map and a constant for all or for each channel, with a fused ReLU, ReLU6 or ReLU-1-to-1."""
    return _sum(network, operator, difference=False)


def _subtract(network: Network, operator: FileOperator) -> Operator | list[Operator]:
    """As ADD, the second from the first."""
    return _sum(network, operator, difference=True)


def _sum(network: Network, operator: FileOperator, *, difference: bool) -> Operator | list[Operator]:
    left, right = operands(network, operator)
    output = network.output(operator)
    activation = fused_activation(operator)
    minimum, maximum = activation_clamp(activation, output)
    if 2 * max(left.scale, right.scale) >= (1 << ADD_LEFT_SHIFT) * output.scale:
        raise operator.unsupported(
            f"{'subtracts' if difference else 'adds'} scales {left.scale:g} and {right.scale:g} to scale"
            f" {output.scale:g}, which is too small beside them",
            "quantize again with data that uses the whole range of this layer's output",
        )
    arithmetic = add_double_rounding(
        (left.scale, right.scale, output.scale),
        (left.zero_point, right.zero_point, output.zero_point),
        minimum,
        maximum,
    )
    if difference:
        arithmetic = arithmetic.of_difference()
    if left.tensor is None or right.tensor is None:
        return by_table(network, operator, (left, right), lambda a, b: add(a, b, arithmetic), activation)
    before, inputs = whole_channels(network, operator, (left.tensor, right.tensor))
    return [*before, Add(**network.operator_fields(operator, inputs, output, activation), arithmetic=arithmetic)]


ADD = Handler(
    _add,
    OptionFields(tflite.AddOptions, tflite.BuiltinOptions.AddOptions, ("FusedActivationFunction",)),
    inputs=(2, 2),
    unsigned=True,
)
SUB = Handler(
    _subtract,
    OptionFields(tflite.SubOptions, tflite.BuiltinOptions.SubOptions, ("FusedActivationFunction",)),
    inputs=(2, 2),
    unsigned=True,
)
