"""From a checkpoint of a net that finds objects to an int8 program that ends in probabilities, and what it lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mcugen import reference
from mcugen.data.boxes import BoxDataset, load_boxes
from mcugen.data.resize import Resize
from mcugen.detection import make_detector
from mcugen.detection.matching import Counts
from mcugen.diagnostics import McugenError
from mcugen.frontend.torch import from_program
from mcugen.ir import Graph
from mcugen.output import write_together
from mcugen.quantization.files import program_bytes
from mcugen.quantization.flow import post_training
from mcugen.quantization.onnx_export import to_onnx
from mcugen.schemas.quantize import LayerNoise, ObjectF1, QuantizeOutput
from mcugen.training.augment import to_input
from mcugen.training.detect import THRESHOLD, count_objects, net_detector, probabilities
from mcugen.training.stored import Checkpoint

Progress = Callable[[str, int, int], None]
_MEASURED_IMAGES = 32
_BATCH = 64


class Probabilities(torch.nn.Module):
    """A net of logits at every position, and behind it their softmax: float [N, C, H, W] to [N, classes, h, w]."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Of pixel / 255."""
        return torch.softmax(self.net(image), 1)


def detection_images(trained: Checkpoint, data: str | None, progress: Progress) -> tuple[BoxDataset, BoxDataset]:
    """The images that the checkpoint was trained and tested on, or those of another folder or file.

    Raises McugenError where it does not say, they cannot be read, or their classes are others.
    """
    options: dict[str, Any] = dict(trained.data) if data in (None, trained.data.get("data")) else {"data": data}
    if "data" not in options:
        raise McugenError("the checkpoint does not say what it was trained on", "name a data set with --data")
    height, width, channels = trained.input_shape
    train, test = load_boxes(
        Path(options["data"]),
        height=height,
        width=width,
        channels=channels,
        resize=Resize(options.get("fit") or Resize.RESIZE),
        split=options.get("split", 0.2),
        seed=options.get("seed", 0),
        progress=progress,
    )
    if trained.labels[1:] != train.classes:
        found, known = (", ".join(names) for names in (train.classes, trained.labels[1:]))
        raise McugenError(f"{train.name} has objects of {found}; the net knows {known}")
    return train, test


def count_int8(graph: Graph, data: BoxDataset, threshold: float = THRESHOLD) -> list[Counts]:
    """Counts by class of what the C code finds in images of the graph's size."""
    detector = make_detector(graph, threshold)
    maps = []
    for start in range(0, len(data.images), _BATCH):
        stored = (data.images[start : start + _BATCH].astype(np.int16) - 128).astype(np.int8)
        maps.append(reference.run(graph, stored))
    return count_objects(np.concatenate(maps), data.boxes, len(data.classes), detector)


def quantize_detector(
    trained: Checkpoint,
    name: str,
    output: Path,
    *,
    data: str | None,
    onnx: Path | None,
    ranges: str,
    equalize: bool,
    calibration: int,
    limit: int | None,
    seed: int,
    progress: Progress,
) -> QuantizeOutput:
    """As `quantize_checkpoint`, after training alone, with F1 by object in the place of top-1. name: of the file."""
    train, test = detection_images(trained, data, progress)
    if limit is not None:
        test = BoxDataset(
            test.name, test.images[:limit], test.boxes[:limit], test.classes, test.skipped, test.files[:limit]
        )
    torch.manual_seed(seed)
    chosen = train.images[np.random.default_rng(seed).permutation(len(train.images))[:calibration]]
    inputs = to_input(torch.from_numpy(chosen)).contiguous()
    result = post_training(
        Probabilities(trained.module()),
        inputs[:1],
        inputs.split(_BATCH),
        ranges=ranges,
        equalize=equalize,
        measured=inputs[:_MEASURED_IMAGES],
        progress=lambda what, done, _: progress(what, done, len(chosen)),
    )
    graph = from_program(result.program, output.stem)
    progress("finding objects", 0, 0)
    maps = probabilities(trained.module(), test.images)
    of_float = count_objects(maps, test.boxes, len(test.classes), net_detector(trained.architecture), THRESHOLD)
    of_int8 = count_int8(graph, test)
    content = {output: program_bytes(result.program, trained.labels)}
    if onnx is not None:
        content[onnx] = to_onnx(result.program, output.stem, trained.labels)
    write_together(content)
    every = [("", sum(of_float, Counts()), sum(of_int8, Counts()))]
    every += list(zip(test.classes, of_float, of_int8, strict=True))
    return QuantizeOutput(
        checkpoint=name,
        output=str(output),
        data=test.name,
        method="post-training",
        test_images=len(test.images),
        float_top1=None,
        int8_top1=None,
        skipped=(*train.skipped, *test.skipped),
        layers=tuple(
            LayerNoise(noise.layer, noise.operator, noise.snr if math.isfinite(noise.snr) else None)
            for noise in result.layers
        ),
        objects=tuple(
            ObjectF1(label, one.found + one.missed, one.f1, other.f1, other.precision, other.recall)
            for label, one, other in every
        ),
    )
