"""Elementwise maximum or minimum of two maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.broadcast import ElementwiseOperator, flat_size, operand_view, verify_broadcast
from mcugen.ir.copies import lie_apart
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

_VECTOR = 16
"""Values of a vector of Helium."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Extremum(ElementwiseOperator):
    """y = max(a, b), or min(a, b), of stored values; a row or a vector is repeated over the other map."""

    largest: bool

    template: ClassVar[str] = "extremum"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Operands that fit each other, stored alike."""
        verify_broadcast(self, inputs, output)
        self.require(all(t.dtype == output.dtype for t in inputs), "the same type out as in")
        self.require(all(t.zero_point == output.zero_point for t in inputs), "the same zero point out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Compared."""
        return np.asarray((np.maximum if self.largest else np.minimum)(*values))

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Both at the same end, as it grows with either."""
        choose = np.maximum if self.largest else np.minimum
        a, b = intervals
        return Reach(Interval(choose(a.low, b.low), choose(a.high, b.high)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It hands values on, whatever they are."""
        return self

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of one loop where the operands lie alike, of vectors where a core has them and all of a row are full."""
        turns = super().loops(stage)
        if flat_size(stage) and flat_size(stage) % _VECTOR == 0 and lie_apart(stage):
            turns["element of vectors"] = turns.pop("element")
        return turns

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Two operands, and which of their values counts."""
        return {
            **stage.destination(),
            "a": operand_view(stage, 0),
            "b": operand_view(stage, 1),
            "channels": stage.output.channels,
            "flat": flat_size(stage),
            "comparison": ">" if self.largest else "<",
        }
