"""Ranges of weights and activations, in real numbers, and the proofs of requantizations over them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mcugen.schemas.optimization import RejectedForm
from mcugen.schemas.record import Count, Record, Share, doc


class WeightRange(Record, frozen=True):
    """The weights of a layer."""

    layer: str
    per_channel: Annotated[bool, doc("a scale for every output channel")]
    minimum: float
    maximum: float
    zero_channels: Annotated[Count, doc("whose weights are all 0")]
    channel_magnitudes: Annotated[
        tuple[float, ...],
        Meta(
            min_length=5,
            max_length=5,
            description="least, quartiles and greatest of the channels' largest magnitudes, those of zero left out",
        ),
    ]


class ActivationRange(Record, frozen=True):
    """The output of a layer. Ranges are lowest and highest value."""

    layer: str
    scale: float
    zero_point: int
    representable: Annotated[tuple[float, float], doc("by its type")]
    reachable: Annotated[tuple[float, float] | None, doc("by proof; null where the C code does not have the layer")]
    observed: Annotated[tuple[float, float], doc("over the images")]
    saturated: Annotated[Share, doc("of its values, those that the range of its type cuts off")]
    clamped: Annotated[Share, doc("of its values, those that its activation cuts off")]


class Activations(Record, frozen=True):
    """The outputs of all layers."""

    images: Annotated[Count, doc("that ranges were observed over")]
    source: Annotated[str, doc("where the images are from")]
    layers: tuple[ActivationRange, ...]


class Proof(Record, frozen=True):
    """Which form a requantization got, proved equal to the model's own."""

    layer: str
    form: Annotated[str, doc("that the layer computes with")]
    in_kernel: Annotated[bool, doc("false: in portable code")]
    portable_form: str
    channels: Count
    accumulators: Annotated[
        Count, doc("values, of all channels together, that it was proved over; of an addition, pairs of stored values")
    ]
    rejected: Annotated[tuple[RejectedForm, ...], doc("what was tried before")]
