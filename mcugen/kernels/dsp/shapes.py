"""Shapes that DSP kernels are assembled for: each has the call of the macro that makes the same in portable C.

What may differ between stages that share a kernel is no part of its shape but handed to it when it is called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

_MATRIX_PARAMETERS = "const void *stream, const void *columns, void *row, const uint32_t *shape"
LOOP_QUADS = 8
"""Quads of weights that one turn of the matrix kernel's loop takes."""
SHORT_LOOP_QUADS = 3
"""The same where code is to be short: it divides one less than the quads of many depths, so that they share kernels."""


def unrolling(depth: int, loop: int) -> tuple[int, int]:
    """(peel, loop) of a matrix kernel: the quads of its depth are 1 + peel + a multiple of loop. 0 for loop: there is
    none."""
    behind = depth // 4 - 1
    return (behind % loop, loop) if behind >= LOOP_QUADS else (behind, 0)


class DspShape(ABC):
    """The shape of a kernel that is an instance of a macro in portable C. parameters: of the function."""

    parameters: ClassVar[str]

    @abstractmethod
    def macro(self, function: str) -> str:
        """The macro's call that makes the function of this name in portable C."""


@dataclass(frozen=True)
class DspMatrix(DspShape):
    """pixels: at a time. x_stride: bytes of the output. form: of the end of its sums. saturate: usat or ssat. shift: of
    the rescaling. peel, loop: quads before the loop but for the first, and in a turn of it; 0 where there is none."""

    parameters: ClassVar[str] = _MATRIX_PARAMETERS
    pixels: int
    x_stride: int
    form: str
    saturate: str
    shift: int
    peel: int
    loop: int

    @property
    def is_looped(self) -> bool:
        """Whether it has a short loop."""
        return self.loop not in (0, LOOP_QUADS)

    def macro(self, function: str) -> str:
        """MATRIX_GROUP, or with another loop LOOPED_MATRIX_GROUP."""
        end = f'END_{self.form.upper()}("{self.saturate}", {self.shift})'
        name, last = ("LOOPED_MATRIX", self.loop) if self.is_looped else ("MATRIX", int(self.loop > 0))
        return f"{name}_{self.pixels}({function}, {self.x_stride}, {end}, {self.peel}, {last})"


@dataclass(frozen=True)
class DspMatrixEight(DspShape):
    """Of depth 8. unroll: pixels of a turn. The others: as of `DspMatrix`."""

    parameters: ClassVar[str] = _MATRIX_PARAMETERS
    x_stride: int
    saturate: str
    shift: int
    unroll: int

    def macro(self, function: str) -> str:
        """MATRIX_EIGHT."""
        return f'MATRIX_EIGHT({function}, {self.x_stride}, "{self.saturate}", {self.shift}, {self.unroll})'


@dataclass(frozen=True)
class DspFirst(DspShape):
    """Of the first convolution. channels: of the image. halves: of quads in a column. step: bytes from window to
    window. outputs: channels. channel_stride, x_stride: bytes of the output. saturate, shift: as of `DspMatrix`."""

    parameters: ClassVar[str] = "const void *stream, const int8_t *const *rows, void *row, uint32_t pixels"
    channels: int
    halves: int
    step: int
    outputs: int
    channel_stride: int
    x_stride: int
    saturate: str
    shift: int

    def macro(self, function: str) -> str:
        """FIRST_CONVOLUTION."""
        window = f"{self.channels}, {self.halves}, {self.step}, {self.outputs}"
        strides = f"{self.channel_stride}, {self.x_stride}"
        return f'FIRST_CONVOLUTION({function}, {window}, {strides}, "{self.saturate}", {self.shift})'


@dataclass(frozen=True)
class DspDepthwise(DspShape):
    """variant: of the macros, by stride, and for rows too short for a loop. packed: the form of the table. arguments:
    of the macro, behind these."""

    parameters: ClassVar[str] = "const void *table, const uint8_t *const *rows, void *columns, const uint32_t *shape"
    variant: str
    packed: bool
    arguments: tuple[str | int, ...]

    def macro(self, function: str) -> str:
        """DEPTHWISE_VARIANT."""
        table = "TABLE_PACKED" if self.packed else "TABLE"
        return f"DEPTHWISE_{self.variant}({', '.join(map(str, (function, table, *self.arguments)))})"
