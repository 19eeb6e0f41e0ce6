"""The images that float and int8 are compared on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.camera import CameraOptions
from mcugen.data import Dataset, Resize, load_archive, load_splits, resize_pixels, seen_pixels
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Sample:
    """A part of a data set. indices: int64 [N], the place of every image in the whole. total: images of the whole."""

    dataset: Dataset
    indices: np.ndarray
    total: int


def load_sample(
    data: str,
    graph: Graph,
    *,
    limit: int | None,
    data_dir: Path | None = None,
    trained_on: Mapping[str, Any] | None = None,
    camera: CameraOptions | None = None,
    progress: Progress | None = None,
) -> Sample:
    """`limit` test images in the model's size, spread evenly over all, so that sorted classes are all there; all of
    them where it is None.

    data: an .npz file with `images` and `labels`, or what `load_splits` takes; of an image folder without a split it is
    the fifth that `mcugen train` tests on by default. trained_on: of the float twin; if it was trained on this data
    set, its own split is kept, so that no image is looked at that it has seen. camera: images reach the net as
    by this camera. Raises McugenError if the data set is absent or damaged, or has labels that the model does not.
    """
    if Path(data).suffix == ".npz":
        dataset = archive_of(Path(data), graph, camera)
    else:
        height, width, channels = graph.input_tensor.shape
        options: dict[str, Any] = dict(trained_on) if trained_on and trained_on.get("data") == data else {"data": data}
        if data_dir is not None:
            options["data_dir"] = data_dir
        if camera is not None:
            options["camera"] = camera
        _, dataset = load_splits(
            **options, height=height, width=width, channels=channels, progress=progress, test_only=True
        )
    return sample_of(dataset, graph, limit)


def archive_of(path: Path, graph: Graph, camera: CameraOptions | None) -> Dataset:
    """The images of an .npz file; with a camera in the model's size, as they reach the net by it."""
    dataset = load_archive(path)
    if camera is None:
        return dataset
    images = resize_pixels(dataset.images, *graph.input_tensor.shape, Resize.PAD)
    return replace(dataset, images=seen_pixels(images, camera))


def sample_of(dataset: Dataset, graph: Graph, limit: int | None) -> Sample:
    """`limit` images of these, as `load_sample` takes them; raises McugenError for labels that the model has not,
    and for a model that does not answer with one class."""
    height, width, _ = graph.output_tensor.shape
    if height * width > 1:
        raise McugenError(
            f"the output is a map of {height}x{width} positions, not a class of the image",
            "top-1 accuracy is of classifiers; --detect P measures nets that find objects",
        )
    total = len(dataset.images)
    count = total if limit is None else min(limit, total)
    indices = np.arange(count, dtype=np.int64) * total // count
    chosen = replace(
        dataset,
        images=dataset.images[indices],
        labels=dataset.labels[indices],
        classes=dataset.classes or graph.labels,
        files=tuple(dataset.files[index] for index in indices) if dataset.files else (),
    )
    classes = graph.output_tensor.size
    if dataset.labels.min() < 0 or dataset.labels.max() >= classes:
        raise McugenError(
            f"{dataset.name} has labels {dataset.labels.min()} to {dataset.labels.max()}, the model {classes} classes",
            f"labels are 0 to {classes - 1}",
        )
    return Sample(chosen, indices, total)
