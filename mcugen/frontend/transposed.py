"""A transposed convolution: an ordinary one that makes a block of pixels of each, and the blocks spread out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.fixedpoint import Requantization
from mcugen.frontend.blocks import spread_blocks
from mcugen.frontend.dense_weights import Refuse
from mcugen.frontend.lowering import Lowering
from mcugen.ir import Conv2D, Operator, Tensor, Window
from mcugen.ir.operators.slice import Slice

_LARGEST_WEIGHTS = 1 << 23


@dataclass(frozen=True)
class Axis:
    """One axis of the loop that defines it: output position y gets the input at i times the tap y + padding - i *
    stride, where there is one.

    With y + padding = stride * p + a, phase a of block p reads the inputs p - d at the taps a + stride * d, for d from
    0: a convolution over `taps` inputs that end with the one at p. first, count: of the blocks that the output touches.

    size: of the input. padding: pixels of the output cut off before its first, fewer than the kernel has. wanted: size
    of the output.
    """

    size: int
    kernel: int
    stride: int
    padding: int
    wanted: int

    @property
    def taps(self) -> int:
        return -(-self.kernel // self.stride)

    @property
    def first(self) -> int:
        return self.padding // self.stride

    @property
    def border(self) -> tuple[int, int]:
        """Cells of padding before and behind the input."""
        last = (self.padding + self.wanted - 1) // self.stride
        return self.taps - 1 - self.first, max(last - (self.size - 1), 0)

    @property
    def count(self) -> int:
        before, behind = self.border
        return self.size + before + behind - self.taps + 1

    @property
    def kept(self) -> range:
        """Positions of the blocks laid beside each other that are the output."""
        begin = self.padding - self.first * self.stride
        return range(begin, begin + self.wanted)


@dataclass(frozen=True, eq=False)
class TransposedConvolution:
    """weights: int8 [out channels, kernel height, kernel width, in channels]. bias: int32 [out channels].
    requantization: of one or of every out channel."""

    weights: np.ndarray
    bias: np.ndarray
    requantization: Requantization
    rows: Axis
    columns: Axis


def transposed_convolution(
    lowering: Lowering, layer: TransposedConvolution, source: Tensor, output: Tensor, refuse: Refuse
) -> list[Operator]:
    """What writes the output of the layer. Raises what `refuse` makes where its stride makes too many weights."""
    rows, columns = layer.rows, layer.columns
    strides = (rows.stride, columns.stride)
    blocks, channels = strides[0] * strides[1], len(layer.weights)
    if blocks * channels * rows.taps * columns.taps * source.channels > _LARGEST_WEIGHTS:
        raise refuse(f"a stride of {strides} makes too many weights", "use a smaller stride")
    deep = lowering.inner("blocks", (rows.count, columns.count, blocks * channels))
    convolution = Conv2D(
        **lowering.fields((source,), deep),
        weights=_of_blocks(layer.weights, rows, columns),
        bias=np.tile(layer.bias, blocks),
        window=Window(kernel=(rows.taps, columns.taps), padding=(*rows.border, *columns.border)),
        requantization=layer.requantization.select(np.tile(np.arange(channels), blocks)),
    )
    whole = (rows.count * strides[0], columns.count * strides[1], channels)
    if whole == output.shape:
        return [convolution, *spread_blocks(lowering, deep, output, strides)]
    spread = lowering.inner("spread", whole)
    begin = (rows.kept.start, columns.kept.start, 0)
    return [
        convolution,
        *spread_blocks(lowering, deep, spread, strides),
        Slice(**lowering.fields((spread,), output), begin=begin),
    ]


def _of_blocks(weights: np.ndarray, rows: Axis, columns: Axis) -> np.ndarray:
    """[row of a block, column of a block, out channels, taps, taps, in channels] with the first three as one."""
    channels, _, _, of_input = weights.shape
    shape = (rows.stride, columns.stride, channels, rows.taps, columns.taps, of_input)
    spread = np.zeros(shape, weights.dtype)
    for y in range(rows.kernel):
        for x in range(columns.kernel):
            down, a = divmod(y, rows.stride)
            across, b = divmod(x, columns.stride)
            spread[a, b, :, rows.taps - 1 - down, columns.taps - 1 - across] = weights[:, y, x]
    return spread.reshape(-1, *shape[3:])
