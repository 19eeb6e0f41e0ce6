"""The objects that the C code finds in images with boxes, by mcugen's reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.accuracy.input_quality import InputQuality, InputSums
from mcugen.camera import CameraOptions
from mcugen.data import Normalization
from mcugen.data.boxes import BoxDataset, load_boxes
from mcugen.data.reading import reading_options
from mcugen.detection import Detection, Detector, detect, make_detector
from mcugen.detection.matching import Counts, count_matches, total
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

Progress = Callable[[str, int, int], None]
_BATCH = 64


@dataclass(frozen=True, eq=False)
class ObjectsFound:
    """data: the images. found: of each image, the highest score first. counts: by class of objects. quality: what the
    images become at the input."""

    data: BoxDataset
    detector: Detector
    found: tuple[tuple[Detection, ...], ...]
    counts: tuple[Counts, ...]
    quality: InputQuality


def load_box_sample(
    data: Path, graph: Graph, limit: int | None, progress: Progress, camera: CameraOptions | None = None
) -> tuple[BoxDataset, int]:
    """(`limit` test images with boxes in the model's size, spread evenly, how many there are). Without a split it is
    the fifth that `mcugen train --task detect` tests on by default. camera: images reach the net as by this camera.

    Raises McugenError where there is nothing to read, or other classes than the model has.
    """
    how = reading_options({"camera": camera}, graph.input_tensor.shape)
    _, test = load_boxes(data, **how, progress=progress)
    channels = graph.output_tensor.channels
    first = 1 if channels > 1 else 0
    if len(test.classes) != channels - first or (graph.labels and graph.labels[first:] != test.classes):
        of_model = ", ".join(graph.labels[first:]) if graph.labels else f"{channels - first} without names"
        raise McugenError(f"{test.name} has objects of {', '.join(test.classes)}; the model's classes are {of_model}")
    count = len(test.images)
    chosen = np.arange(count) if limit is None else np.arange(min(limit, count)) * count // min(limit, count)
    part = replace(
        test,
        images=test.images[chosen],
        boxes=tuple(test.boxes[index] for index in chosen),
        files=tuple(test.files[index] for index in chosen) if test.files else (),
    )
    return part, count


def find_objects(
    graph: Graph,
    data: BoxDataset,
    threshold: float,
    normalization: Normalization | None,
    progress: Progress,
) -> ObjectsFound:
    """Objects in the images of `data` against its boxes.

    threshold: see `make_detector`, which raises McugenError.
    """
    detector = make_detector(graph, threshold)
    inputs, found, parts = InputSums(graph, normalization, None), [], []
    for start in range(0, len(data.images), _BATCH):
        progress("finding objects", start, len(data.images))
        batch, _ = inputs.add(data.images[start : start + _BATCH])
        for values, boxes in zip(reference.run(graph, batch), data.boxes[start : start + _BATCH], strict=True):
            objects = detect(values, detector)
            found.append(tuple(objects))
            parts.append(count_matches(objects, boxes, detector.first_class, len(data.classes)))
    counts = tuple(total(parts, len(data.classes)))
    return ObjectsFound(data, detector, tuple(found), counts, inputs.quality(data.images))
