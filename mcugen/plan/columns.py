"""The columns of a matrix stage: where they come from, and the block of the arena that holds them."""

from __future__ import annotations

from enum import Enum

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.select import DspStage
from mcugen.kernels.helium.select import HeliumStage
from mcugen.plan.buffer import Layout
from mcugen.plan.kernels import Kernel
from mcugen.plan.stage import Stage


class Producer(Enum):
    """Where the columns of a matrix stage come from.

    DIRECT: the input's memory is the columns already. IM2COL: windows are copied. DEPTHWISE: computed.
    """

    DIRECT = "direct"
    IM2COL = "im2col"
    DEPTHWISE = "depthwise"


def choose_producer(stage: Stage, layouts: dict[str, Layout], slots: dict[str, int], kernel: Kernel) -> Producer | None:
    """The producer of a matrix stage, None for other stages. slots: rows that each tensor of the arena has room for."""
    op = stage.first
    if isinstance(op, DepthwiseConv2D):
        return Producer.DEPTHWISE
    if not isinstance(op, Conv2D):
        return None
    if isinstance(kernel, HeliumStage):
        return Producer.DIRECT if kernel.direct else Producer.IM2COL
    if kernel is not None:
        return Producer.IM2COL
    source = stage.inputs[0]
    whole = op.window.kernel == source.shape[:2] and slots[source.name] == source.height
    if layouts[source.name] is Layout.INTERLEAVED and (op.is_pointwise or (whole and not any(op.window.padding))):
        return Producer.DIRECT
    return Producer.IM2COL


def columns_bytes(stage: Stage, producer: Producer | None, kernel: Kernel) -> int:
    """Bytes of one output row's columns; a depthwise convolution alone writes its output without columns."""
    if kernel is not None:
        return kernel.columns_bytes(stage.output.width)
    width = stage.output.width
    if producer is Producer.IM2COL and isinstance(stage.first, Conv2D):
        return width * stage.first.weights[0].size
    if producer is Producer.DEPTHWISE and stage.is_separable:
        return width * stage.first.weights.shape[2]  # type: ignore[attr-defined]
    return 0


def columns_name(group: int, kernel: Kernel) -> str:
    """The arena item that is the block of columns of a group's stages."""
    # Low bytes of 16-bit columns stay 0 as long as nothing else is written there: they share with none but their like.
    return f"{'16-bit' if isinstance(kernel, DspStage) else 'portable'} columns of group {group}"
