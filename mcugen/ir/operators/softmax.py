"""Softmax over the channels of every position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import SoftmaxNormalization, softmax_normalize
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(Operator):
    """Softmax over the channels, at every position of a map by itself.

    exponentials: int32 [256], exp(-d * scale * beta) in fixed point for d = max(x) - x.
    normalization: how the sum divides the exponentials (`fixedpoint.softmax_normalize`).
    output_offset: added to the int8 result, 128 where the output is stored as uint8.
    """

    exponentials: np.ndarray = field(repr=False)
    normalization: SoftmaxNormalization
    output_offset: int = 0

    template: ClassVar[str] = "softmax"
    range_is_fixed: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Probabilities."""
        self.require(inputs[0].shape == output.shape, "the same shape out as in")
        self.require(self.exponentials.shape == (256,), "a table of 256 exponentials")
        self.require(
            output.zero_point == output.qmin and output.scale == 1 / 256, "output scale 1/256 from the lowest value"
        )
        self.require(output.channels <= 2047, "at most 2047 classes, whose sum fits int32")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Exponentials by distance from the largest input, divided by their sum."""
        rows = values[0].reshape(-1, inputs[0].channels).astype(np.int16)
        distance = rows.max(axis=1, keepdims=True) - rows
        probabilities = softmax_normalize(self.exponentials[distance], self.normalization)
        return (probabilities + self.output_offset).reshape(-1, *output.shape).astype(output.dtype)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Any probability."""
        ones = np.ones(inputs[0].channels, np.int64)
        return Reach(Interval(ones * (-128 + self.output_offset), ones * (127 + self.output_offset)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The result moves; distances stay."""
        return replace(self, output_offset=self.output_offset + output)

    @property
    def by_position(self) -> bool:
        """Every position has a sum of its own."""
        return True

    def function(self, stage: StageReader) -> str:
        """By what divides."""
        return f"Softmax by {self.normalization.value}"

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """The exponentials."""
        reciprocal = self.normalization is SoftmaxNormalization.RECIPROCAL
        stage.use("clamp", *(["softmax_reciprocal"] if reciprocal else []))
        table = stage.table(
            "exponentials", self.exponentials.astype(np.int32), "exponentials by distance to the largest input"
        )
        return {
            **stage.source(),
            **stage.destination(),
            "table": table,
            "reciprocal": reciprocal,
            "output_offset": self.output_offset,
            "minimum": stage.output.qmin,
            "maximum": stage.output.qmax,
        }
