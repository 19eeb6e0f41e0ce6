"""What planner, generator and report ask of a kernel family.

A family is a package of `mcugen.kernels`, its templates the folder of its name. Its modules of these names are what
others find it by:

    select   FAMILY, a `Family`: which stages it takes, in which shape, and why it refuses one
    emit     view(context, planned): the variables of a stage's template; header(context): those of NAME_FAMILY.h
    work     parts(plan, planned): the functions that a stage runs, with the turns of their loops

The plan stands on `select`, and the other two on the plan: so those are loaded only when they are needed (`late.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from mcugen.ir import Conv2D, Graph, Operator
from mcugen.passes.intervals import Intervals
from mcugen.plan.buffer import Buffer, Layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage
from mcugen.schemas.kernels import BetterKernel
from mcugen.targets import Target


class ColumnSource(Enum):
    """Where the columns of a matrix stage come from.

    DIRECT: the input's memory is the columns already. IM2COL: windows are copied. DEPTHWISE: computed.
    """

    DIRECT = "direct"
    IM2COL = "im2col"
    DEPTHWISE = "depthwise"


@dataclass(frozen=True)
class Band:
    """Rows of a stage that are computed together, so that its weights come from flash once for them. rows: the last
    band of a map may have fewer. channels: output channels whose weights are read for all rows before the next, while
    the columns of all rows stand in the arena; None where a cache holds all weights and the rows follow each other."""

    rows: int
    channels: int | None = None


def band_of(rows: int, channels: int, channel_bytes: int, most_bytes: int, together: int = 1) -> Band | str:
    """The band of so many rows with the most output channels, a divisor of them all, whose part of a kernel's table is
    at most `most_bytes`; or why there is none. together: channels that the kernel computes at a time."""
    if channels * channel_bytes <= most_bytes:
        return Band(rows)
    divisors = [n for n in range(1, channels) if channels % n == 0 and n % together == 0]
    fitting = [n for n in divisors if n * channel_bytes <= most_bytes]
    if not fitting:
        least = min(divisors, default=channels)
        channel = "an output channel" if least == 1 else f"{least} output channels"
        return f"the weights of {channel}, {least * channel_bytes:,} bytes, are more than {most_bytes:,}"
    return Band(rows, fitting[-1])


ONE_BY_ONE = "1 channel x 1 pixel"
"""Blocking of what portable code computes without tiles."""


@dataclass(frozen=True)
class Description:
    """A kernel, for people. name: which of its family's. blocking: what it computes at a time. depthwise: the same of
    what makes the columns of a separable stage, "" of others. remark: what of the stage portable code does all the
    same, and why; "" if nothing. better: those of its family that are preferred."""

    name: str
    blocking: str
    depthwise: str = ""
    remark: str = ""
    better: tuple[BetterKernel, ...] = ()


@dataclass(frozen=True, eq=False)
class Placed:
    """What a kernel is described by. buffers: by tensor name. epilogues: of portable code, by operator."""

    stage: Stage
    buffers: Mapping[str, Buffer]
    epilogues: Mapping[str, Epilogue]
    target: Target


class Kernel(ABC):
    """How one stage that is a convolution is computed: what its family chose for it.

    family: by name. fills: how often a row's block of columns is filled. band: None where weights are read again for
    each row.
    """

    family: ClassVar[str]
    fills: int
    band: Band | None = None

    @property
    def band_rows(self) -> int:
        """Rows that a call of the stage's function computes."""
        return 1 if self.band is None else self.band.rows

    @property
    def rows_of_columns(self) -> int:
        """Rows whose columns stand in the arena together."""
        return 1 if self.band is None or self.band.channels is None else self.band.rows

    def parts(self, channels: int) -> int:
        """How often the matrix kernel is called for a row of so many output channels, each time for other ones."""
        return 1 if self.band is None or self.band.channels is None else channels // self.band.channels

    def matrix_bytes(self, op: Conv2D) -> int:
        """Bytes of the table that the kernel of this convolution reads for a row; 0 where its family has no bands."""
        return 0

    def in_bands(self, op: Conv2D, rows: int, most_bytes: int) -> Kernel | str:
        """The kernel of the same convolution in bands of so many rows, at most so many bytes of whose table are read at
        a time, so that a cache holds them; or why there is none."""
        return "its family reads the weights for a row at a time"

    @property
    def clears_columns(self) -> bool:
        """Whether some bytes of its block of columns must be 0 from the group's begin on."""
        return False

    @property
    def cleared(self) -> Kernel:
        """The kernel of the same stage that clears its columns as most of its family's do, so that they can share a
        block, for more instructions; itself where there is no other."""
        return self

    @abstractmethod
    def describe(self, placed: Placed) -> Description:
        """What it is, and why no better one of its family. placed: its stage."""

    @abstractmethod
    def column_source(self, stage: Stage, layouts: Mapping[str, Layout], slots: Mapping[str, int]) -> ColumnSource:
        """Where columns come from. slots: rows that each tensor of the arena has room for."""

    @abstractmethod
    def columns_bytes(self, stage: Stage, source: ColumnSource | None) -> int:
        """Bytes of the block of columns; 0 where there is none."""

    @abstractmethod
    def form(self, op: Operator, epilogue: Epilogue, *, columns: bool) -> str | None:
        """The form of the operator's requantization, None where portable code does it. columns: the operator makes the
        columns of the stage's other one."""


@dataclass(frozen=True)
class Yardstick:
    """What a core's floor is made of (`mcugen.report.floor`). instruction: that multiplies and accumulates. macs: that
    it does. word_bytes: that one instruction loads or stores."""

    instruction: str
    macs: int
    word_bytes: int

    def roof(self, intensity: float) -> float:
        """Multiply-accumulates per instruction at the floor, of a stage of this intensity."""
        return 1.0 / (1.0 / self.macs + 1.0 / intensity)


@dataclass(frozen=True, eq=False)
class Request:
    """What a family chooses by. graph: after all passes. stages: convolutions that no family before it took. layouts:
    of tensors, as they follow from what is chosen so far. epilogues: of portable code, by operator. variant: of the
    family's kernels, see `FamilyUse`."""

    graph: Graph
    stages: Sequence[Stage]
    layouts: Mapping[str, Layout]
    epilogues: Mapping[str, Epilogue]
    intervals: Intervals
    target: Target
    variant: str


@dataclass(frozen=True, eq=False)
class Family:
    """name: of package, folder of templates and header. title: for people. select: a kernel for each stage of the
    request, or why there is none, to be read behind "TITLE: ". interleaved: its kernels work on rows [x][channel], and
    what is pooled may then lie so, too. yardstick: of cores that have it."""

    name: str
    title: str
    select: Callable[[Request], Sequence[Kernel | str]]
    interleaved: bool = False
    yardstick: Yardstick = Yardstick("SMLAD", 2, 4)
