"""LOG_SOFTMAX over the channels of a vector, or of every position of a map."""

from __future__ import annotations

from mcugen.fixedpoint import log_softmax_tables
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import require_output
from mcugen.ir import Operator
from mcugen.ir.operators.log_softmax import LogSoftmax


def _log_softmax(network: Network, operator: FileOperator) -> Operator:
    """Of a vector or at every position of a map, to scale 1/16 and zero point 127; refused: others, which the runtime
    refuses too."""
    source, output = network.input(operator), network.output(operator)
    require_output(operator, output, 1 / 16, 127)
    return LogSoftmax(**network.operator_fields(operator, (source,), output), tables=log_softmax_tables(source.scale))


LOG_SOFTMAX = Handler(_log_softmax)
