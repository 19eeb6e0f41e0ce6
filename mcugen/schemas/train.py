"""What `mcugen train` prints."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.nets import NetOptions
from mcugen.schemas.record import Count, Macs, Names, Parameters, Record, Share, doc


class TrainingRecipe(Record, frozen=True):
    """How a net is trained."""

    epochs: Count
    batch: Annotated[Count, doc("images a step and process")]
    optimizer: str
    lr: Annotated[float | None, doc("highest learning rate; null for the optimizer's usual one")]
    momentum: float
    weight_decay: float
    depthwise_weight_decay: float
    warmup: Annotated[float, doc("epochs until the learning rate is highest")]
    shift: Annotated[int | None, doc("pixels that an image moves by at most; null for a sixteenth of its shorter side")]
    flip: Annotated[bool, doc("half of the images are mirrored left to right")]
    augment: Annotated[Names, doc("how images were changed at random")]
    seed: Count
    limit: Annotated[Count | None, doc("images to train on; null for all")]
    init: Annotated[str | None, doc("file with the weights that the net began with; null for none")] = None
    freeze: Annotated[Count, doc("epochs, the first ones, in which the head alone was trained")] = 0
    balance: Annotated[bool, doc("every class was shown equally often")] = False
    teacher: Annotated[str | None, doc("file of the net whose logits it learned besides the labels; null for none")] = (
        None
    )
    teacher_weight: Annotated[Share, doc("part of the loss that is the teacher's, where there is one")] = 0.9
    validation: Annotated[Share, doc("part of the images to train on, of every class, that was held back")] = 0.0
    object_weight: Annotated[float | None, doc("of cells with an object; null for the usual one")] = None
    amp: Annotated[bool, doc("layers were computed in bfloat16 while training")] = False
    patience: Annotated[Count | None, doc("epochs without a better one that end it; null for none")] = None


class ClassImages(Record, frozen=True):
    """The images of one class that could be read."""

    label: Annotated[str, doc("its name, or its number where the data set has no names")]
    images: Annotated[Count, doc("to train on, before `limit`")]
    test_images: Count


class Beginning(Record, frozen=True):
    """What a net took from the file that it began with."""

    file: Annotated[str, doc("its name")]
    layers: Annotated[Count, doc("that have weights of the file")]
    fresh: Annotated[Names, doc("layers that began anew, the head among them")]
    unused: Annotated[Names, doc("layers of the file that have no place in the net")]


class TrainedNet(Record, frozen=True, kw_only=True):
    """What a training of any task leaves."""

    checkpoint: Annotated[str, doc("path of the file")]
    net: str
    options: NetOptions
    recipe: TrainingRecipe
    images: Annotated[Count, doc("that could be read to train on, before `limit`")]
    test_images: Count
    skipped: Annotated[Names, doc("files that could not be read")]
    doubts: Annotated[Names, doc("what makes what was measured worth less than it seems, one line each")]
    parameters: Parameters
    macs: Macs
    epochs: Annotated[Count, doc("that are done")]
    kept_epoch: Annotated[Count, doc("whose weights are kept: the best on images held back, else the last")]
    validation_images: Annotated[Count, doc("held back from training; of `images`")]
    page: Annotated[str, doc("path of the HTML file")]
    beginning: Annotated[Beginning | None, doc("null for a net that began with random weights, or is resumed")] = None
    camera: Annotated[str, doc('by which it saw images, as options that other commands take; "" for none')] = ""


class TrainOutput(TrainedNet, frozen=True, kw_only=True):
    """A net that was trained."""

    labels: Annotated[Names, doc("names of the classes, none where the data set has none")]
    classes: tuple[ClassImages, ...]
    validation_top1: Annotated[Share | None, doc("on images held back, at the kept epoch; null where there are none")]
    top1: Annotated[Share, doc("on the test images")]
    test_loss: float
    confusion: Annotated[tuple[tuple[Count, ...], ...], doc("test images, by their class, then by the net's answer")]


class DetectorOutput(TrainedNet, frozen=True, kw_only=True):
    """A net that was trained to find objects."""

    labels: Annotated[Names, doc("the background, then the classes of objects")]
    objects: Annotated[Count, doc("boxes in the images to train on")]
    test_objects: Annotated[Count, doc("boxes in the test images")]
    validation_f1: Annotated[Share | None, doc("on images held back, at the kept epoch; null where there are none")]
    precision: Annotated[Share, doc("of what is found in the test images, the part that is there")]
    recall: Annotated[Share, doc("of the objects in the test images, the part that is found")]
    f1: Annotated[Share, doc("the harmonic mean of both")]


class VectorOutput(TrainedNet, frozen=True, kw_only=True):
    """A net that was trained to tell vectors or numbers of images."""

    task: Annotated[str, doc("embed or regress")]
    values: Annotated[Names, doc("names of the numbers that it tells; none of embed")]
    test_loss: float
    recall_at_1: Annotated[
        Share | None, doc("test images whose nearest other one by angle is of their class; null of regress")
    ]
    mean_absolute_error: Annotated[
        float | None, doc("over all values of the test images, in their units; null of embed")
    ]


class RateOutput(Record, frozen=True):
    """A search for a learning rate."""

    suggestion: Annotated[float, doc("highest rate for a run: a tenth of that at which the smoothed loss is least")]
    rates: Annotated[tuple[float, ...], doc("of each step")]
    losses: tuple[float, ...]
    smoothed: Annotated[tuple[float, ...], doc("exponential mean of the losses so far")]
    picture: Annotated[str | None, doc("path of the SVG file; null without matplotlib")]
