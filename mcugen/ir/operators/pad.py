"""A border of zeros around a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.accumulate import pad
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Channels, Operator, Rows
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Pad(Operator):
    """Surrounds the input with its zero point. padding: (top, bottom, left, right)."""

    padding: tuple[int, int, int, int]

    template: ClassVar[str] = "pad"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """An output larger by the padding, of the same zero point."""
        top, bottom, left, right = self.padding
        height, width, channels = inputs[0].shape
        self.require(min(self.padding) >= 0, "padding is not negative")
        self.require(output.shape == (height + top + bottom, width + left + right, channels), "the output's shape")
        self.require(inputs[0].zero_point == output.zero_point, "the same zero point out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """A copy in a map of zero points."""
        return pad(values[0], self.padding, inputs[0].zero_point)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What the input holds, and the zero point."""
        return Reach(intervals[0].union(inputs[0].zero_point))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    @property
    def channels(self) -> Channels:
        """Each on its own."""
        return Channels.TIED

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The row that lies there."""
        return [(y - self.padding[0], y - self.padding[0])]

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of pixels and elements, which are copied together where nothing surrounds them."""
        turns = super().loops(stage)
        if not any(self.padding) and stage.one_layout:
            turns["element side by side"] = turns.pop("element")
        return turns

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Which pixels are copied."""
        source = stage.inputs[0]
        top, bottom, left, right = self.padding
        conditions = ["inside"] * (top + bottom > 0) + [f"x >= {left}"] * (left > 0)
        conditions += [f"x < {left + source.width}"] * (right > 0)
        return {
            **stage.source(),
            **stage.destination(),
            "row_inside": stage.inside("from", above=top > 0, below=bottom > 0),
            "copied": " && ".join(conditions) or "1",
            "top": top,
            "left": left,
            "zero_point": source.zero_point,
        }
