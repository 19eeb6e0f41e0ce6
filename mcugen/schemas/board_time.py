"""How long an inference takes on a board, with and without what its memories make the core wait."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.record import Count, Record, doc


class WaitCycles(Record, frozen=True):
    """Cycles for which the core stands still, by cause: a model, see docs/time.md."""

    wait_cycles: Annotated[Count, doc("the sum")]
    code_cycles: Annotated[Count, doc("reading instructions, and the constants among them")]
    weight_cycles: Annotated[Count, doc("tables of weights in flash")]
    table_cycles: Annotated[Count, doc("other constants in flash")]
    row_cycles: Annotated[Count, doc("RAM behind a cache")]


class BoardMilliseconds(Record, frozen=True):
    """One inference on a board."""

    board: str
    clock_hz: Count
    milliseconds: Annotated[float, doc("without wait states; cores without a timing table: a cycle an instruction")]
    milliseconds_with_waits: Annotated[float | None, doc("with what memories add; null where that is not known")]
    waits: Annotated[WaitCycles | None, doc("of the whole inference; null where not known")]
    waits_are: Annotated[
        str | None, doc("predicted from the plan, or simulated from the emulator's fetches and loads; null for none")
    ]
