"""Another shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator, Rows
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Reshape(Operator):
    """Another shape for the same elements in height, width, channel order."""

    template: ClassVar[str] = "reshape"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True
    library_loops: ClassVar[tuple[str, ...]] = ("element", "element across layouts")

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """As many elements of the same type."""
        self.require(inputs[0].size == output.size, "as many elements out as in")
        self.require(inputs[0].dtype == output.dtype, "the same type out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """The same elements."""
        return values[0].reshape(-1, *output.shape)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Any value may land in any channel of the new shape."""
        ones = np.ones(output.channels, np.int64)
        return Reach(Interval(ones * intervals[0].low.min(), ones * intervals[0].high.max()))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """All."""
        return [(0, inputs[0].height - 1)]

    def rows_found(self, stage: StageReader) -> list[int]:
        """One for each value."""
        return [stage.output.size]

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Strides of both shapes."""
        return {**stage.source(), **stage.destination()}
