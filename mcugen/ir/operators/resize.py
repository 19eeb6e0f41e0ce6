"""Another size: nearest neighbours or bilinear interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.batches import in_batches
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator, OperatorByChannel, Rows
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

_ONE = 1 << 10
_ROWS = "rows"


def nearest_taps(positions: np.ndarray) -> np.ndarray:
    """`Resize.rows` or `columns` that take each row or column of the output from one position of the input."""
    return np.stack([positions, positions, np.zeros_like(positions)], axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Resize(OperatorByChannel):
    """Every value from two rows and two columns, with weights of ten bits (TensorFlow Lite's ResizeBilinearInteger):

    y = round_half_away(sum of (x - origin) * weight of its row * weight of its column / 2**20) + origin

    rows, columns: int [height or width of the output, 3]: the first, the second, and the second's weight w; the first
    has 1024 - w. Where w is not between 0 and 1024 both are the same. origin: the stored value that the model's int8
    zero became. waits: no row is made before the whole input is there.
    """

    rows: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)
    origin: int = 0
    waits: bool = False

    template: ClassVar[str] = "resize"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Rows and columns of the input for all of the output, which is stored as the input is."""
        self.require(inputs[0].channels == output.channels, "as many channels out as in")
        self.require(inputs[0].dtype == output.dtype, "the same type out as in")
        self.require(inputs[0].zero_point == output.zero_point, "the same zero point out as in")
        for taps, size, whole in zip((self.rows, self.columns), output.shape, inputs[0].shape, strict=False):
            self.require(taps.shape == (size, 3), "two positions and a weight for each of the output")
            self.require(bool(np.all((taps[:, :2] >= 0) & (taps[:, :2] < whole))), "positions lie in the input")
            between = (taps[:, 2] >= 0) & (taps[:, 2] <= _ONE)
            same = (taps[:, 0] == taps[:, 1]) & (np.abs(taps[:, 2]) <= _ONE)
            self.require(bool(np.all(between | same)), "weights are from 0 to 1024 between different positions")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Rows first, then columns; all sums are exact."""

        def resized(x: np.ndarray) -> np.ndarray:
            wide = x.astype(np.int64) - self.origin
            down, right = self.rows[:, 2][:, None, None], self.columns[:, 2][:, None]
            lines = wide[:, self.rows[:, 0]] * (_ONE - down) + wide[:, self.rows[:, 1]] * down
            total = lines[:, :, self.columns[:, 0]] * (_ONE - right) + lines[:, :, self.columns[:, 1]] * right
            magnitude = (np.abs(total) + (1 << 19)) >> 20
            return np.where(total < 0, -magnitude, magnitude) + self.origin

        return in_batches(resized, values, output, max(inputs[0].size, output.size))

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Nothing beyond what the input holds: weights between different positions are not negative, and sum to one."""
        return Reach(Interval(intervals[0].low, intervals[0].high), magnitude=255 << 22)

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The origin moves, with both tensors."""
        return replace(self, origin=self.origin + output)

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The two; all where it waits, or where the rows of the output do not go down the input."""
        if self.waits or not self._goes_down:
            return [(0, inputs[0].height - 1)]
        first, last = self.rows[min(y, len(self.rows) - 1), :2].tolist()
        return [(first, last)]

    def rows_below(self, inputs: Sequence[Tensor]) -> list[int | None]:
        """What all rows have in common, if they do."""
        read = np.array([self.rows_read(y, inputs)[0] for y in range(len(self.rows))])
        steps = np.unique(np.diff(read, axis=0))
        return [None if len(steps) > 1 else int(steps[0]) if len(steps) else 0]

    def waiting(self) -> Operator | None:
        """Itself, waiting for all rows, where they are read one after the other."""
        return replace(self, waits=True) if self._goes_down and not self.waits else None

    @property
    def last_rows(self) -> tuple[str, int, int]:
        """The second of `rows`."""
        return _ROWS, 3, 1

    @property
    def _goes_down(self) -> bool:
        """Whether no row of the output reads above what the row before it reads."""
        between = np.diff(self.rows[:, :2], axis=0) >= 0
        return bool(np.all(between) and np.all(self.rows[:, 0] <= self.rows[:, 1]))

    def loops(self, stage: StageReader) -> dict[str, float]:
        """A map of one row is read once for both; of one column there is no loop over columns."""
        one = " of one row" if stage.inputs[0].height == 1 else " of one column" if stage.output.width == 1 else ""
        return {f"{loop}{one}": count for loop, count in super().loops(stage).items()}

    def rows_found(self, stage: StageReader) -> list[int]:
        """Two for each row of the output."""
        return [2 * stage.output.height]

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Tables of rows and columns, columns as distances in a row."""
        source = stage.source()
        columns = self.columns * np.array([source["source_x_stride"], source["source_x_stride"], 1])
        kind = "first, second, and the second's weight of 1024"
        return {
            **source,
            **stage.destination(),
            "origin": self.origin,
            "rows": stage.table(_ROWS, self.rows.astype(np.int32), f"rows of the input by row: {kind}"),
            "columns": stage.table("columns", columns.astype(np.int32), f"offsets in them by column: {kind}"),
        }
