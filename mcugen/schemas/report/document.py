"""The whole."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from mcugen.schemas.accuracy import AccuracyOutput
from mcugen.schemas.board_time import WaitCycles
from mcugen.schemas.explanation import AccuracyExplanation
from mcugen.schemas.manifest import ManifestCamera, ManifestPixels
from mcugen.schemas.model import ModelFile
from mcugen.schemas.optimization import DeadChannels, PassRun
from mcugen.schemas.record import (
    Bytes,
    Count,
    Instructions,
    LiveMacs,
    LiveParameters,
    Macs,
    ModelledCycles,
    Names,
    Parameters,
    Record,
    Shape,
    Share,
    doc,
)
from mcugen.schemas.report.exactness import Exactness
from mcugen.schemas.report.memory import Memory
from mcugen.schemas.report.ranges import Activations, Proof, WeightRange
from mcugen.schemas.report.stages import ReportLayer, ReportStage
from mcugen.schemas.validation import CameraComparison


class Floor(Record, frozen=True):
    """What a stage's floor is made of: live_macs / macs_per_instruction + words."""

    instruction: Annotated[str, doc("that multiplies and accumulates")]
    macs_per_instruction: Annotated[Count, doc("that it does")]
    word_bytes: Annotated[Bytes, doc("that one instruction loads or stores")]


class ReportTarget(Record, frozen=True):
    """The core that was compiled for."""

    name: str
    description: str
    floor: Floor


class ReportFlash(Record, frozen=True):
    """Bytes of flash."""

    weight_bytes: Annotated[Bytes, doc("a part of constant_bytes")]
    constant_bytes: Annotated[Bytes, doc("with the weights")]
    code_bytes: Bytes
    code_is_estimated: Annotated[bool, doc("false: as the linked objects have it")]


class Summary(Record, frozen=True):
    """The model as a whole."""

    input_shape: Shape
    classes: Annotated[Count, doc("values of the output")]
    labels: Annotated[Names, doc("names of the classes, none where the file has none")]
    macs: Macs
    live_macs: LiveMacs
    parameters: Parameters
    live_parameters: LiveParameters
    ram_bytes: Annotated[Bytes, doc("sizeof the context, exact")]
    stack_bytes: Annotated[Bytes | None, doc("measured, besides ram_bytes; null without --run qemu")]
    flash_bytes: Bytes
    flash: ReportFlash
    resident_image: Annotated[bool, doc("the context holds the whole image")]
    output_rows: Annotated[bool, doc("rows of the outputs are handed over; the context holds no output as a whole")]
    time_source: Annotated[str | None, doc("of instructions and cycles: predicted, counted; null where there are none")]
    instructions: Instructions
    modelled_cycles: ModelledCycles
    unknown: Annotated[Names, doc("kinds of functions whose part of a prediction is an estimate")]
    floor_instructions: Annotated[Count, doc("of all stages")]


class BoardFit(Record, frozen=True):
    """What the library needs of a board in a program of somebody's own, compiled for the board's own core."""

    name: str
    title: str
    core: str
    target: str
    clock_hz: Count
    flash_bytes: Annotated[Bytes, doc("constants, exact, and code, estimated")]
    ram_bytes: Annotated[Bytes, doc("sizeof the context, exact")]
    stack_bytes: Annotated[Bytes, doc("besides ram_bytes, estimated high")]
    board_flash_bytes: Annotated[Bytes, doc("that one program can have")]
    board_ram_bytes: Annotated[Bytes, doc("that one program can have")]
    fits: Annotated[bool, doc("the library alone, whatever else is in the program")]
    firmware_flash_bytes: Annotated[Bytes, doc("of the whole firmware of `mcugen flash`")]
    firmware_ram_bytes: Annotated[Bytes, doc("of the whole firmware of `mcugen flash`")]
    firmware_fits: Annotated[bool, doc("the board holds that firmware, too")]
    modelled_cycles: ModelledCycles
    milliseconds: Annotated[
        float | None,
        doc("cycles by the clock, or instructions, one a cycle at best, of a core without a cycle model"),
    ]
    milliseconds_with_waits: Annotated[
        float | None, doc("with what its memories add, predicted by a model; null where they are not known")
    ]
    waits: Annotated[WaitCycles | None, doc("what its memories add; null where they are not known")]

    @property
    def expected_milliseconds(self) -> float | None:
        """With waiting where that is known."""
        return self.milliseconds if self.milliseconds_with_waits is None else self.milliseconds_with_waits


class ReportDetection(Record, frozen=True):
    """The objects that a net finds in images with boxes."""

    threshold: Annotated[Share, doc("cells of at least this probability are objects")]
    detector_bytes: Annotated[Bytes, doc("sizeof NAME_detector, which is not in ram_bytes")]
    accuracy: Annotated[AccuracyOutput, doc("as `mcugen accuracy --detect` has it")]


class ReportCamera(ManifestCamera, frozen=True):
    """The camera whose rows the C code takes, and what the page shows of it."""

    pixels: ManifestPixels
    picture: Annotated[str, doc("what the frame on the page shows")]
    compared: Annotated[CameraComparison | None, doc("with the reference; null without --run")]


class ReportOutput(Record, frozen=True):
    """Everything that a report shows."""

    format_version: int
    mcugen_version: str
    name: Annotated[str, doc("of the model")]
    model: ModelFile
    target: ReportTarget
    summary: Summary
    layers: Annotated[tuple[ReportLayer, ...], doc("in the model's own order")]
    stages: tuple[ReportStage, ...]
    memory: Memory
    weights: tuple[WeightRange, ...]
    activations: Activations
    proofs: tuple[Proof, ...]
    dead_channels: tuple[DeadChannels, ...]
    validation: Annotated[Exactness | None, doc("null without --run")]
    boards: Annotated[tuple[BoardFit, ...], doc("all physical ones; none with --no-boards")]
    accuracy: Annotated[AccuracyExplanation | None, doc("null without --data")]
    passes: tuple[PassRun, ...]
    warnings: Annotated[Names, doc("a line for each thing at the input that is probably wrong")]
    detection: Annotated[ReportDetection | UnsetType, doc("with --detect alone")] = UNSET
    camera: Annotated[ReportCamera | UnsetType, doc("with --camera alone")] = UNSET
