"""Parts of the network that compute in float32 with one stored value: a table of what the 256 of them become.

Such a part begins with DEQUANTIZE, or with CAST of stored integers, and ends with QUANTIZE; between them are operators
that IEEE 754 defines to the last bit. Preprocessing that was left in the model is one, as float32 x / 127.5 - 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tflite

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.elementwise import require_tables
from mcugen.frontend.tflite.quantization import fused_activation
from mcugen.ir import Lookup, Operator, Tensor

_Code, _Type = tflite.BuiltinOperator, tflite.TensorType
_INT32 = 1 << 31
_STARTS = (_Code.DEQUANTIZE, _Code.CAST)
_OF_TWO: dict[int, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    _Code.ADD: np.add,
    _Code.SUB: np.subtract,
    _Code.MUL: np.multiply,
    _Code.DIV: np.divide,
    _Code.MAXIMUM: np.maximum,
    _Code.MINIMUM: np.minimum,
}
_WITHOUT_ACTIVATION = (_Code.MAXIMUM, _Code.MINIMUM)
_CLAMPS = {_Code.RELU: (0.0, math.inf), _Code.RELU6: (0.0, 6.0)}


@dataclass(frozen=True, eq=False)
class _Real:
    """Float32 values of a tensor of the file: values [256] or [channels, 256] by the stored value of `source`."""

    source: Tensor
    values: np.ndarray


class RealTensors:
    """The float32 tensors of one network of which every value follows from one stored value."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._reals: dict[int, _Real] = {}

    def translate(self, operator: FileOperator) -> list[Operator] | None:
        """What the operator becomes: the table where a part ends, nothing inside; None if it is in no such part.

        Raises UnsupportedModelError for operators that are in one and cannot be.
        """
        if self._starts(operator):
            return []
        inside = [index for index in operator.inputs if index in self._reals]
        if not inside:
            return None
        if operator.code == _Code.QUANTIZE:
            return [self._end(operator, self._reals[inside[0]])]
        found = self._computed(operator, self._reals[inside[0]])
        if found is None:
            known = "ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM with constants, RELU and RELU6"
            raise operator.unsupported(
                f"computes in float32 inside the network; there {known} are supported, which become a table",
                "convert with supported_ops TFLITE_BUILTINS_INT8 only, or end the network before it",
            )
        self._reals[operator.outputs[0]] = found
        return []

    def _starts(self, operator: FileOperator) -> bool:
        """Whether a part begins here; remembers its values."""
        network = self._network
        if operator.code not in _STARTS or not operator.has_input(0) or network.is_constant(operator.input(0)):
            return False
        tensor, output = network.model.tensors[operator.input(0)], network.model.tensors[operator.outputs[0]]
        if tensor.type not in (_Type.INT8, _Type.UINT8) or output.type != _Type.FLOAT32:
            return False
        if operator.code == _Code.DEQUANTIZE:
            source = network.input(operator)
            # The product of a float32 and nine bits is exact in float64.
            steps = np.arange(source.qmin - source.zero_point, source.qmax + 1 - source.zero_point)
            values = (source.scale * steps).astype(np.float32)
        else:
            source = network.input(operator) if len(tensor.scales) else network.pixels(operator)
            first = source.qmin + (128 if tensor.type == _Type.UINT8 else 0)
            values = np.arange(first, first + 256).astype(np.float32)
        self._reals[operator.outputs[0]] = _Real(source, values)
        return True

    def _computed(self, operator: FileOperator, first: _Real) -> _Real | None:
        """The values behind an operator, None if it is none of those that are exact."""
        if operator.code in _CLAMPS:
            return _Real(first.source, _clamped(first.values, _CLAMPS[operator.code]))
        function = _OF_TWO.get(operator.code)
        if function is None or len(operator.inputs) != 2:
            return None
        operands = [self._operand(operator, position, first) for position in range(2)]
        if operands[0] is None or operands[1] is None:
            return None
        with np.errstate(all="ignore"):
            values = np.asarray(function(operands[0], operands[1]), np.float32)
        if operator.code in _WITHOUT_ACTIVATION:
            return _Real(first.source, values)
        return _Real(first.source, _clamped(values, fused_activation(operator)))

    def _operand(self, operator: FileOperator, position: int, first: _Real) -> np.ndarray | None:
        """[256], [channels, 256], [1] or [channels, 1]."""
        index = operator.input(position)
        if index in self._reals:
            return self._reals[index].values if self._reals[index].source is first.source else None
        if not self._network.is_constant(index):
            return None
        values = self._network.constant(operator, position, _Type.FLOAT32)
        if values.size == 1:
            return values.reshape(1)
        if values.size != first.source.channels or values.shape[-1] != values.size:
            return None
        require_tables(operator, values.size)
        return values.reshape(-1, 1)

    def _end(self, operator: FileOperator, real: _Real) -> Operator:
        """The table, as AffineQuantize rounds."""
        output = self._network.output(operator)
        if real.source.shape != output.shape:
            raise operator.damaged(f"makes {output.shape} of {real.source.shape}")
        with np.errstate(all="ignore"):
            ratio = (real.values / np.float32(output.scale)).astype(np.float64)
        if not np.all(np.abs(ratio) < _INT32):
            raise operator.unsupported("some of its values are not finite, or past 32 bits at its scale")
        rounded = np.copysign(np.floor(np.abs(ratio) + 0.5), ratio).astype(np.int64)
        table = np.clip(rounded + output.zero_point, output.qmin, output.qmax)
        return Lookup(**self._network.operator_fields(operator, (real.source,), output), table=table)


def _clamped(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return np.minimum(np.maximum(values, np.float32(bounds[0])), np.float32(bounds[1]))
