"""What a board's milliseconds are. All commands that show some, or hold them against a budget, have them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mcugen.schemas.board_time import BoardMilliseconds, WaitCycles
from mcugen.targets.boards import Board
from mcugen.targets.memory import Waits

Source = Literal["predicted", "simulated"]


@dataclass(frozen=True)
class BoardTime:
    """One inference on a board.

    clock_hz: of the core. cycles: of a core that never waits. stages: what its memories add, by stage index, -1 for
    everything outside stages; None where that is not known. source: of what memories add. unknown: why that is not
    known.
    """

    board: Board
    cycles: int
    stages: Mapping[int, Waits] | None
    source: Source
    unknown: str = "what its memories add is not known"

    @property
    def waits(self) -> Waits | None:
        """What memories add, of all stages."""
        return None if self.stages is None else sum(self.stages.values(), Waits())

    @property
    def milliseconds(self) -> float:
        """Without waiting."""
        return 1000 * self.cycles / self.board.clock_hz

    @property
    def milliseconds_with_waits(self) -> float | None:
        """What a user will see, by the model; None where it is not known."""
        waits = self.waits
        return None if waits is None else 1000 * (self.cycles + waits.cycles) / self.board.clock_hz

    @property
    def expected_milliseconds(self) -> float:
        """With waiting where that is known, which budgets are held against."""
        with_waits = self.milliseconds_with_waits
        return self.milliseconds if with_waits is None else with_waits

    def record(self) -> BoardMilliseconds:
        """As commands print it."""
        waits = self.waits
        return BoardMilliseconds(
            board=self.board.name,
            clock_hz=self.board.clock_hz,
            milliseconds=self.milliseconds,
            milliseconds_with_waits=self.milliseconds_with_waits,
            waits=None if waits is None else wait_cycles(waits),
            waits_are=None if waits is None else self.source,
        )


def wait_cycles(waits: Waits) -> WaitCycles:
    """As commands print it."""
    return WaitCycles(waits.cycles, waits.code, waits.weights, waits.tables, waits.rows)


def causes_text(waits: Waits) -> str:
    """Cycles by cause, for people; causes that cost nothing are left out."""
    causes = {"code": waits.code, "weights": waits.weights, "tables": waits.tables, "rows in RAM": waits.rows}
    return ", ".join(f"{name} {cycles:,}" for name, cycles in causes.items() if cycles)


def milliseconds_text(milliseconds: float) -> str:
    """For people."""
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{milliseconds:.2g} ms"
