"""Maps beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.copies import addresses, copied, moved
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

_WIDTH, _CHANNELS = 1, 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Concat(Operator):
    """The inputs one behind the other along an axis: 1, the width, or 2, the channels."""

    axis: int = _CHANNELS

    template: ClassVar[str] = "concat"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Sizes that add up along the axis and are the same along the others, and one zero point."""
        self.require(self.axis in (_WIDTH, _CHANNELS), "along width or channels")
        self.require(len(inputs) > 0, "an input")
        along = sum(tensor.shape[self.axis] for tensor in inputs)
        self.require(along == output.shape[self.axis], "as many columns or channels out as in")
        others = [axis for axis in range(3) if axis != self.axis]
        same = all(tensor.shape[axis] == output.shape[axis] for tensor in inputs for axis in others)
        self.require(same, "inputs and output of one size across")
        self.require(all(t.zero_point == output.zero_point for t in inputs), "the same zero point out as in")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Copied."""
        return np.concatenate(values, axis=1 + self.axis)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What the inputs hold."""
        lows, highs = [each.low for each in intervals], [each.high for each in intervals]
        if self.axis == _CHANNELS:
            return Reach(Interval(np.concatenate(lows), np.concatenate(highs)))
        return Reach(Interval(np.min(lows, axis=0), np.max(highs, axis=0)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Each its part of the channels that are needed."""
        if self.axis == _WIDTH:
            return [outputs.copy() for _ in inputs]
        return np.split(outputs, list(accumulate(tensor.channels for tensor in inputs[:-1])))

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """All that the inputs have."""
        if self.axis == _CHANNELS:
            return np.concatenate(inputs)
        written: np.ndarray = np.any(inputs, axis=0)
        return written

    def function(self, stage: StageReader) -> str:
        """By whether all lie alike; where they do not, values are copied one by one."""
        return "Concat" if stage.one_layout else "Concat across layouts"

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of copied pixels, for each input."""
        turns = Counter({"input": stage.output.height * len(stage.inputs)})
        for position, tensor in enumerate(stage.inputs):
            turns.update(copied(stage, position, (tensor.height, tensor.width), tensor.channels, tensor.channels))
        values = turns.get("element", 0)
        return dict(turns) | {"value of an only row": values * stage.only_row} | addresses(stage, values)

    def calls(self, stage: StageReader) -> dict[str, float]:
        """Of what is copied together."""
        turns: Counter[str] = Counter()
        begin = 0
        for position, tensor in enumerate(stage.inputs):
            sizes = tensor.width, tensor.channels, tensor.channels
            turns.update(moved(stage, position, range(tensor.height), *sizes, (0, begin)))
            begin += tensor.channels * (tensor.width if self.axis == _WIDTH else 1)
        return dict(turns)

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Where each input goes in a row of the output."""
        view = {**stage.destination(), "parts": []}
        step = view["channel_stride"] if self.axis == _CHANNELS else view["x_stride"]
        begin = 0
        for position, tensor in enumerate(stage.inputs):
            view["parts"].append({**stage.source(position), "begin": begin * step})
            begin += tensor.shape[self.axis]
        return view
