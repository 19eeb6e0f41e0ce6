"""Data sets with labels, and how their images become a model's input."""

from mcugen.data.dataset import Dataset, load_archive
from mcugen.data.folder import load_folder
from mcugen.data.idx import load_fashion_mnist, load_mnist
from mcugen.data.prepare import normalized, prepare, real_pixels
from mcugen.data.resize import Resize, resize_pixels
from mcugen.data.seen import seen_pixels
from mcugen.data.splits import load_splits
from mcugen.ir import Normalization

__all__ = [
    "Dataset",
    "Normalization",
    "Resize",
    "load_archive",
    "load_fashion_mnist",
    "load_folder",
    "load_mnist",
    "load_splits",
    "normalized",
    "prepare",
    "real_pixels",
    "resize_pixels",
    "seen_pixels",
]
