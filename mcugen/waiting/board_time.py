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
    everything outside stages; None where that is not known. source: of what memories add.
    """

    board: Board
    cycles: int
    stages: Mapping[int, Waits] | None
    source: Source

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

    def view(self) -> BoardMilliseconds:
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

    @property
    def text(self) -> str:
        """A line for people, without the board."""
        waits, with_waits = self.waits, self.milliseconds_with_waits
        without = f"{self.milliseconds:.1f} ms without wait states at {self.board.clock_hz / 1e6:g} MHz"
        if waits is None or with_waits is None:
            return f"{without}; what its memories add is not known"
        return f"{with_waits:.1f} ms with wait states ({self.source}), {without}"


def wait_cycles(waits: Waits) -> WaitCycles:
    """As commands print it."""
    return WaitCycles(waits.cycles, waits.code, waits.weights, waits.tables, waits.rows)


def waits_text(waits: Waits) -> str:
    """By cause, for people; causes that cost nothing are left out."""
    causes = {"code": waits.code, "weights": waits.weights, "tables": waits.tables, "rows in RAM": waits.rows}
    parts = ", ".join(f"{name} {cycles:,}" for name, cycles in causes.items() if cycles)
    return f"{waits.cycles:,} cycles" + (f": {parts}" if parts else "")
