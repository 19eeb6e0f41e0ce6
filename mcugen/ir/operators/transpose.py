"""Axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Channels, Operator, Rows
from mcugen.ir.pool_loops import INDEXED
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

_HEIGHT, _WIDTH, _CHANNELS = 0, 1, 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Transpose(Operator):
    """Axis k of the output is axis axes[k] of the input: 0, the height, 1, the width, or 2, the channels."""

    axes: tuple[int, int, int]

    template: ClassVar[str] = "transpose"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Every axis once, with its size, and one way to store values."""
        self.require(sorted(self.axes) == [0, 1, 2], "every axis once")
        self.require(output.shape == tuple(inputs[0].shape[axis] for axis in self.axes), "the sizes of the axes")
        self.require(inputs[0].dtype == output.dtype, "the same type out as in")
        self.require(inputs[0].zero_point == output.zero_point, "the same zero point out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """The same elements."""
        return np.ascontiguousarray(values[0].transpose(0, *(axis + 1 for axis in self.axes)))

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What the input's channels hold, or where they become positions any value of them."""
        if self._keeps_channels:
            return Reach(intervals[0])
        ones = np.ones(output.channels, np.int64)
        return Reach(Interval(ones * intervals[0].low.min(), ones * intervals[0].high.max()))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    @property
    def channels(self) -> Channels:
        """Each on its own where they stay channels."""
        return Channels.TIED if self._keeps_channels else Channels.FIXED

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Those that are needed, or where they become positions all."""
        return [outputs.copy() if self._keeps_channels else np.ones(inputs[0].channels, bool)]

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """Those that are read, or where they were positions all."""
        return inputs[0].copy() if self._keeps_channels else np.ones(len(outputs), bool)

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The same row where rows stay rows, else all."""
        return [(y, y) if self.axes[_HEIGHT] == _HEIGHT else (0, inputs[0].height - 1)]

    def rows_found(self, stage: StageReader) -> list[int]:
        """One for each pixel or value where rows become columns or channels."""
        output = stage.output
        return [(output.height, output.height * output.width, output.size)[self.axes.index(_HEIGHT)]]

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of pixels and elements; those that already lie side by side in the input are copied together."""
        turns = super().loops(stage)
        if not stage.one_layout or stage.planar:
            return turns
        element, rows_stay = turns.pop("element"), self.axes[_HEIGHT] == _HEIGHT
        if self._lie_side_by_side(stage):
            # Where rows stay what they are, there is no loop over pixels either.
            return {"element side by side": element} | (turns if not rows_stay else {})
        if not rows_stay:
            return turns | {"element": element}
        # Of columns that become channels: a load moves its address on by any distance, unless it adds another one.
        how = " at an index" if stage.inputs[0].channels in INDEXED else ""
        return turns | {f"element{how}{' within reach' * stage.within_reach(0)}": element}

    def _lie_side_by_side(self, stage: StageReader) -> bool:
        """Whether the values of an output row are neighbours in the input, both [x][channel]."""
        distances, step = {_CHANNELS: 1, _WIDTH: stage.inputs[0].channels}, 1
        for axis in (_CHANNELS, _WIDTH):
            if stage.output.shape[axis] > 1 and distances.get(self.axes[axis]) != step:
                return False
            step *= stage.output.shape[axis]
        return True

    def function(self, stage: StageReader) -> str:
        """By what rows become."""
        return f"Transpose of rows to {('rows', 'columns', 'channels')[self.axes.index(_HEIGHT)]}"

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """By which place in the output an element's row, column and channel in the input are found."""
        place = {axis: "yxc"[k] for k, axis in enumerate(self.axes)}
        row, column, channel = (place[axis] for axis in range(3))
        return {**stage.source(), **stage.destination(), "row": row, "column": column, "channel": channel}

    @property
    def _keeps_channels(self) -> bool:
        return self.axes[_CHANNELS] == _CHANNELS
