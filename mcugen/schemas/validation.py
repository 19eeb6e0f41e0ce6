"""What was compared and what differs, as `mcugen validate`, `mcugen flash` and `mcugen report` print it."""

from __future__ import annotations

from typing import Annotated, Literal

from mcugen.schemas.record import Count, Record, Share, doc

BuildKind = Literal["traced", "shipped"]
"""With the hook that tells of every layer, or as it ships."""


class Mismatch(Record, frozen=True):
    """The first value that differs, by layer in the model's order, then by case, y, x, channel."""

    layer: str
    source: Annotated[str, doc("the layer's place in the model file")]
    index: Annotated[tuple[int, int, int, int], doc("case, y, x, channel in the model's own tensor")]
    expected: Annotated[int, doc("the reference's int8 value")]
    got: Annotated[int, doc("the C code's int8 value")]
    build: BuildKind
    compiled_by: Annotated[str, doc('compiler and flags of the program, "" on a board')]


class BuildResult(Record, frozen=True):
    """What one program computed, of the same images as the others."""

    build: BuildKind
    compiled_by: Annotated[str, doc('compiler and flags, "" on a board')]
    bit_exact: Annotated[
        bool, doc("all that it shows equals the reference: layers and outputs if traced, else outputs")
    ]
    outputs_exact: bool


class VectorComparison(Record, frozen=True):
    """The C code's outputs beside those given with the model, in units of the output's last place."""

    exact: Annotated[bool, doc("all are equal")]
    max_lsb: Annotated[Count, doc("the largest distance")]
    argmax_equal: Annotated[bool, doc("every case has the same highest score in each output")]
    argmax_agreement: Annotated[Share, doc("of the cases, those that have")]
    values_equal: Annotated[Share, doc("of the values, those at distance 0")]


class CameraComparison(Record, frozen=True):
    """What NAME_camera_row makes of frames, compared with the reference."""

    exact: Annotated[bool, doc("the net's image, as far as it was seen, and the outputs are the reference's")]
    frames: Count
    first_mismatch: Annotated[
        tuple[Count, Count, Count, Count] | None,
        doc("frame, y, x and channel of the first value of the net's image that differs; null where none does"),
    ]
    instructions: Annotated[Count | None, doc("of a frame and its inference; null where they are not counted")]


class DetectionComparison(Record, frozen=True):
    """NAME_detect in C against the reference."""

    exact: Annotated[bool, doc("the same objects, in the same order, with the same places and scores")]
    maps: Annotated[Count, doc("that the model made of the images, and random ones")]
    objects: Annotated[Count, doc("in all of them")]
    instructions: Annotated[Count | None, doc("of an emulator: the most for one map; null on the host")]
