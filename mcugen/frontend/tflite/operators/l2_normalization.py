"""L2_NORMALIZATION over the channels of a vector, or of every position of a map."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import fused_activation, require_output
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import UNBOUNDED, Operator
from mcugen.ir.operators.l2_normalize import L2Normalize


def _l2_normalization(network: Network, operator: FileOperator) -> Operator:
    """Of a vector or at every position of a map, to scale 1/128 and zero point 0; refused: others, which the runtime
    refuses too."""
    source, output = network.input(operator), network.output(operator)
    require_output(operator, output, 1 / 128, 0)
    if fused_activation(operator) != UNBOUNDED:
        raise operator.unsupported("has a fused activation, which its runtime refuses", "put it behind")
    return L2Normalize(**network.operator_fields(operator, (source,), output))


L2_NORMALIZATION = Handler(
    _l2_normalization,
    OptionFields(tflite.L2NormOptions, tflite.BuiltinOptions.L2NormOptions, ("FusedActivationFunction",)),
)
