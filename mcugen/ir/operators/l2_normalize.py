"""Vectors of length one, at every position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import unit_length
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageWriter
from mcugen.ir.tensor import Tensor

_MOST_CHANNELS = (1 << 31) // 255**2


@dataclass(frozen=True, kw_only=True, eq=False)
class L2Normalize(Operator):
    """The channels of every position divided by the root of the sum of their squares: `unit_length` of x - z.

    output_offset: added to the int8 result, 128 where the output is stored as uint8.
    """

    output_offset: int = 0

    template: ClassVar[str] = "l2_normalize"
    range_is_fixed: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """From -1 to 1, and squares whose sum fits int32."""
        self.require(inputs[0].shape == output.shape, "the same shape out as in")
        self.require(output.scale == 1 / 128 and output.zero_point == self.output_offset, "output scale 1/128 around 0")
        self.require(output.channels < _MOST_CHANNELS, f"less than {_MOST_CHANNELS} channels, whose squares fit int32")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Row by row."""
        rows = values[0].reshape(-1, inputs[0].channels).astype(np.int64) - inputs[0].zero_point
        return (unit_length(rows) + self.output_offset).reshape(-1, *output.shape).astype(output.dtype)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Anything from -1 to 1."""
        ones = np.ones(output.channels, np.int64)
        return Reach(Interval(ones * (-128 + self.output_offset), ones * (127 + self.output_offset)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The result moves; the input's zero point moves with the input."""
        return replace(self, output_offset=self.output_offset + output)

    @property
    def by_position(self) -> bool:
        """Every position has a length of its own."""
        return True

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Strides and zero points."""
        stage.use("clamp", "exact_double", "inverse_root")
        return {
            **stage.source(),
            **stage.destination(),
            "zero_point": stage.inputs[0].zero_point,
            "output_offset": self.output_offset,
            "minimum": stage.output.qmin,
            "maximum": stage.output.qmax,
        }
