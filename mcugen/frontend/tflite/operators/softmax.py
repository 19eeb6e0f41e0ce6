"""SOFTMAX over the channels of a vector, or of every position of a map."""

from __future__ import annotations

import tflite

from mcugen.fixedpoint import SoftmaxNormalization, softmax_exponentials_tflite
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import require_output
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator, Softmax


def _softmax(network: Network, operator: FileOperator) -> Operator:
    """Of a vector or at every position of a map, to scale 1/256 and zero point -128 (0 in uint8), with any beta;
    refused: other scales."""
    source, output = network.input(operator), network.output(operator)
    require_output(operator, output, 1 / 256, -128)
    beta = operator.real("Beta")
    if not 0 < beta < float("inf"):
        raise operator.damaged(f"beta is {beta}")
    return Softmax(
        **network.operator_fields(operator, (source,), output),
        exponentials=softmax_exponentials_tflite(source.scale, beta),
        normalization=SoftmaxNormalization.RECIPROCAL,
    )


SOFTMAX = Handler(
    _softmax, OptionFields(tflite.SoftmaxOptions, tflite.BuiltinOptions.SoftmaxOptions, ("Beta",)), unsigned=True
)
