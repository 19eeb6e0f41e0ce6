"""Images that are both among those to train on and among those to test on: the test then tells less than it seems."""

from __future__ import annotations

from hashlib import blake2b

from mcugen.data.boxes import BoxDataset
from mcugen.data.dataset import Dataset


def shared_images(train: Dataset | BoxDataset, test: Dataset | BoxDataset) -> tuple[tuple[int, int], ...]:
    """(index in test, index in train) of every test image whose pixels, in the net's size, are a training image's."""
    known = {_digest(train, index): index for index in range(len(train.images))}
    digests = ((index, _digest(test, index)) for index in range(len(test.images)))
    return tuple((index, known[digest]) for index, digest in digests if digest in known)


def _digest(dataset: Dataset | BoxDataset, index: int) -> bytes:
    return blake2b(dataset.images[index].tobytes(), digest_size=16).digest()
