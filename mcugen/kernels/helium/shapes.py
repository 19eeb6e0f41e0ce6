"""Shapes that Helium kernels are written for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.shapes import DepthwiseShape, MatrixShape
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage

CHANNELS = 4
"""Channels of a vector of 32-bit sums."""
VALUES = 16
"""Values of a column that one instruction takes."""
STEPS_OF_A_TURN = 4
"""Vectors of a column that one turn of the loop over it takes."""
FARTHEST = 127
"""Bytes that a vector load or store reaches from its register."""
WIDE = 8
"""Channels that the wide depthwise kernel computes together."""
OUTPUTS = 3
"""Outputs that the depthwise kernel computes together; as many vectors hold their sums."""
WIDE_OUTPUTS = 2
"""Outputs that the wide one computes together: two vectors hold the sums of one."""

FEWEST_WINDOWS = 6
"""Windows of a row that are worth a call."""
MOST_ROWS = 6
"""Rows of a window for which there are registers."""
MOST_VALUES = 7680
"""Values of a window that the loop over pixels, in which they are written out, can hold: its branch back reaches over
4,094 bytes, 8 for each vector and 20 for what follows in a row."""


@dataclass(frozen=True)
class End:
    """How sums become outputs. form: see `mcugen.plan.epilogue`, "rounded", "rounded_signed" or "truncated"."""

    form: str
    zero_point: int
    minimum: int
    maximum: int

    @property
    def is_whole(self) -> bool:
        """Whether outputs saturate to a whole byte."""
        return (self.minimum, self.maximum) in ((0, 255), (-128, 127))

    @property
    def is_plain(self) -> bool:
        """Whether it needs no register of its own."""
        return self.is_whole and self.form != "rounded_signed"

    @staticmethod
    def of(epilogue: Epilogue) -> End:
        """The end that does what the epilogue says."""
        return End(epilogue.form, epilogue.zero_point, epilogue.minimum, epilogue.maximum)


@dataclass(frozen=True)
class HeliumMatrix(MatrixShape):
    """end: of the sums."""

    end: End

    @property
    def steps(self) -> int:
        """Whole vectors of a column."""
        return self.depth // VALUES

    @property
    def rest(self) -> int:
        """Values of a column behind them."""
        return self.depth % VALUES

    @property
    def unrolling(self) -> tuple[int, int]:
        """(steps before the loop, turns of the loop): the first step does without sums that begin at 0."""
        peeled = (self.steps - 1) % STEPS_OF_A_TURN + 1 if self.steps else 0
        return peeled, (self.steps - peeled) // STEPS_OF_A_TURN

    @property
    def keeps_weights(self) -> bool:
        """Whether a column is one vector, so that weights of four channels stay in registers while pixels pass. All
        registers are taken then: none is left for an end that needs one, nor for distances of outputs."""
        return self.depth <= VALUES and self.channel_stride == 1 and self.end.is_plain

    @property
    def pixels_of_a_turn(self) -> int:
        """Pixels in one turn of the loop where weights are kept."""
        return 1 if self.pixels % 2 else 2

    @property
    def rest_stride(self) -> int:
        """Bytes from the rest of one channel's weights to the next's."""
        return -(-self.rest // 4) * 4


@dataclass(frozen=True)
class HeliumWindows:
    """Windows that lie in the image. rows: of a window. row_values: of one of them. step: values from a window to the
    next."""

    rows: int
    row_values: int
    step: int

    @staticmethod
    def of(stage: Stage, op: Conv2D) -> HeliumWindows | None:
        """The shape of a stage's windows, None where copying them one by one is as good."""
        window, channels = op.window, stage.inputs[0].channels
        rows, values = window.kernel[0], window.kernel[1] * channels
        if len(inside(stage, op, 1)) < FEWEST_WINDOWS or not 2 <= rows <= MOST_ROWS or rows * values > MOST_VALUES:
            return None
        return HeliumWindows(rows, values, window.stride[1] * channels)


def inside(stage: Stage, op: Conv2D, axis: int) -> range:
    """Rows (axis 0) or pixels of a row (axis 1) of the output whose windows lie in the image along that axis."""
    window, last = op.window, stage.inputs[0].shape[axis] - op.window.kernel[axis]
    begins = [i * window.stride[axis] - window.padding[2 * axis] for i in range(stage.output.shape[axis])]
    found = [i for i, begin in enumerate(begins) if 0 <= begin <= last]
    return range(found[0], found[-1] + 1) if found else range(0)


@dataclass(frozen=True)
class Tile:
    """Neighbouring outputs of a row. at: of the first, in the input, outside it where windows begin before it.
    outputs: how many. inside: columns of the input, counted from `at`, that lie in it."""

    at: int
    outputs: int
    inside: tuple[int, ...]


@dataclass(frozen=True)
class HeliumDepthwise(DepthwiseShape):
    """end: of the sums."""

    end: End

    @staticmethod
    def of(stage: Stage, op: DepthwiseConv2D, epilogue: Epilogue) -> HeliumDepthwise:
        """The shape of a stage's depthwise convolution."""
        source, window = stage.inputs[0], op.window
        return HeliumDepthwise(
            source.channels, source.width, stage.output.width, window.stride[1], window.padding[2], End.of(epilogue)
        )

    @property
    def is_wide(self) -> bool:
        """Whether the kernel takes eight channels at a time: where few are computed twice, and its tiles, whose code is
        longer, run often."""
        return not self.computes_many_twice and (self.outputs > 6 or self.channels >= 128)

    @property
    def computes_many_twice(self) -> bool:
        """Whether the channels that the wide kernel computes twice are more than a ninth of them all."""
        return len(self.eights) * WIDE * 9 > self.channels * 10

    @property
    def eights(self) -> list[int]:
        """Where each eight channels begin; the second share four with the first where they are no multiple of eight."""
        return [0, *range(self.channels % WIDE or WIDE, self.channels, WIDE)]

    def tiles(self) -> list[tuple[Tile, int]]:
        """What a row falls into, and how many of one kind follow each other."""
        tiles, most = [], WIDE_OUTPUTS if self.is_wide else OUTPUTS
        for first in range(0, self.outputs, most):
            count, at = min(most, self.outputs - first), first * self.stride - self.left
            columns = range((count - 1) * self.stride + 3)
            tiles.append(Tile(at, count, tuple(c for c in columns if 0 <= at + c < self.width)))
        runs = (list(run) for _, run in groupby(tiles, key=lambda tile: (tile.outputs, tile.inside)))
        return [(run[0], len(run)) for run in runs]

    def taps(self, tile: Tile, column: int) -> list[tuple[int, int]]:
        """(output of the tile, tap of its windows' rows) that read a column of the input."""
        return [(x, column - x * self.stride) for x in range(tile.outputs) if 0 <= column - x * self.stride < 3]
