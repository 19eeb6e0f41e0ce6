"""A map of one channel over many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.interval import Interval, Reach
from mcugen.ir.library_calls import MOVE, called
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

_WRITTEN_OUT_CHANNELS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class RepeatChannel(Operator):
    """y[i, j, c] = x[i, j, 0]: what a sum or a product of a map and a map of one channel reads (spatial attention)."""

    template: ClassVar[str] = "repeat_channel"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """One channel of the output's size, and one zero point."""
        self.require(inputs[0].shape == (output.height, output.width, 1), "one channel of the output's size")
        self.require(inputs[0].zero_point == output.zero_point, "the same zero point out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Copied."""
        return np.repeat(values[0], output.channels, axis=3)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What the one channel holds."""
        low, high = (np.repeat(end, output.channels) for end in (intervals[0].low, intervals[0].high))
        return Reach(Interval(low, high))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """As many as are needed."""
        return outputs

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Pixels and their channels; compilers write out a loop over few of these, and copy a row of one."""
        pixels, channels = stage.output.height * stage.output.width, stage.output.channels
        if channels <= _WRITTEN_OUT_CHANNELS:
            return {f"pixel of {channels} channel{'s' * (channels > 1)}": pixels}
        return super().loops(stage)

    def calls(self, stage: StageReader) -> dict[str, float]:
        """Of a row that is the only channel."""
        turns: Counter[str] = Counter()
        if stage.output.channels == 1:
            for y in range(stage.output.height):
                turns.update(called(MOVE, stage.output.width, stage.place(0, y), stage.place(-1, y)))
        return dict(turns)

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Strides."""
        return {**stage.source(), **stage.destination()}
