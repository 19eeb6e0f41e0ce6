"""Operators that normalize the channels of every position: softmax, its logarithm, unit length."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader
from mcugen.ir.tensor import Tensor

_WRITTEN_OUT = 2
"""Channels over which compilers write out what they would else run a loop for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalizationOverChannels(Operator):
    """Base of functions from all channels of a position to as many, in int8 of a scale that the function decides.

    output_offset: added to the int8 result, 128 where the output is stored as uint8.
    """

    output_offset: int = 0

    range_is_fixed: ClassVar[bool] = True

    @abstractmethod
    def normalized(self, rows: np.ndarray, source: Tensor) -> np.ndarray:
        """The int8 results, int64 of the shape of `rows`: the input, int64 [positions, channels]."""

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Position by position."""
        rows = values[0].reshape(-1, inputs[0].channels).astype(np.int64)
        result = self.normalized(rows, inputs[0]) + self.output_offset
        return result.reshape(-1, *output.shape).astype(output.dtype)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Anything that is stored."""
        ones = np.ones(output.channels, np.int64)
        return Reach(Interval(ones * (-128 + self.output_offset), ones * (127 + self.output_offset)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The result moves; where the input's zero point moves, it moves with the input."""
        return replace(self, output_offset=self.output_offset + output)

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Compilers write loops over two values out, and none over pixels where there is one in a row."""
        output = stage.output
        (pixel, pixels), (element, elements) = super().loops(stage).items()
        few = " of two values" * (output.channels == _WRITTEN_OUT)
        return {f"{'only ' * (output.width == 1)}{pixel}": pixels, f"{element}{few}": elements}

    @property
    def by_position(self) -> bool:
        """Every position has a sum of its own."""
        return True
