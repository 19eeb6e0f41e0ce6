"""What `mcugen validate` prints: on the host and in an emulator, or, with a board, over a serial port."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from mcugen.schemas.board_time import BoardMilliseconds, WaitCycles
from mcugen.schemas.record import (
    Bytes,
    Count,
    Instructions,
    LiveMacs,
    Macs,
    ModelledCycles,
    Names,
    Record,
    Shape,
    Share,
    doc,
)
from mcugen.schemas.validation import BuildResult, CameraComparison, DetectionComparison, Mismatch

Suspect = Annotated[bool, doc("builds of one source differ, which a sound compiler and a sound source exclude")]
Advice = Annotated[Names, doc("commands that show the difference")]
NotTried = Annotated[str | None, doc("what the builds say nothing of; null where there is none")]
BitExact = Annotated[bool, doc("the C code equals the reference in every value that was compared, in every build")]
FirstMismatch = Annotated[Mismatch | None, doc("null where all is equal")]
MaxLsb = Annotated[Count | None, doc("the largest distance from the vectors' outputs; null without outputs")]
Passed = Annotated[bool, doc("what the exit code says")]


class CountedStage(Record, frozen=True):
    """A stage with what the emulator counted in it."""

    stage: Count
    layers: Names
    output: Shape
    macs: Macs
    live_macs: LiveMacs
    instructions: Annotated[Count, doc("executed for one image")]
    modelled_cycles: ModelledCycles
    waits: Annotated[WaitCycles | None, doc("what a board's memories add; null without --board")] = None


class LinkedFlash(Record, frozen=True):
    """Bytes of flash in the linked objects."""

    weight_bytes: Annotated[Bytes, doc("a part of constant_bytes")]
    constant_bytes: Annotated[Bytes, doc("with the weights")]
    code_bytes: Bytes


class ValidateOutput(Record, frozen=True, kw_only=True):
    """Compared on the host or in an emulator. Of the figures of an emulator all or none are there."""

    model: Annotated[str, doc("the file's name")]
    target: str
    bit_exact: BitExact
    cases: Annotated[Count, doc("images")]
    layers_compared: Count
    layers_skipped: Annotated[Count, doc("layers that the C code does not have")]
    skipped: Annotated[Names, doc("their names")]
    first_mismatch: FirstMismatch
    vectors_match: Annotated[
        bool | UnsetType | None, doc("only of .tflite: the vectors' outputs are equal; null without outputs")
    ] = UNSET
    vectors_max_lsb: Annotated[MaxLsb | UnsetType, doc("absent of .tflite")] = UNSET
    vectors_argmax_equal: Annotated[
        bool | UnsetType | None, doc("absent of .tflite: every case has the vectors' class; null without outputs")
    ] = UNSET
    vectors_argmax_agreement: Annotated[
        Share | UnsetType | None, doc("absent of .tflite: of the cases, those that have; null without outputs")
    ] = UNSET
    vectors_values_equal: Annotated[
        Share | UnsetType | None, doc("absent of .tflite: of the values, those that are equal; null without outputs")
    ] = UNSET
    ram_bytes: Annotated[Bytes, doc("sizeof the context, as the compiler says")]
    ram_as_planned: Annotated[bool, doc("this is what mcugen analyze says")]
    flash_bytes: Bytes
    flash_measured_by: Annotated[str | None, doc("null where code is estimated")]
    passed: Passed
    builds: tuple[BuildResult, ...]
    compiler_suspect: Suspect
    advice: Advice
    not_tried: NotTried
    instructions: Annotated[Count | UnsetType, doc("of an emulator: executed for one image")] = UNSET
    modelled_cycles: Annotated[ModelledCycles | UnsetType, doc("of an emulator")] = UNSET
    instructions_outside_stages: Annotated[Count | UnsetType, doc("of an emulator")] = UNSET
    stages: Annotated[tuple[CountedStage, ...] | UnsetType, doc("of an emulator")] = UNSET
    board_time: Annotated[BoardMilliseconds | UnsetType, doc("of an emulator, with --board alone")] = UNSET
    stack_bytes: Annotated[Bytes | UnsetType, doc("of an emulator: measured, besides ram_bytes")] = UNSET
    stack_bound_bytes: Annotated[
        Bytes | UnsetType | None, doc("of an emulator: by the machine code; null where that does not tell")
    ] = UNSET
    flash: Annotated[LinkedFlash | UnsetType, doc("of an emulator")] = UNSET
    detection: Annotated[DetectionComparison | UnsetType, doc("with --detect alone")] = UNSET
    camera: Annotated[CameraComparison | UnsetType, doc("with --camera alone")] = UNSET


class BoardValidationOutput(Record, frozen=True):
    """Compared on a board. Costs are of the costliest image, null where the board cannot tell."""

    model: Annotated[str, doc("the file's name")]
    target: str
    board: str
    bit_exact: BitExact
    cases: Annotated[Count, doc("images")]
    layers_compared: Count
    every_layer: Annotated[bool, doc("false: outputs alone, as the traced build has no room on the board")]
    self_tests: Annotated[Count, doc("images in the firmware, and frames of its camera")]
    self_tests_passed: Count
    first_mismatch: FirstMismatch
    builds: tuple[BuildResult, ...]
    compiler_suspect: Suspect
    advice: Advice
    not_tried: NotTried
    vectors_max_lsb: MaxLsb
    ram_bytes: Annotated[Bytes, doc("sizeof the context, as the board says")]
    frames_repeated: Annotated[Count, doc("that the line lost")]
    cycles: Annotated[Count | None, doc("by the core's counter")]
    instructions: Annotated[Instructions, doc("in an emulator that counts them")]
    milliseconds: float | None
    stack_bytes: Bytes | None
    passed: Passed
    self_test_frames: Annotated[Count, doc("of self_tests, frames of the camera")] = 0
    ram_as_planned: Annotated[bool, doc("ram_bytes is what mcugen analyze says")] = True
