"""What an operator is told of the stage that it is alone in, and what the generator offers it to describe itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window


@dataclass(frozen=True)
class Form:
    """A form of an operator's arithmetic for the generated code, proved equal to it.

    name: in the report's list of forms. proved: values, or pairs of values, over which it was proved. constants: what
    the template needs of it. rejected: cheaper forms that are not equal to the operator's arithmetic.
    """

    name: str
    proved: int
    constants: Any = None
    rejected: tuple[str, ...] = ()


class StageReader(Protocol):
    """What an operator is told of the stage that it is alone in."""

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The stage's inputs."""

    @property
    def output(self) -> Tensor:
        """The stage's output."""

    @property
    def form(self) -> Form | None:
        """What the operator's `form` found."""

    @property
    def one_layout(self) -> bool:
        """Whether the values of all inputs and of the output stand in the same order."""

    @property
    def planar(self) -> bool:
        """Whether the first input lies channel by channel."""

    @property
    def planes(self) -> tuple[bool, ...]:
        """Of each input, and of the output behind them, whether it lies channel by channel."""

    def apart(self, position: int) -> bool:
        """Whether compilers see that the row of an input that is read does not overlap the output's: their addresses
        differ by a constant."""

    def place(self, position: int, y: int) -> int:
        """Bytes from the arena's begin to row y of an input, or of the output, which stands behind the inputs."""

    def plain_rows(self, position: int) -> bool:
        """Whether the address of an input's row is so short an expression that compilers repeat it: that of a whole
        map, or of a ring at the arena's begin."""

    @property
    def pooled(self) -> bool:
        """Whether rows of an input or of the output are a pool's."""

    @property
    def only_row(self) -> bool:
        """Whether all rows of the output are made in one place, whose address is the arena's and a constant."""

    def at_begin(self, position: int) -> bool:
        """Whether the rows of an input begin where the arena does."""

    def within_reach(self, position: int) -> bool:
        """Whether a load adds what lies between the arena's address and that of the rows of an input."""

    def kept_in(self, position: int) -> str:
        """How rows of an input are found: in a "map", one after another, in a "ring" or in a "pool"."""

    def row_bytes(self, position: int) -> int:
        """Bytes from one row of an input to the next."""


class StageWriter(StageReader, Protocol):
    """What the generator offers an operator that describes itself to its template."""

    def source(self, position: int = 0) -> dict[str, Any]:
        """Rows of an input and their strides, under the names that templates use."""

    def destination(self) -> dict[str, Any]:
        """Rows of the output and their strides."""

    def window(self, window: Window) -> dict[str, Any]:
        """The window over the first input, and what of its padding is really touched."""

    def inside(self, row: str, *, above: bool, below: bool) -> str:
        """C condition that a row lies in the first input; above, below: whether it can lie outside on that side."""

    def epilogue(self) -> dict[str, Any]:
        """Tables and names of the operator's requantization."""

    def single_requantization(self) -> dict[str, Any]:
        """Form and numbers of a requantization that has one multiplier for all channels."""

    def table(self, suffix: str, values: np.ndarray, meaning: str, *, weights: bool = False) -> str:
        """Registers a constant table of the stage and returns its name. weights: it counts among the weights."""

    def use(self, *functions: str) -> None:
        """Helper functions of `templates/functions` that the stage calls."""
