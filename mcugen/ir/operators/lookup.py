"""Any function of one value, as a table, or as one table for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.ir.copies import addresses, lie_apart
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator, OperatorByChannel
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

MOST_TABLES = 1 << 15
"""For the channels of a map: front ends refuse more constants before they make a table of each."""

_TOGETHER = 8
"""Values that compilers put together to words."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lookup(OperatorByChannel):
    """y = table[x - qmin of the input]: any elementwise function, as int array [256] of stored output values, or as
    [C, 256] where every channel has a function of its own.

    A requantization between two scales, a lone ReLU, a clamp; a sum or a product with a constant.
    """

    table: np.ndarray

    template: ClassVar[str] = "lookup"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """A value for each value."""
        self.require(inputs[0].shape == output.shape, "the same shape out as in")
        shapes = ((256,), (output.channels, 256))
        self.require(self.table.shape in shapes, "a table of 256 values, or one for each channel")
        self.require(bool(np.all((self.table >= output.qmin) & (self.table <= output.qmax))), "table values fit")

    @property
    def by_position(self) -> bool:
        """One table for all, or for all of a channel."""
        return True

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Looked up."""
        index = values[0].astype(np.int16) - inputs[0].qmin
        table = self.table.astype(output.dtype)
        return table[index] if table.ndim == 1 else table[np.arange(output.channels), index]

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """The lowest and highest entry between the ends of the interval."""
        tables = np.broadcast_to(self.table, (len(intervals[0].low), 256))
        ranges = [
            table[low - inputs[0].qmin : high - inputs[0].qmin + 1]
            for table, low, high in zip(tables, intervals[0].low, intervals[0].high, strict=True)
        ]
        low, high = ([int(end(r)) for r in ranges] for end in (np.min, np.max))
        return Reach(Interval(np.array(low, np.int64), np.array(high, np.int64)))

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The entries move; an index is a distance from the type's lowest value, which stays."""
        return replace(self, table=self.table + np.int64(output))

    def without_channels(
        self,
        kept: Sequence[np.ndarray],
        outputs: np.ndarray,
        inputs: Sequence[Tensor],
        intervals: Sequence[Interval],
    ) -> Operator:
        """Their tables go."""
        return self if self.table.ndim == 1 else replace(self, table=self.table[outputs])

    def with_channels(self, inputs: int, outputs: int) -> Operator:
        """Tables of zeros, as nothing reads those channels."""
        return self if self.table.ndim == 1 else replace(self, table=np.pad(self.table, ((0, outputs), (0, 0))))

    def function(self, stage: StageReader) -> str:
        """By tables."""
        return f"Lookup{' by channel' if self.table.ndim > 1 else ''}"

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of pixels and elements, which are stored in words where these are all that a pixel has and it is seen that
        they do not lie over the input."""
        turns = super().loops(stage) | addresses(stage, stage.output.size)
        if stage.one_layout and not stage.planar and lie_apart(stage) and stage.output.channels % _TOGETHER == 0:
            turns["element of words"] = turns.pop("element")
        return turns

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """The table."""
        values = self.table.astype(np.dtype(stage.output.dtype))
        return {
            **stage.source(),
            **stage.destination(),
            "table": stage.table(
                "table", values, "output by input value" if values.ndim == 1 else "output by channel and input value"
            ),
            "qmin": stage.inputs[0].qmin,
            # From a channel's table to the next one's.
            "table_stride": 256 * (self.table.ndim - 1),
        }
