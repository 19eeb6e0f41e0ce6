"""What `mcugen diff` prints."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from mcugen.schemas.record import Names, Record, doc


class Side(Record, frozen=True):
    """What is compared."""

    model: Annotated[str, doc("the file's name")]
    target: str


class Change(Record, frozen=True):
    """One figure on both sides; null where a side does not know it."""

    a: int | None
    b: int | None
    change: Annotated[int | None, doc("b - a")]


class TotalChanges(Record, frozen=True):
    """The whole model."""

    ram_bytes: Change
    flash_bytes: Annotated[Change, doc("constants, exact, and code, estimated")]
    constant_bytes: Annotated[Change, doc("weights and tables, exact")]
    code_bytes: Annotated[Change, doc("estimated")]
    macs: Change
    live_macs: Change
    parameters: Change
    instructions: Annotated[Change, doc("predicted")]
    modelled_cycles: Change


class LayerChanges(Record, frozen=True):
    """A layer of both models, by its structure and name, or of one."""

    name: Annotated[str, doc("in A, or in B where that alone has it")]
    in_: Annotated[Literal["a", "b", "both"], doc("the side that has it")] = field(name="in")
    name_in_b: Annotated[str | None, doc("null where A alone has it")]
    live_macs: Change
    live_parameters: Change
    instructions: Annotated[Change, doc("predicted")]
    modelled_cycles: Change


class DiffOutput(Record, frozen=True):
    """What grew from A to B."""

    a: Side
    b: Side
    totals: TotalChanges
    layers: Annotated[tuple[LayerChanges, ...], doc("none where a manifest of an early version has none")]
    grown: Annotated[Names, doc("a line for each figure that grew by more than --max-growth; none without that")]
    over_budget: Annotated[Names, doc("a line for each budget of --max-cycles and --max-ms that B exceeds")]
