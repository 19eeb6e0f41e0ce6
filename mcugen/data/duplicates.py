"""Images that are there more than once: where one is trained on and tested, the test tells less than it seems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from mcugen.data.boxes import BoxDataset
from mcugen.data.dataset import Dataset
from mcugen.data.values import ValueDataset

Images = Dataset | BoxDataset | ValueDataset


def shared_images(train: Images, test: Images) -> tuple[tuple[int, int], ...]:
    """(index in test, index in train) of every test image whose pixels, in the net's size, are a training image's."""
    return _pairs(_digests(train, range(len(train.images))), _digests(test, range(len(test.images))))


def shared_within(dataset: Images, trained: Sequence[int], held: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """(index held back, index trained on) of every image of `held` whose pixels are one's of `trained`: indices into
    the data set."""
    return _pairs(_digests(dataset, trained), _digests(dataset, held))


def told_otherwise(train: ValueDataset, test: ValueDataset) -> tuple[tuple[str, str], ...]:
    """Files of two images whose pixels, in the net's size, are the same, and whose values are not."""
    first: dict[bytes, tuple[str, np.ndarray]] = {}
    found = []
    for part in (train, test):
        for index, digest in _digests(part, range(len(part.images))):
            name, values = first.setdefault(digest, (part.files[index], part.values[index]))
            if not np.array_equal(values, part.values[index]):
                found.append((part.files[index], name))
    return tuple(found)


def _pairs(known: Iterable[tuple[int, bytes]], asked: Iterable[tuple[int, bytes]]) -> tuple[tuple[int, int], ...]:
    places = {digest: index for index, digest in known}
    return tuple((index, places[digest]) for index, digest in asked if digest in places)


def _digests(dataset: Images, indices: Sequence[int]) -> Iterable[tuple[int, bytes]]:
    return ((index, blake2b(dataset.images[index].tobytes(), digest_size=16).digest()) for index in indices)
