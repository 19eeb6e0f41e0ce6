"""A part of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.copies import addresses, copied, moved
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator, Rows
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Slice(Operator):
    """y[i, j, c] = x[begin[0] + i * stride[0], begin[1] + j * stride[1], begin[2] + c]: a crop, a block of channels."""

    begin: tuple[int, int, int]
    stride: tuple[int, int] = (1, 1)

    template: ClassVar[str] = "slice"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """A part that lies inside, and one zero point."""
        self.require(min(self.begin) >= 0 and min(self.stride) >= 1, "begin and stride are not negative")
        last = [b + (n - 1) * s for b, n, s in zip(self.begin, output.shape, (*self.stride, 1), strict=True)]
        self.require(all(i < n for i, n in zip(last, inputs[0].shape, strict=True)), "the part lies in the input")
        self.require(inputs[0].zero_point == output.zero_point, "the same zero point out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Copied."""
        ends = [b + (n - 1) * s + 1 for b, n, s in zip(self.begin, output.shape, (*self.stride, 1), strict=True)]
        rows, columns, channels = (slice(b, e, s) for b, e, s in zip(self.begin, ends, (*self.stride, 1), strict=True))
        return values[0][:, rows, columns, channels]

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What those channels hold."""
        part = slice(self.begin[2], self.begin[2] + output.channels)
        return Reach(Interval(intervals[0].low[part], intervals[0].high[part]))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Those that are needed, where they stand in the input."""
        read = np.zeros(inputs[0].channels, bool)
        read[self.begin[2] : self.begin[2] + len(outputs)] = outputs
        return [read]

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """All that the input has of its part."""
        return inputs[0][self.begin[2] : self.begin[2] + len(outputs)]

    def without_channels(
        self,
        kept: Sequence[np.ndarray],
        outputs: np.ndarray,
        inputs: Sequence[Tensor],
        intervals: Sequence[Interval],
    ) -> Operator:
        """The part begins behind what is left of the channels before it."""
        return replace(self, begin=(*self.begin[:2], int(kept[0][: self.begin[2]].sum())))

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The row that lies there."""
        row = self.begin[0] + y * self.stride[0]
        return [(row, row)]

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of copied pixels."""
        output, step = stage.output, self.stride[1] * stage.inputs[0].channels
        turns = copied(stage, 0, (output.height, output.width), output.channels, step)
        values = turns.get("element", 0)
        return turns | {"value of an only row": values * stage.only_row} | addresses(stage, values)

    def calls(self, stage: StageReader) -> dict[str, float]:
        """Of what is copied together."""
        output, channels = stage.output, stage.inputs[0].channels
        rows = [self.begin[0] + y * self.stride[0] for y in range(output.height)]
        begin = self.begin[1] * channels + self.begin[2]
        return dict(moved(stage, 0, rows, output.width, output.channels, self.stride[1] * channels, (begin, 0)))

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Begin and strides."""
        source = stage.source()
        return {
            **source,
            **stage.destination(),
            "top": self.begin[0],
            "row_step": self.stride[0],
            "column_step": self.stride[1] * source["source_x_stride"],
            "begin": self.begin[1] * source["source_x_stride"] + self.begin[2] * source["source_channel_stride"],
            "streams": stage.output.height > 1,
        }
