"""NAME.json of a generated directory: what it was made from, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from mcugen.schemas.kernels import KernelChoice
from mcugen.schemas.model import ModelFile
from mcugen.schemas.optimization import DeadChannels, PassRun, RejectedForm, StageGroup
from mcugen.schemas.record import (
    Bytes,
    Count,
    Dimension,
    Instructions,
    LiveMacs,
    LiveParameters,
    Macs,
    ModelledCycles,
    Names,
    Parameters,
    Record,
    Shape,
    doc,
)


class ManifestTarget(Record, frozen=True):
    """The core that code was generated for."""

    name: str
    compiler: Annotated[str, doc('"" for any')]
    compiler_flags: Names


class ModelBorder(Record, frozen=True):
    """An input or output as users of the model's file hold it."""

    shape: tuple[Dimension, ...]
    layout: Annotated[str, doc("NHWC or NCHW")]
    dtype: str
    scale: float
    zero_point: int
    rounding: Annotated[str, doc("of float32 to integer: half_away or half_even")]


class TensorBorder(Record, frozen=True):
    """An input or output as the C code has it."""

    shape: Shape
    dtype: str
    scale: float
    zero_point: int
    model: ModelBorder


class NamedBorder(Record, frozen=True):
    """One of several outputs as the C code has it."""

    name: str
    start: Annotated[Count, doc("where its values begin in those that the C code returns")]
    shape: Shape
    dtype: str
    scale: float
    zero_point: int
    model: ModelBorder


class ManifestPixels(Record, frozen=True):
    """How images were prepared for the net: real = (pixel / 255 - mean) / std, which the C code does with pixels."""

    mean: Annotated[tuple[float, ...], doc("one, or one a channel of the net")]
    std: Annotated[tuple[float, ...], doc("one, or one a channel of the net")]
    order: Annotated[Literal["rgb", "bgr"], doc("of the net's channels; those of pixels are red, green, blue")]
    table: Annotated[bool, doc("whether a table has the input values; false where pixel p is the input value p - 128")]


class ManifestCamera(Record, frozen=True):
    """The camera whose rows the C code takes."""

    format: str
    width: Dimension
    height: Dimension
    row_bytes: Bytes
    crop: Annotated[tuple[int, int, int, int], doc("x, y, width and height of what is used of the frame")]
    resize: str
    rotate: Annotated[int, doc("degrees, clockwise")]
    mirror: bool
    ram_bytes: Annotated[Bytes, doc("of the context")]
    instructions: Annotated[Instructions, doc("of a frame until the image's rows are there, a part of those of costs")]
    modelled_cycles: Annotated[ModelledCycles, doc("likewise")]


class ManifestCosts(Record, frozen=True):
    """What one inference costs; times are predicted."""

    macs: Macs
    live_macs: LiveMacs
    parameters: Parameters
    live_parameters: LiveParameters
    instructions: Instructions
    modelled_cycles: ModelledCycles
    unknown: Annotated[Names, doc("kinds of functions whose part of the prediction is an estimate")]


class ManifestSizes(Record, frozen=True):
    """Bytes in RAM and flash; all but code are exact."""

    ram_bytes: Annotated[Bytes, doc("sizeof the context")]
    arena_bytes: Annotated[Bytes, doc("of the context, where activations lie")]
    flash_bytes: Annotated[Bytes, doc("constants and code")]
    weight_bytes: Annotated[Bytes, doc("a part of constant_bytes")]
    constant_bytes: Annotated[Bytes, doc("with the weights")]
    code_bytes: Annotated[Bytes, doc("estimated")]


class ManifestLayer(Record, frozen=True):
    """What a layer of the model costs; 0 where optimization removed it."""

    name: str
    live_macs: LiveMacs
    live_parameters: LiveParameters
    instructions: Instructions
    modelled_cycles: ModelledCycles


class Columns(Record, frozen=True):
    """The block of columns of a stage."""

    bytes: Bytes
    offset: Annotated[Bytes, doc("in the arena")]


class RequantizationForm(Record, frozen=True):
    """The form of a requantization, proved equal to the model's own."""

    form: str
    proved_accumulators: Annotated[Count, doc("values, of all channels together, that it was proved over")]
    rejected: tuple[RejectedForm, ...]


class ManifestStage(Record, frozen=True, kw_only=True):
    """What runs a row at a time."""

    index: Count
    layers: Names
    sources: Annotated[Names, doc("the layers' places in the model file")]
    inputs: Annotated[Names, doc("tensors")]
    output: Annotated[str, doc("a tensor")]
    kernel: KernelChoice
    column_source: Annotated[str | UnsetType, doc("where columns come from; absent where there are none")] = UNSET
    columns: Annotated[Columns | UnsetType, doc("absent where they take no memory")] = UNSET
    requantization: Annotated[dict[str, RequantizationForm], doc("by layer")]


class ManifestBuffer(Record, frozen=True):
    """Where a tensor lies."""

    tensor: str
    shape: Shape
    dtype: str
    layout: Annotated[str, doc("order of the values of a row")]
    slots: Annotated[Count, doc("rows that there is room for")]
    ring: Annotated[bool, doc("fewer than the tensor has")]
    row_bytes: Bytes
    offset: Annotated[Bytes, doc("in the arena")]


class ManifestPlan(Record, frozen=True):
    """What was decided."""

    groups: tuple[StageGroup, ...]
    stages: tuple[ManifestStage, ...]
    buffers: tuple[ManifestBuffer, ...]
    detect_threshold: Annotated[
        float | UnsetType, doc("probability of a cell that NAME_detect takes for an object's; absent without it")
    ] = UNSET
    output_rows: Annotated[
        Names | UnsetType,
        doc("tensors, one an output, whose rows the program is handed as they are finished; absent for whole outputs"),
    ] = UNSET


class Manifest(Record, frozen=True):
    """What a generated directory was made from, and how. The same input gives the same bytes."""

    generator: str
    format_version: int
    mcugen_version: str
    name: Annotated[str, doc("of the library")]
    model: ModelFile
    target: ManifestTarget
    input: TensorBorder
    pixels: Annotated[
        ManifestPixels | None, doc("null where it is not known, and the C code has no function that takes pixels")
    ]
    camera: Annotated[ManifestCamera | None, doc("null without --camera")]
    outputs: tuple[NamedBorder, ...]
    output: Annotated[TensorBorder, doc("all outputs as one")]
    labels: Annotated[Names, doc("names of the classes, none where the file has none")]
    costs: ManifestCosts
    sizes: ManifestSizes
    passes: tuple[PassRun, ...]
    dead_channels: tuple[DeadChannels, ...]
    layers: Annotated[tuple[ManifestLayer, ...], doc("of the model as it was read")]
    plan: ManifestPlan
    files: Annotated[dict[str, str], doc("SHA-256 of the other files, by path")]
