"""Which types the tensors of one operator have: all int8, or all uint8 where the operator is exact for those."""

from __future__ import annotations

import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import HOW_TO_QUANTIZE, Network

_QUANTIZED = (tflite.TensorType.INT8, tflite.TensorType.UINT8)


def check_types(network: Network, operator: FileOperator, *, unsigned: bool) -> None:
    """Raises UnsupportedModelError where int8 meets uint8, and for uint8 unless `unsigned`. Other types pass: what
    reads them knows more."""
    output = network.model.tensors[operator.outputs[0]]
    for index in operator.inputs:
        if index < 0 or index in network.folded:
            continue
        tensor = network.model.tensors[index]
        if {tensor.type, output.type} == set(_QUANTIZED):
            raise operator.unsupported(
                f"mixes {tensor.type_name} ({tensor.label}) with {output.type_name} ({output.label}); operators that"
                " are all int8 or all uint8 are supported",
                "convert again, to full-integer int8",
            )
    if output.type == tflite.TensorType.UINT8 and not unsigned:
        raise operator.unsupported(
            "is not supported in uint8, which TensorFlow's older quantizer writes; in int8 it is",
            HOW_TO_QUANTIZE,
        )
