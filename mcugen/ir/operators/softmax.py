"""Softmax over the channels of every position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import SoftmaxNormalization, softmax_normalize
from mcugen.ir.over_channels import NormalizationOverChannels
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(NormalizationOverChannels):
    """Softmax over the channels, at every position of a map by itself.

    exponentials: int32 [256], exp(-d * scale * beta) in fixed point for d = max(x) - x.
    normalization: how the sum divides the exponentials (`fixedpoint.softmax_normalize`).
    """

    exponentials: np.ndarray = field(repr=False)
    normalization: SoftmaxNormalization
    template: ClassVar[str] = "softmax"
    library_loops: ClassVar[tuple[str, ...]] = ("element",)
    meaning: ClassVar[str] = "a probability"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Probabilities."""
        self.require(inputs[0].shape == output.shape, "the same shape out as in")
        self.require(self.exponentials.shape == (256,), "a table of 256 exponentials")
        self.require(
            output.zero_point == output.qmin and output.scale == 1 / 256, "output scale 1/256 from the lowest value"
        )
        self.require(output.channels <= 2047, "at most 2047 classes, whose sum fits int32")

    def normalized(self, rows: np.ndarray, source: Tensor) -> np.ndarray:
        """Exponentials by distance from the largest input, divided by their sum."""
        distance = rows.max(axis=1, keepdims=True) - rows
        return softmax_normalize(self.exponentials[distance], self.normalization)

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
