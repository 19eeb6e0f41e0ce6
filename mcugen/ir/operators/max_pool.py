"""Maximum over a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import narrowed
from mcugen.ir.accumulate import pad, reduce_windows
from mcugen.ir.batches import in_batches
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator, OperatorByChannel, Rows
from mcugen.ir.pool_loops import copies, loops_of_windows, rows_of_windows, windows_of
from mcugen.ir.rules import verify_clamp, verify_pooling_window
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool2D(OperatorByChannel):
    """Maximum over a window, cells outside the input left out, then clamped."""

    window: Window
    minimum: int = -128
    maximum: int = 127

    template: ClassVar[str] = "max_pool"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """Pooling."""
        return "pooling"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """A window that is never empty."""
        verify_pooling_window(self, self.window, inputs[0], output)
        self.require(inputs[0].dtype == output.dtype, "the same type out as in")
        verify_clamp(self, self.minimum, self.maximum, output)

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Over windows of an input surrounded by the lowest value."""

        def compute(x: np.ndarray) -> np.ndarray:
            padded = pad(x, self.window.padding, inputs[0].qmin)
            largest = reduce_windows(np.maximum, padded, self.window.unpadded)
            return np.clip(largest.astype(np.int16), self.minimum, self.maximum)

        return in_batches(compute, values, output, inputs[0].size)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What the input holds, clamped."""
        return Reach(intervals[0].clipped(self.minimum, self.maximum))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The clamp moves."""
        return replace(self, minimum=self.minimum + output, maximum=self.maximum + output)

    def clamped(self, minimum: int, maximum: int) -> Operator:
        """Its own clamp is narrowed."""
        low, high = narrowed((self.minimum, self.maximum), (minimum, maximum))
        return replace(self, minimum=low, maximum=high)

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The rows under the window."""
        return [self.window.rows(y)]

    def function(self, stage: StageReader) -> str:
        """By whether windows reach out of the image, and how the input lies."""
        return f"MaxPool2D {'of one pixel' if copies(stage) else windows_of(self.window, stage)}"

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Rows and cells of the windows."""
        if copies(stage):
            return {"copied value": stage.output.size}
        return super().loops(stage) | loops_of_windows(self.window, stage)

    def rows_found(self, stage: StageReader) -> list[int]:
        """Rows of the windows."""
        return [rows_of_windows(self.window, stage)]

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Window and clamp."""
        return {
            **stage.source(),
            **stage.window(self.window),
            **stage.destination(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "type_maximum": stage.output.qmax,
        }
