"""The columns of a matrix stage: where they come from, and the block of the arena that holds them."""

from __future__ import annotations

from collections.abc import Mapping

from mcugen.kernels.family import ColumnSource, Kernel
from mcugen.plan.buffer import Layout
from mcugen.plan.stage import Stage


def choose_column_source(
    stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int], kernel: Kernel | None
) -> ColumnSource | None:
    """Where the columns of a matrix stage come from, None for other stages.

    slots: rows that each tensor of the arena has room for.
    """
    return None if kernel is None else kernel.column_source(stage, layouts, slots)


def columns_bytes(stage: Stage, source: ColumnSource | None, kernel: Kernel | None) -> int:
    """Bytes of the stage's block of columns."""
    return 0 if kernel is None else kernel.columns_bytes(stage, source)


def columns_name(group: int, kernel: Kernel | None) -> str:
    """The arena item that is the block of columns of a group's stages."""
    # What was cleared stays 0 as long as nothing else is written there: such blocks share with none but their like.
    cleared = kernel is not None and kernel.clears_columns
    return f"16-bit columns of group {group}" if cleared else f"portable columns of group {group}"
