"""Vectors of length one, at every position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import unit_length
from mcugen.ir.over_channels import NormalizationOverChannels
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

FRACTION_BITS, MOST_FRACTION_BITS = 7, 14
"""Of the output: TensorFlow Lite's, and where no difference of two int8 leaves int32."""
_MOST_CHANNELS = (1 << 31) // 255**2
_BITS_TO_THE_LEFT = 12
"""Fraction bits from which on no value is shifted to the right, which spares a compiler the rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class L2Normalize(NormalizationOverChannels):
    """The channels of every position divided by the root of the sum of their squares: `unit_length` of x - z.

    fraction_bits: the output's scale is 1 / 2**fraction_bits; what lies beyond int8 is held to it.
    """

    fraction_bits: int = FRACTION_BITS

    template: ClassVar[str] = "l2_normalize"
    meaning: ClassVar[str] = "a coordinate of a vector of length one"
    library_loops: ClassVar[tuple[str, ...]] = ("pixel", "element", "element across layouts")

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """From -1 to 1, and squares whose sum fits int32."""
        self.require(inputs[0].shape == output.shape, "the same shape out as in")
        self.require(FRACTION_BITS <= self.fraction_bits <= MOST_FRACTION_BITS, "from 7 to 14 fraction bits")
        self.require(output.scale == 2.0**-self.fraction_bits, "output scale 1 / 2**fraction_bits")
        self.require(output.zero_point == self.output_offset, "output around 0")
        self.require(output.channels < _MOST_CHANNELS, f"less than {_MOST_CHANNELS} channels, whose squares fit int32")

    def normalized(self, rows: np.ndarray, source: Tensor) -> np.ndarray:
        """Of the inputs less their zero point."""
        return unit_length(rows - source.zero_point, self.fraction_bits)

    def function(self, stage: StageReader) -> str:
        """By whether a compiler sees that shifts have one direction."""
        return f"L2Normalize{' to the left' * (self.fraction_bits >= _BITS_TO_THE_LEFT)}"

    def loops(self, stage: StageReader) -> dict[str, float]:
        """The fewest bits of shifts to the left are those that some compilers do not know to have one direction."""
        fewest = stage.output.size * (self.fraction_bits == _BITS_TO_THE_LEFT)
        return super().loops(stage) | {"value of fewest bits": fewest}

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Strides and zero points."""
        stage.use("clamp", "exact_double", "inverse_root")
        return {
            **stage.source(),
            **stage.destination(),
            "fraction_bits": self.fraction_bits,
            "zero_point": stage.inputs[0].zero_point,
            "output_offset": self.output_offset,
            "minimum": stage.output.qmin,
            "maximum": stage.output.qmax,
        }
