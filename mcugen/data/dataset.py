"""A data set in memory, and reading one from an .npz file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mcugen.arrays import read_arrays
from mcugen.diagnostics import McugenError


@dataclass(frozen=True, eq=False)
class Dataset:
    """name: for people. images: [N, ...], uint8 pixels or a model's own input. labels: int64 [N], the right classes.

    classes: their names by number, empty where not known. skipped: files that could not be read, each with the reason.
    files: paths of the images' files in the data set, empty where images have none of their own.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def first(self, count: int | None) -> Dataset:
        """The first `count` images, all of them where it is None."""
        return replace(self, images=self.images[:count], labels=self.labels[:count], files=self.files[:count])

    def some_of_each_class(self, count: int | None, seed: int) -> Dataset:
        """`count` images of every class in their order, all of a class that has fewer, drawn by `seed`; all images
        where count is None."""
        if count is None:
            return self
        chosen = drawn_from_each_class(self.labels, count, seed)
        files = tuple(self.files[index] for index in chosen) if self.files else ()
        return replace(self, images=self.images[chosen], labels=self.labels[chosen], files=files)


def drawn_from_each_class(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Indices int64 of `count` labels of every class, or of as many as there are, drawn by `seed`; in order."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    chosen = [order[labels[order] == number][:count] for number in np.unique(labels)]
    return np.sort(np.concatenate([*chosen, np.zeros(0, np.int64)]))


def load_archive(path: Path) -> Dataset:
    """A data set from an .npz file with `images` (or `inputs`) and `labels`.

    Raises McugenError naming the file if it is absent or damaged, an array is missing, or their lengths differ.
    """
    arrays = read_arrays(path)
    images = arrays.get("images", arrays.get("inputs"))
    labels = arrays.get("labels")
    if images is None or labels is None:
        found = ", ".join(sorted(arrays)) or "nothing"
        raise McugenError(f"{path}: needs 'images' (or 'inputs') and 'labels', but holds {found}")
    if images.ndim < 2 or labels.ndim != 1 or len(images) != len(labels) or len(images) == 0:
        raise McugenError(f"{path}: images {list(images.shape)} and labels {list(labels.shape)} do not fit together")
    if labels.dtype.kind not in "iu":
        raise McugenError(f"{path}: 'labels' is {labels.dtype}, not integers", "labels are class numbers from 0")
    return Dataset(path.name, images, labels.astype(np.int64))
