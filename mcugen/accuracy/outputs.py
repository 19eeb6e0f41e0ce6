"""Outputs that are no class: a vector, or numbers; what nets make of images, and what is measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.accuracy.compare import Comparison, compare
from mcugen.accuracy.sample import load_dataset, spread, spread_indices
from mcugen.accuracy.twin import FloatTwin
from mcugen.camera import CameraOptions
from mcugen.data import Dataset, Normalization
from mcugen.data.reading import reading_options, source_of
from mcugen.data.values import load_values
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph
from mcugen.likeness import likeness, mean_cosine
from mcugen.schemas.explanation import ValueAccuracy, ValueMeasures, VectorAccuracy, VectorMeasures

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class TargetSample:
    """Images, and what a net is to make of them.

    name: the data set's. images: uint8 [N, H, W, C], or a model's own input. targets: int64 [N], classes, of
    vectors; float32 [N, V] of numbers, whose names are `names`. total: test images of the whole data set. skipped:
    files that could not be read. files: paths of the images in the data set, where they are files.
    """

    name: str
    images: np.ndarray
    targets: np.ndarray
    names: tuple[str, ...]
    total: int
    skipped: tuple[str, ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MeasuredOutputs:
    """Of a sample. by_int8, by_float: real numbers float32 [N, D]; the latter None without a twin. step: of the
    former."""

    sample: TargetSample
    compared: Comparison
    by_int8: np.ndarray
    by_float: np.ndarray | None
    step: float


def net_task(graph: Graph, wanted: str | None) -> str:
    """What the net tells, by its file or by `wanted`; "classify" where neither says it. Raises McugenError where they
    contradict each other."""
    if wanted is not None and graph.task and wanted != graph.task:
        raise McugenError(
            f"--task {wanted}, but {graph.name} says that it was trained for {graph.task}", "leave --task out"
        )
    return wanted or graph.task or "classify"


def load_targets(
    data: str,
    graph: Graph,
    task: str,
    *,
    limit: int | None,
    data_dir: Path | None = None,
    trained_on: Mapping[str, Any] | None = None,
    camera: CameraOptions | None = None,
    progress: Progress | None = None,
) -> TargetSample:
    """`limit` test images with their classes or numbers, as `load_sample` has them. task: "embed" or "regress".

    Raises McugenError if the data set is absent or damaged, or has other numbers than the model tells.
    """
    if task == "embed":
        dataset = load_dataset(data, graph, data_dir=data_dir, trained_on=trained_on, camera=camera, progress=progress)
        return class_targets(dataset, limit)
    if data_dir is not None:
        raise McugenError("--data-dir is not of --task regress", "name the table of images and numbers by --data")
    source = source_of(trained_on or {}, data)
    if camera is not None:
        source["camera"] = camera
    _, test = load_values(Path(data), **reading_options(source, graph.input_tensor.shape), progress=progress)
    require_values(graph.labels, graph.output_tensor.size, test.names, test.name)
    indices = spread_indices(len(test.images), limit)
    files = tuple(test.files[index] for index in indices) if test.files else ()
    return TargetSample(
        test.name, test.images[indices], test.values[indices], test.names, len(test.images), test.skipped, files
    )


def class_targets(dataset: Dataset, limit: int | None) -> TargetSample:
    """`limit` images of a data set, spread evenly, with their classes, which vectors are to tell apart."""
    chosen = spread(dataset, limit)
    part = chosen.dataset
    return TargetSample(part.name, part.images, part.labels, (), chosen.total, part.skipped, part.files)


def require_values(known: tuple[str, ...], count: int, found: tuple[str, ...], where: str) -> None:
    """Raises McugenError where a table's numbers are not those that a net tells. known: their names, empty where its
    file does not say. where: the table."""
    if len(found) != count or (known and known != found):
        of_net = ", ".join(known) if known else f"{count} without names"
        raise McugenError(f"{where} has values of {', '.join(found)}; the net tells {of_net}")


def find_outputs(
    graph: Graph,
    sample: TargetSample,
    twin: FloatTwin | None = None,
    normalization: Normalization | None = None,
    progress: Progress | None = None,
) -> MeasuredOutputs:
    """Of the int8 graph and its twin; raises McugenError as `compare` does, and for outputs that are a map."""
    height, width, _ = graph.output_tensor.shape
    if height * width > 1:
        raise McugenError(
            f"the output is a map of {height}x{width} positions, not a vector of the image", "--detect P is of maps"
        )
    found = compare(graph, sample.images, twin, normalization, progress)
    tensor = graph.output_tensor
    centered = found.stored.astype(np.float32) - np.float32(tensor.zero_point)
    return MeasuredOutputs(sample, found, centered * np.float32(tensor.scale), found.scores, float(tensor.scale))


def vector_accuracy(outputs: MeasuredOutputs) -> VectorAccuracy:
    """Of a sample of classes."""
    classes, floats = outputs.sample.targets, outputs.by_float
    return VectorAccuracy(
        outputs.by_int8.shape[1],
        vector_measures(outputs.by_int8, classes),
        None if floats is None else vector_measures(floats, classes),
        None if floats is None else mean_cosine(outputs.by_int8, floats),
    )


def vector_measures(vectors: np.ndarray, classes: np.ndarray) -> VectorMeasures:
    """Of vectors float [N, D] of images of these classes, int [N]."""
    found = likeness(vectors, classes)
    return VectorMeasures(found.recall_at_1, found.roc_area, found.error, found.threshold)


def value_accuracies(outputs: MeasuredOutputs) -> tuple[ValueAccuracy, ...]:
    """Of each number of a sample of these."""
    int8 = value_measures(outputs.by_int8, outputs.sample.targets)
    floats: Sequence[ValueMeasures | None] = [None] * len(int8)
    if outputs.by_float is not None:
        floats = value_measures(outputs.by_float, outputs.sample.targets)
    return tuple(
        ValueAccuracy(name, outputs.step, ours, theirs)
        for name, ours, theirs in zip(outputs.sample.names, int8, floats, strict=True)
    )


def value_measures(values: np.ndarray, wanted: np.ndarray) -> list[ValueMeasures]:
    """Of each column of numbers float [N, V] that were to be `wanted`."""
    exact = wanted.astype(np.float64)
    difference = values.astype(np.float64) - exact
    around = np.square(exact - exact.mean(axis=0)).sum(axis=0)
    changes = exact.max(axis=0) > exact.min(axis=0)
    missed = np.square(difference).sum(axis=0) / np.where(changes, around, 1.0)
    return [
        ValueMeasures(float(error), float(1 - rest) if varied else None)
        for error, rest, varied in zip(np.abs(difference).mean(axis=0), missed, changes, strict=True)
    ]
