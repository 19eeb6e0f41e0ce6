"""Which inputs matrix kernels read where they lie, so that no columns are copied."""

from __future__ import annotations

from collections.abc import Mapping

from mcugen.plan.buffer import Layout
from mcugen.plan.stage import Stage


def lies_as_columns(stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> bool:
    """Whether the input of a standard or pointwise convolution lies in memory as int8 columns [pixel][value]."""
    op, source = stage.matrix, stage.inputs[0]
    if op is None or layouts[source.name] is not Layout.INTERLEAVED:
        return False
    whole = op.window.kernel == source.shape[:2] and slots[source.name] == source.height
    return op.is_pointwise or (whole and not any(op.window.padding))
