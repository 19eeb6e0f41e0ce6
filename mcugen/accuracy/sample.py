"""The images that float and int8 are compared on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.camera import CameraOptions
from mcugen.data import Dataset, Resize, load_archive, load_splits, resize_pixels, seen_pixels
from mcugen.data.reading import source_of
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Sample:
    """A part of a data set. indices: int64 [N], the place of every image in the whole. total: images of the whole."""

    dataset: Dataset
    indices: np.ndarray
    total: int

    @property
    def name(self) -> str:
        """The data set's."""
        return self.dataset.name

    @property
    def images(self) -> np.ndarray:
        """[N, ...]."""
        return self.dataset.images


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
    set, its own split is kept, so that no image is looked at that it has seen. camera: images reach the net as by this
    camera, without one as by the twin's. Raises McugenError if the data set is absent or damaged, or has labels that
    the model does not.
    """
    dataset = load_dataset(data, graph, data_dir=data_dir, trained_on=trained_on, camera=camera, progress=progress)
    return sample_of(dataset, graph, limit)


def load_dataset(
    data: str,
    graph: Graph,
    *,
    data_dir: Path | None,
    trained_on: Mapping[str, Any] | None,
    camera: CameraOptions | None,
    progress: Progress | None,
) -> Dataset:
    """All test images of `load_sample`, whatever their labels."""
    if Path(data).suffix == ".npz":
        return archive_of(Path(data), graph, camera)
    height, width, channels = graph.input_tensor.shape
    options = source_of(trained_on or {}, data)
    if data_dir is not None:
        options["data_dir"] = data_dir
    if camera is not None:
        options["camera"] = camera
    _, dataset = load_splits(
        **options, height=height, width=width, channels=channels, progress=progress, test_only=True
    )
    return dataset


def archive_of(path: Path, graph: Graph, camera: CameraOptions | None) -> Dataset:
    """The images of an .npz file; with a camera in the model's size, as they reach the net by it, which raises
    McugenError for what are no pixels."""
    dataset = load_archive(path)
    if camera is None:
        return dataset
    shape = dataset.images.shape
    if dataset.images.dtype != np.uint8 or not (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))):
        raise McugenError(
            f"{path}: {dataset.images.dtype} {list(shape)} are no pictures, which --camera is of",
            "pixels are uint8 [N, height, width] or [N, height, width, 1 or 3]",
        )
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
    classes = graph.output_tensor.size
    if dataset.labels.min() < 0 or dataset.labels.max() >= classes:
        raise McugenError(
            f"{dataset.name} has labels {dataset.labels.min()} to {dataset.labels.max()}, the model {classes} classes",
            f"labels are 0 to {classes - 1}; --task embed is of nets whose output is a vector",
        )
    return spread(replace(dataset, classes=dataset.classes or graph.labels), limit)


def spread(dataset: Dataset, limit: int | None) -> Sample:
    """`limit` images of these, spread evenly over all; all of them where it is None."""
    indices = spread_indices(len(dataset.images), limit)
    chosen = replace(
        dataset,
        images=dataset.images[indices],
        labels=dataset.labels[indices],
        files=tuple(dataset.files[index] for index in indices) if dataset.files else (),
    )
    return Sample(chosen, indices, len(dataset.images))


def spread_indices(total: int, limit: int | None) -> np.ndarray:
    """int64, of `limit` of so many images, spread evenly; of all where it is None."""
    count = total if limit is None else min(limit, total)
    return np.arange(count, dtype=np.int64) * total // max(count, 1)
