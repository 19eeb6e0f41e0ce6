"""MUL."""

from __future__ import annotations

import numpy as np
import tflite

from mcugen.fixedpoint import requantize
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.elementwise import by_table, operands, whole_channels
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import activation_clamp, fused_activation, product_requantization
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator
from mcugen.ir.operators.mul import Mul

_LARGEST = 255 * 255
_SHIFTED = 1 << 30


def _multiply(network: Network, operator: FileOperator) -> Operator | list[Operator]:
    """Of two maps, of a map and a row, a vector (squeeze and excite) or a single channel (spatial attention) that is
    repeated over it, or of a map and a constant for all or for each channel, with a fused ReLU, ReLU6 or
    ReLU-1-to-1."""
    left, right = operands(network, operator)
    output = network.output(operator)
    activation = fused_activation(operator)
    requantization = product_requantization(left.scale, right.scale, output, activation_clamp(activation, output))
    if _LARGEST << max(int(requantization.shift[0]), 0) >= _SHIFTED:
        raise operator.unsupported(
            f"multiplies scales {left.scale:g} and {right.scale:g} to scale {output.scale:g}, which is too small beside"
            " them",
            "quantize again with data that uses the whole range of this layer's output",
        )
    if left.tensor is not None and right.tensor is not None:
        before, inputs = whole_channels(network, operator, (left.tensor, right.tensor))
        fields = network.operator_fields(operator, inputs, output, activation)
        return [*before, Mul(**fields, requantization=requantization)]

    def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return requantize(((a - left.zero_point) * (b - right.zero_point))[..., None], requantization)[..., 0]

    return by_table(network, operator, (left, right), product, activation)


MUL = Handler(
    _multiply,
    OptionFields(tflite.MulOptions, tflite.BuiltinOptions.MulOptions, ("FusedActivationFunction",)),
    inputs=(2, 2),
    unsigned=True,
)
