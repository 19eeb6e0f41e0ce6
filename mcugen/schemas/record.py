"""The base of all structures, and types that many of their fields have."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Record(Struct, frozen=True):
    """An object of JSON. Values are as the types say without a conversion: tuples, no arrays; int, not NumPy's."""


def doc(text: str) -> Meta:
    """What a field is, for its schema."""
    return Meta(description=text)


Count = Annotated[int, Meta(ge=0)]
Bytes = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Names = tuple[str, ...]
Dimension = Annotated[int, Meta(ge=1)]
Shape = Annotated[tuple[Dimension, ...], Meta(min_length=3, max_length=3, description="height, width, channels")]
SelfTests = Annotated[Count, doc("images in the self-test")]
SelfTestBytes = Annotated[Bytes, doc("flash of them and their outputs, in a program that uses them")]
Macs = Annotated[Count, doc("multiply-accumulates of one image, of the network as trained")]
LiveMacs = Annotated[Count, doc("multiply-accumulates that remain after optimization")]
Parameters = Annotated[Count, doc("weights and biases")]
LiveParameters = Annotated[Count, doc("weights and biases that remain after optimization")]
Instructions = Annotated[
    Count | None, doc("executed for one image; null where they are not known, as of a target that was not measured")
]
ModelledCycles = Annotated[
    Count | None, doc("by the core's timing table, without wait states; null where the core has none")
]
