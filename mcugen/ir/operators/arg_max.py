"""The channel of the largest value at every position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.batches import in_batches
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

LARGEST_CLASSES = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class ArgMax(Operator):
    """y = number of the first channel that holds the largest value of its position, plus `offset`.

    offset: -128 where the output is stored as int8, so that 256 channels have a number.
    """

    offset: int = -128

    template: ClassVar[str] = "arg_max"
    range_is_fixed: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """One number for each position."""
        self.require(output.shape == (*inputs[0].shape[:2], 1), "one channel out, as high and wide as in")
        self.require(inputs[0].channels <= LARGEST_CLASSES, f"at most {LARGEST_CLASSES} channels")
        self.require(output.zero_point == output.qmin == self.offset, "numbers that begin at the lowest value")
        self.require(output.scale == 1, "an output scale of 1")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """The first, as NumPy does."""

        def compute(x: np.ndarray) -> np.ndarray:
            return x.argmax(axis=3, keepdims=True) + self.offset

        return in_batches(compute, values, output, inputs[0].size)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Every channel that can be larger than those before it, and as large as those behind."""
        one = np.ones(1, np.int64)
        possible = np.flatnonzero(intervals[0].high >= intervals[0].low.max())
        return Reach(Interval(one * (possible[0] + self.offset), one * (possible[-1] + self.offset)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The numbers move; which value is the largest stays."""
        return replace(self, offset=self.offset + output)

    @property
    def by_position(self) -> bool:
        """Every position has a largest value of its own."""
        return True

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Over the channels of the input."""
        source = stage.inputs[0]
        return {"pixel": source.height * source.width, "element": source.size}

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Strides, and what the numbers begin with."""
        return {**stage.source(), **stage.destination(), "offset": self.offset}
