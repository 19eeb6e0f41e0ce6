"""What `mcugen fit` prints."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mcugen.schemas.record import (
    Bytes,
    Count,
    Instructions,
    Macs,
    ModelledCycles,
    Names,
    Parameters,
    Record,
    Share,
    doc,
)

OfFirmware = Annotated[Bytes | None, doc("of the whole firmware of `mcugen flash`; null without a board")]
Excess = Annotated[float, Meta(ge=1)] | None | UnsetType


class FitLimits(Record, frozen=True):
    """What there is; null for no limit."""

    flash_bytes: Bytes | None
    ram_bytes: Bytes | None
    milliseconds: float | None


class Exceeded(Record, frozen=True, forbid_unknown_fields=True):
    """What is needed relative to the limit, of those that are exceeded; null: it is not known what is needed."""

    flash: Excess = UNSET
    ram: Excess = UNSET
    latency: Excess = UNSET

    def known(self) -> dict[str, float | None]:
        """Those that are exceeded, by name."""
        pairs = {"flash": self.flash, "ram": self.ram, "latency": self.latency}
        return {name: ratio for name, ratio in pairs.items() if ratio is not UNSET}


class FitCandidate(Record, frozen=True):
    """A net with what it takes."""

    net: str
    alpha: Annotated[float, doc("the width multiplier")]
    rho: Annotated[float | None, doc("the resolution multiplier, of the net's own size; null where that is not square")]
    size: Annotated[Count, doc("side of the image")]
    macs: Macs
    parameters: Parameters
    flash_bytes: Annotated[Bytes, doc("of the library")]
    ram_bytes: Annotated[Bytes, doc("sizeof the context, exact")]
    stack_bytes: Annotated[Bytes, doc("besides ram_bytes, estimated high")]
    firmware_flash_bytes: OfFirmware
    firmware_ram_bytes: OfFirmware
    firmware_fits: Annotated[bool | None, doc("the board holds that firmware, too; null without a board")]
    instructions: Instructions
    modelled_cycles: ModelledCycles
    milliseconds: Annotated[
        float | None,
        doc(
            "modelled_cycles by the clock, or instructions, one a cycle at best, for a core without a cycle model; "
            "null where they or the clock are not known"
        ),
    ]
    milliseconds_with_waits: Annotated[
        float | None,
        doc("with what the board's memories add, predicted by a model; null without a board whose memories are known"),
    ]
    unknown: Annotated[Names, doc("kinds of functions whose part of the figures is an estimate")]
    accuracy: Annotated[Share | None, doc("top-1 by --sweep; null where it does not say")]
    exceeds: Exceeded


class FitOutput(Record, frozen=True):
    """Nets that fit, found before any of them is trained."""

    target: str
    clock_hz: Annotated[Count | None, doc("null where it is not known")]
    limits: FitLimits
    candidates: Annotated[Count, doc("that were tried")]
    compiled: Annotated[Count, doc("of those; the others are too large by their weights alone")]
    fitting: Annotated[
        tuple[FitCandidate, ...],
        doc("what no other candidate beats, most accurate or most multiply-accumulates first"),
    ]
    nearest: Annotated[FitCandidate | None, doc("what exceeds the limits least; null if something fits")]
    board: Annotated[str | None, doc("null where a target was given instead")]
    classes: Count
    channels: Annotated[Count, doc("of the image")]
    camera: Annotated[str | UnsetType, doc("whose rows the libraries take, as options; with --camera alone")] = UNSET
