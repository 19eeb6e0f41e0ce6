"""ARG_MAX over the channels of a vector, or of every position of a map, as an output of the network."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import CHANNELS, graph_axis
from mcugen.ir import Operator
from mcugen.ir.operators.arg_max import LARGEST_CLASSES, ArgMax

_Type = tflite.TensorType


def _arg_max(network: Network, operator: FileOperator) -> Operator:
    """Of the channels of a vector or of every position of a map, up to 256, where the numbers are an output."""
    source = network.input(operator)
    rank = len(network.shape(network.file_tensor(operator, operator.input(0))))
    axis = network.constant(operator, 1, _Type.INT32, _Type.INT64)
    if axis.size != 1:
        raise operator.damaged(f"its axis has shape {axis.shape}")
    if graph_axis(operator, int(axis.item()), rank) != CHANNELS:
        raise operator.unsupported(f"along axis {int(axis.item())} of {rank}; the last, the channels, is supported")
    if source.channels > LARGEST_CLASSES:
        raise operator.unsupported(
            f"of {source.channels} channels; up to {LARGEST_CLASSES} are supported",
            "end the network with the scores and look for the largest in your code",
        )
    if operator.outputs[0] not in network.model.outputs or network.model.readers(operator.outputs[0]):
        raise operator.unsupported("stands inside the network; as its output it is supported", "end the network here")
    output = network.numbers(operator, (source.height, source.width, 1))
    return ArgMax(**network.operator_fields(operator, (source,), output))


ARG_MAX = Handler(_arg_max, inputs=(2, 2), unsigned=True)
