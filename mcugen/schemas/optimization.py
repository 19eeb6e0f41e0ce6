"""What optimization did to a model, as reports and manifests tell it."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.record import Count, Record, doc


class DeadChannels(Record, frozen=True):
    """A layer that lost output channels."""

    layer: str
    channels: Annotated[Count, doc("that the model has")]
    removed: Annotated[Count, doc("of those")]
    constant: Annotated[Count, doc("of the removed ones, those that have a constant value; nothing reads the others")]


class PassRun(Record, frozen=True):
    """A pass that ran."""

    name: str
    reason: Annotated[str, doc("why it stands where it stands")]


class RejectedForm(Record, frozen=True):
    """A cheaper portable form of a requantization that was tried and is not equal to the model's own."""

    form: str
    differs_in_channels: Count


class StageGroup(Record, frozen=True):
    """Stages that run together."""

    first_stage: Count
    last_stage: Count
