"""Values at the ends of a layer's range: cut off by quantization, or by the layer's own activation.

A value at the largest stored integer stands for everything above it: the range is too small, and calibration or the
ranges of `mcugen quantize` are to blame. A ReLU6 cuts at 6 whatever the type of its output, which is intended and no
loss. Both can lie at the same integer, 127, so the stored values alone do not tell them apart: the bounds of the
activation do, which front ends note in `Operator.activation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mcugen.ir import UNBOUNDED, Graph, Operator, Tensor

_RELU6 = 6.0
# Scales are float32: their ratio to a bound is a little off.
_HALF_STEP = 0.501


@dataclass(frozen=True)
class Ends:
    """Of one layer's output. saturated: stored values that stand for more than themselves, because the type ends
    there. clamped: those at which the activation cuts, a ReLU's zero left out: that one is no loss and very common.
    """

    saturated: tuple[int, ...]
    clamped: tuple[int, ...]

    def count(self, values: np.ndarray) -> tuple[int, int]:
        """(saturated, clamped): how many of the stored values there are of each."""
        return _among(values, self.saturated), _among(values, self.clamped)


def layer_ends(graph: Graph) -> dict[str, Ends]:
    """By the name of the operator. graph: as imported."""
    bounds = {graph.input: UNBOUNDED}
    found = {}
    for op in graph.operators:
        low, high = op.activation
        if op.keeps_bounds:
            inherited = bounds[op.input]
            low, high = max(low, inherited[0]), min(high, inherited[1])
        tensor = graph.tensors[op.output]
        bounds[op.output] = low, high = _evident(tensor, low, high)
        found[op.name] = _ends(op, tensor, low, high)
    return found


def _evident(tensor: Tensor, low: float, high: float) -> tuple[float, float]:
    """The bounds, with what the range itself shows where the file says nothing.

    Quantizers that drop activations leave them to the range: ONNX Runtime's does. One that begins at exactly zero is a
    ReLU's, and one from zero to exactly 6 a ReLU6's.
    """
    if tensor.zero_point == tensor.qmin:
        low = max(low, 0.0)
        if math.isclose(tensor.scale * (tensor.qmax - tensor.zero_point), _RELU6, rel_tol=1e-6):
            high = min(high, _RELU6)
    return low, high


def _ends(op: Operator, tensor: Tensor, low: float, high: float) -> Ends:
    if op.range_is_fixed:
        return Ends((), ())
    saturated, clamped = [], []
    for bound, end in ((low, tensor.qmin), (high, tensor.qmax)):
        # Where the bound would be stored if the type went on, less than half a step being rounded away.
        beyond = math.copysign(1.0, end) * (bound / tensor.scale + tensor.zero_point - end)
        if beyond > _HALF_STEP:
            saturated.append(end)
        elif bound != 0:
            clamped.append(min(max(round(bound / tensor.scale) + tensor.zero_point, tensor.qmin), tensor.qmax))
    return Ends(tuple(saturated), tuple(clamped))


def _among(values: np.ndarray, wanted: tuple[int, ...]) -> int:
    return sum(int(np.count_nonzero(values == value)) for value in wanted)
