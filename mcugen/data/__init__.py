"""Data sets with labels, and how their images become a model's input."""

from mcugen.data.dataset import Dataset, load_archive
from mcugen.data.fashion_mnist import load_fashion_mnist
from mcugen.data.prepare import Normalization, prepare

__all__ = ["Dataset", "Normalization", "load_archive", "load_fashion_mnist", "prepare"]
