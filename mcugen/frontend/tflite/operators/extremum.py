"""MAXIMUM and MINIMUM."""

from __future__ import annotations

import numpy as np

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.elementwise import by_table, operands, whole_channels
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.ir import UNBOUNDED, Operator
from mcugen.ir.operators.extremum import Extremum


def _maximum(network: Network, operator: FileOperator) -> Operator | list[Operator]:
    """Of two maps, of a map and a row, a vector or a single channel that is repeated over it, or of a map and a
    constant for all or for each channel, all of one scale and zero point."""
    return _extremum(network, operator, largest=True)


def _minimum(network: Network, operator: FileOperator) -> Operator | list[Operator]:
    """As MAXIMUM."""
    return _extremum(network, operator, largest=False)


def _extremum(network: Network, operator: FileOperator, *, largest: bool) -> Operator | list[Operator]:
    pair = operands(network, operator)
    output = network.output(operator)
    for operand in pair:
        if (operand.scale, operand.zero_point) != (output.scale, output.zero_point):
            raise operator.unsupported(
                f"compares values of scale {operand.scale:g} and zero point {operand.zero_point} for scale"
                f" {output.scale:g} and zero point {output.zero_point}, which its runtime takes for the same;"
                " the same are supported",
                "convert again: the converter gives all sides one scale",
            )
    left, right = pair
    if left.tensor is not None and right.tensor is not None:
        before, inputs = whole_channels(network, operator, (left.tensor, right.tensor))
        return [*before, Extremum(**network.operator_fields(operator, inputs, output), largest=largest)]
    choose = np.maximum if largest else np.minimum
    return by_table(network, operator, pair, lambda a, b: np.asarray(choose(a, b)), UNBOUNDED)


MAXIMUM = Handler(_maximum, inputs=(2, 2), unsigned=True)
MINIMUM = Handler(_minimum, inputs=(2, 2), unsigned=True)
