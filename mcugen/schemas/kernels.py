"""Why a stage is computed as it is, as several commands print it."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.optimization import RejectedForm
from mcugen.schemas.record import Count, Names, Record, Shape, doc

Family = Annotated[str, doc("the kernel family's name")]
Title = Annotated[str, doc("what people call the kernel family")]


class BetterKernel(Record, frozen=True):
    """A kernel of the stage's own family that is preferred to the one that was taken."""

    kernel: Annotated[str, doc("what it computes at a time")]
    reason: Annotated[str, doc("why the stage does not have it")]


class Refusal(Record, frozen=True):
    """A kernel family that the target prefers to the one that was taken."""

    family: Family
    title: Title
    reason: Annotated[str, doc("why it did not take the stage")]


class LayerForm(Record, frozen=True):
    """How the sums or values of a layer become its output."""

    layer: str
    form: Annotated[str, doc("a name of those that the report explains")]
    in_kernel: Annotated[bool, doc("false: in portable code")]
    rejected: Annotated[
        tuple[RejectedForm, ...],
        doc("of portable code and of kernels with its forms; none where kernels have others"),
    ]


class KernelChoice(Record, frozen=True, kw_only=True):
    """The kernel of a stage."""

    family: Family
    title: Title
    name: Annotated[str, doc("which of its family's kernels; of operators that are no convolutions what it does")]
    blocking: Annotated[str, doc('what it computes at a time, "" of operators that are no convolutions')]
    depthwise: Annotated[
        str, doc('the same of what makes its columns where a depthwise convolution does, "" where none does')
    ]
    remark: Annotated[str, doc('what of the stage is portable code all the same, and why; "" if nothing')]
    better: Annotated[tuple[BetterKernel, ...], doc("kernels of its family that are preferred")]
    refused: Annotated[tuple[Refusal, ...], doc("families that the target prefers, most preferred first")]
    forms: Annotated[tuple[LayerForm, ...], doc("of the layers that requantize")]
    rows: Annotated[
        str,
        doc('rows that a reading of its weights serves, and why no more; "" where --rows-per-pass was not asked for'),
    ] = ""


class StageKernel(KernelChoice, frozen=True, kw_only=True):
    """A stage with its kernel."""

    stage: Count
    layers: Names
    output: Shape
