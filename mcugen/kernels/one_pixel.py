"""What kernels of one output pixel have in common: dense layers, and pointwise ones of one pixel.

They read the column as int8 values in the order of the model, so that no copy is made of what lies so in memory, and
compute some output channels at a time, for which a value of it is loaded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mcugen.kernels.direct_columns import lies_as_columns
from mcugen.kernels.family import ONE_BY_ONE, ColumnSource, Description, Kernel, Placed
from mcugen.plan.buffer import Layout
from mcugen.plan.stage import Stage
from mcugen.schemas.kernels import BetterKernel

_NO_ROW = "columns by portable C: depthwise kernels are for rows of several pixels"


@dataclass(frozen=True, eq=False)
class OnePixel(Kernel):
    """depth: values of the column. rows: output channels at a time. rest: those of the last time, 0 where all are
    alike. most_rows: that a kernel of the family takes."""

    most_rows: ClassVar[int]
    depth: int
    rows: int
    rest: int

    def describe(self, placed: Placed) -> Description:
        """Channels by pixels; fewer channels than possible where a second function for those left would cost more."""
        text = f"{self.rows} and {self.rest}" if self.rest else str(self.rows)
        blocking = f"{text} channel{'s' if text != '1' else ''} x 1 pixel, columns of {self.depth} values"
        channels, most = placed.stage.output.channels, self.most_rows
        left = f"{channels} output channels are no multiple of {most}: those left would need one more function"
        better = (BetterKernel(f"{most} channels x 1 pixel", left),) if self.rows < min(most, channels) else ()
        if placed.stage.is_separable:
            return Description("one pixel", blocking, ONE_BY_ONE, _NO_ROW, better)
        return Description("one pixel", blocking, better=better)

    def functions(self, channels: int) -> list[tuple[str, int, int]]:
        """(ending of its name, output channels at a time, times) of each function that computes some of so many: one
        more for those that are left."""
        found = [("", self.rows, channels // self.rows), ("_rest", self.rest, 1)]
        return [(suffix, rows, times) for suffix, rows, times in found if rows]

    def column_source(self, stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> ColumnSource:
        """No columns where the values lie in memory in the order of the weights."""
        if stage.depthwise is not None:
            return ColumnSource.DEPTHWISE
        return ColumnSource.DIRECT if lies_as_columns(stage, layouts, slots) else ColumnSource.IM2COL

    def columns_bytes(self, stage: Stage, source: ColumnSource | None) -> int:
        """A byte a value."""
        return 0 if source is ColumnSource.DIRECT else self.depth
