"""Logarithms of softmax over the channels of every position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import LogSoftmaxTables, log_softmax
from mcugen.ir.over_channels import NormalizationOverChannels
from mcugen.ir.stage import StageWriter
from mcugen.ir.tensor import Tensor

_MOST_CHANNELS = 4095


@dataclass(frozen=True, kw_only=True, eq=False)
class LogSoftmax(NormalizationOverChannels):
    """x - max(x) less the logarithm of the sum of exponentials, over the channels of every position: `log_softmax`.

    tables: of the input's scale. output_offset: added to the int8 result, 128 where the output is stored as uint8.
    """

    tables: LogSoftmaxTables = field(repr=False)
    template: ClassVar[str] = "log_softmax"
    library_loops: ClassVar[tuple[str, ...]] = ("pixel",)
    meaning: ClassVar[str] = "the logarithm of a probability"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """From -16 to 0, and exponentials whose sum fits int32."""
        self.require(inputs[0].shape == output.shape, "the same shape out as in")
        self.require(
            output.scale == 1 / 16 and output.zero_point == 127 + self.output_offset, "output scale 1/16 below 0"
        )
        self.require(output.channels <= _MOST_CHANNELS, f"at most {_MOST_CHANNELS} classes, whose sum fits int32")

    def normalized(self, rows: np.ndarray, source: Tensor) -> np.ndarray:
        """By distance from the largest input."""
        return log_softmax(rows.max(axis=1, keepdims=True) - rows, self.tables)

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """The tables."""
        stage.use("clamp", "logarithm")
        tables, distance = self.tables, "by distance to the largest input"
        return {
            **stage.source(),
            **stage.destination(),
            "exponentials": stage.table("exponentials", tables.exponentials, f"exponentials {distance}"),
            "logarithms": stage.table("logarithms", tables.logarithms, f"their logarithms {distance}"),
            "radius": tables.radius,
            "multiplier": tables.multiplier,
            "right": -tables.shift,
            "zero_point": 127 + self.output_offset,
            "minimum": stage.output.qmin,
            "maximum": stage.output.qmax,
        }
