"""What was compared with the reference when the C code was run."""

from __future__ import annotations

from typing import Annotated, Literal

from mcugen.schemas.record import Count, Record, doc
from mcugen.schemas.validation import BuildResult, Mismatch, VectorComparison

Verdict = Literal["equal", "differs", "not in the C code", "not compared"]


class LayerVerdict(Record, frozen=True):
    """What became of one layer."""

    layer: str
    result: Annotated[Verdict, doc("not compared: behind the first difference nothing is told")]


class Exactness(Record, frozen=True):
    """The comparison of all layers with the reference."""

    place: Literal["host", "qemu"]
    cases: Annotated[Count, doc("images")]
    bit_exact: bool
    first_mismatch: Annotated[Mismatch | None, doc("null where all is equal")]
    builds: tuple[BuildResult, ...]
    vectors: Annotated[VectorComparison | None, doc("null without outputs given with the model")]
    layers: tuple[LayerVerdict, ...]
