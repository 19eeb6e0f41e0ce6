"""Options of `mcugen train`, by what they are about: data, net, steps."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

EPOCHS = 30
TEACHER_WEIGHT = 0.9
FIND = "find"
DIMENSION = 64


def parse_rate(text: str | None) -> float | None:
    """A learning rate; None for the usual one, or one that is to be found."""
    try:
        return None if text in (None, FIND) else float(str(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a learning rate such as 0.02, or find") from None


def parse_part(text: str) -> float:
    """A part of a whole, 0 to 1, from "10%" or "0.1"."""
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise typer.BadParameter(f"{text!r} is not a part such as 10% or 0.1")
    return value


def check_split(value: float) -> float:
    """A part that leaves something on both sides: refused even where the data has a split of its own."""
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value:g} is not a part such as 0.2, greater than 0 and less than 1")
    return value


class OptimizerChoice(str, Enum):
    """Optimizers of `mcugen.training.recipe`."""

    RMSPROP = "rmsprop"
    SGD = "sgd"


class Task(str, Enum):
    """What a net is to tell."""

    CLASSIFY = "classify"
    DETECT = "detect"
    EMBED = "embed"
    REGRESS = "regress"


class ResizeChoice(str, Enum):
    """Ways of `mcugen.data.Resize`."""

    RESIZE = "resize"
    CROP = "crop"
    PAD = "pad"


Data = Annotated[
    str,
    typer.Option(
        metavar="NAME|DIR|CSV",
        help="fashion-mnist, a folder of MNIST's IDX files, an image folder CLASS/*.png|jpg, or a CSV of file,label."
        " With --task detect images with boxes, with regress a CSV of file and numbers.",
    ),
]
DataDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where the files of fashion-mnist are, if not where Debian has them.")
]
ResizeOption = Annotated[
    ResizeChoice | None,
    typer.Option(help="How images get the net's size; by default pad for IDX files, resize for image folders."),
]
Split = Annotated[
    float,
    typer.Option(
        metavar="PART",
        callback=check_split,
        help="Part of every class that is for testing, where the folder has no test.",
    ),
]
PerClass = Annotated[int | None, typer.Option(min=1, metavar="N", help="Train on N images of every class only.")]
Balance = Annotated[bool, typer.Option("--balance", help="Show every class equally often.")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Train on N images only.")]

TaskOption = Annotated[
    Task,
    typer.Option(
        "--task",
        help="The class of an image; objects in it, by a net that ends in _fomo; a vector that is alike for images of a"
        " class; or numbers.",
    ),
]
Dimension = Annotated[
    int | None, typer.Option(min=2, metavar="N", help=f"Numbers of a vector of --task embed. Default: {DIMENSION}.")
]
ObjectWeight = Annotated[
    float | None,
    typer.Option(min=1, max=1e6, metavar="X", help="Of cells with an object, the background's being 1. Default: 100."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the run is kept.")]
Channels = Annotated[
    int | None, typer.Option(metavar="1|3", help="Gray or RGB; by default gray for IDX files, RGB for images.")
]
Init = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Begin with the weights of a trained net: .tflite, .pt, .pth, .safetensors, .h5, .keras. The head is new.",
    ),
]
Freeze = Annotated[
    int,
    typer.Option(min=0, metavar="EPOCHS", help="Train the head alone at first, then all at a tenth of --lr."),
]
Teacher = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Learn the logits of a larger net besides the labels: a checkpoint, or .onnx."),
]
TeacherWeight = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        metavar="PART",
        help=f"Part of the loss that is the teacher's. Default: {TEACHER_WEIGHT}.",
    ),
]

Epochs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help=f"Default: {EPOCHS}, or those of the run that --resume goes on with."),
]
Batch = Annotated[int, typer.Option(min=1, metavar="N", help="Images a step and process.")]
LearningRate = Annotated[
    str | None,
    typer.Option(
        metavar="X|find",
        help="Highest learning rate, by default 0.02 for rmsprop, 0.1 for sgd; find: suggest one, and do not train.",
    ),
]
WeightDecay = Annotated[float, typer.Option(metavar="X", help="Of full, pointwise and dense weights.")]
DepthwiseWeightDecay = Annotated[float, typer.Option(metavar="X", help="Of depthwise weights.")]
Warmup = Annotated[float, typer.Option(metavar="EPOCHS", help="Epochs in which the learning rate rises.")]
Shift = Annotated[
    int | None, typer.Option(min=0, metavar="PIXELS", help="Images move by up to so much; by default a 16th.")
]
Flip = Annotated[bool, typer.Option("--flip/--no-flip", help="Mirror half of the images; not for digits.")]
Augment = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="How images are changed, between commas: shift, flip, crop, colour, blur, noise, cutout, camera-noise, or"
        " none. Default: shift,flip.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="N")]
Validation = Annotated[
    float,
    typer.Option(
        metavar="PART",
        parser=parse_part,
        help="Hold back so much of the images to train on, such as 10%, and keep the epoch that is best on them.",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(min=1, metavar="EPOCHS", help="End after so many epochs without a better one on --validation."),
]
TestEvery = Annotated[
    int, typer.Option(min=1, metavar="EPOCHS", help="Test after every so many epochs, and after the last.")
]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", help="Of the processor.")]
Workers = Annotated[
    int, typer.Option(min=0, max=256, metavar="N", help="Processes that change images; the run is the same without.")
]
Device = Annotated[str, typer.Option(metavar="NAME", help="cpu, cuda, cuda:N, or auto: a GPU where there is one.")]
Amp = Annotated[bool, typer.Option("--amp", help="Compute layers in bfloat16 while training: mixed precision.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in DIR, if there is one; with more --epochs, longer.")
]
