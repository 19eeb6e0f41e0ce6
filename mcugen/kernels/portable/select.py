"""Portable C99: takes every stage, a tile of output channels and pixels at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mcugen.ir import Operator
from mcugen.kernels.direct_columns import lies_as_columns
from mcugen.kernels.family import ONE_BY_ONE, ColumnSource, Description, Family, Kernel, Placed, Request
from mcugen.plan.buffer import Layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage


@dataclass(frozen=True)
class PortableKernel(Kernel):
    """rows, columns: output channels and pixels of a tile, by the core's register budget; 0 without a matrix kernel."""

    family: ClassVar[str] = "portable"
    rows: int
    columns: int
    fills: int = 1

    def describe(self, placed: Placed) -> Description:
        """Tiles, as large as the core's registers allow."""
        if not self.rows:
            return Description("pixel by pixel", ONE_BY_ONE)
        plurals = ["s" if n > 1 else "" for n in (self.rows, self.columns)]
        blocking = f"{self.rows} channel{plurals[0]} x {self.columns} pixel{plurals[1]}"
        return Description("tiles", blocking, ONE_BY_ONE if placed.stage.is_separable else "")

    def column_source(self, stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> ColumnSource:
        """No columns where interleaved pixels, or a whole map that is one window, lie in memory as the kernel reads
        them."""
        if stage.depthwise is not None or stage.matrix is None:
            return ColumnSource.DEPTHWISE
        return ColumnSource.DIRECT if lies_as_columns(stage, layouts, slots) else ColumnSource.IM2COL

    def columns_bytes(self, stage: Stage, source: ColumnSource | None) -> int:
        """Of one output row; a depthwise convolution alone writes its output without columns."""
        if stage.matrix is None or source is ColumnSource.DIRECT:
            return 0
        return stage.output.width * stage.matrix.weights[0].size

    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """Always portable code's own."""
        return None


def _select(request: Request) -> list[Kernel | str]:
    return [_kernel(stage, request) for stage in request.stages]


def _kernel(stage: Stage, request: Request) -> PortableKernel:
    if stage.matrix is None:
        return PortableKernel(0, 0)
    channels, pixels = len(stage.matrix.weights), stage.output.width
    return PortableKernel(min(request.target.matrix_rows, channels), min(request.target.matrix_columns, pixels))


FAMILY = Family("portable", "portable C", _select)
