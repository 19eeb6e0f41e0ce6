"""Several outputs in one piece of memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.copies import WORD, WRITTEN_OUT_CHANNELS
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.library_calls import MOVE, called
from mcugen.ir.operator import Operator, Rows
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Outputs(Operator):
    """What a network with several outputs hands to its caller: their values one behind the other, each output in
    height, width, channel order.

    The output (1, 1, all values) has no scale of its own: `Graph.outputs` says what each part of it means.
    """

    template: ClassVar[str] = "outputs"
    keeps_type: ClassVar[bool] = True
    keeps_bounds: ClassVar[bool] = True

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Every value of every input has a place."""
        self.require(output.shape == (1, 1, sum(tensor.size for tensor in inputs)), "a vector of all values")
        self.require(all(tensor.dtype == output.dtype for tensor in inputs), "inputs and output of one type")

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """The same values."""
        parts = [part.reshape(-1, tensor.size) for part, tensor in zip(values, inputs, strict=True)]
        return np.concatenate(parts, axis=1).reshape(-1, *output.shape)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Each input's interval at every place of its channels."""
        positions = [tensor.height * tensor.width for tensor in inputs]
        low = [np.tile(interval.low, count) for interval, count in zip(intervals, positions, strict=True)]
        high = [np.tile(interval.high, count) for interval, count in zip(intervals, positions, strict=True)]
        return Reach(Interval(np.concatenate(low), np.concatenate(high)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """It copies, whatever the values are."""
        return self

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """All."""
        return [(0, tensor.height - 1) for tensor in inputs]

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of loops over each input, of which compilers write those over few channels out."""
        turns: Counter[str] = Counter({"input row": sum(t.height for t in stage.inputs)})
        for position, tensor in enumerate(stage.inputs):
            pixels = tensor.height * tensor.width
            if runs := _runs(stage, position):
                turns["moved run"] += tensor.height * runs[0]
            else:
                how = " across layouts" if stage.planes[position] else ""
                if tensor.channels <= WRITTEN_OUT_CHANNELS:
                    turns[f"pixel{how} of few channels"] += pixels
                elif tensor.channels == WORD and not how:
                    turns["pixel of a word"] += pixels
                else:
                    turns.update({f"pixel{how}": pixels, f"element{how}": tensor.size})
        return dict(turns)

    def calls(self, stage: StageReader) -> dict[str, float]:
        """Of what is copied together."""
        turns: Counter[str] = Counter()
        begin = stage.place(-1, 0)
        for position, tensor in enumerate(stage.inputs):
            count, size = _runs(stage, position) or (0, 0)
            for y in range(tensor.height):
                for run in range(count):
                    at = run * size
                    destination = begin + y * tensor.width * tensor.channels + at
                    turns.update(called(MOVE, size, stage.place(position, y) + at, destination))
            begin += tensor.size
        return dict(turns)

    def rows_found(self, stage: StageReader) -> list[int]:
        """All of them."""
        return [tensor.height for tensor in stage.inputs]

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Strides and place of each input."""
        starts = np.cumsum([0, *(tensor.size for tensor in stage.inputs)])
        parts = [
            {**stage.source(position), "height": tensor.height, "width": tensor.width, "channels": tensor.channels}
            | {"start": int(start)}
            for position, (tensor, start) in enumerate(zip(stage.inputs, starts, strict=False))
        ]
        return {**stage.destination(), "parts": parts}


def _runs(stage: StageReader, position: int) -> tuple[int, int] | None:
    """How many runs of values a row of an input is copied by, and how long these are; None where values are copied one
    by one."""
    tensor = stage.inputs[position]
    if tensor.channels == 1:
        return 1, tensor.width
    if stage.planes[position] or tensor.channels <= WRITTEN_OUT_CHANNELS or tensor.channels == WORD:
        return None
    return tensor.width, tensor.channels
