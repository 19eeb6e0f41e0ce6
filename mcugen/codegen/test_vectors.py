"""NAME_test_vectors.h and .c: images with the scores that the reference computes, for a self-test of a firmware."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen import reference
from mcugen.codegen.environment import environment
from mcugen.inputs import extreme_images, random_images
from mcugen.ir import Graph
from mcugen.version import __version__

_SEED = 1


@dataclass(frozen=True, eq=False)
class TestVector:
    """image: int8 [H, W, C]. scores: int8 [H, W, C] of the output."""

    __test__ = False  # not a test case, whatever its name tells pytest

    name: str
    image: np.ndarray
    scores: np.ndarray


def make_test_vectors(imported: Graph) -> tuple[TestVector, ...]:
    """One image of random values and one of nothing but the two extreme values, by the graph as it was read."""
    tensor = imported.input_tensor
    images = np.concatenate([random_images(tensor, 1, _SEED), extreme_images(tensor)[:1]])
    scores = reference.run(imported, images)
    return tuple(TestVector(*each) for each in zip(("random", "extremes"), images, scores, strict=True))


def test_vector_files(name: str, imported: Graph) -> dict[str, str]:
    """The two C files, by name."""
    variables = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "vectors": make_test_vectors(imported),
    }
    return {
        f"{name}_test_vectors.{suffix}": environment()
        .get_template(f"package/test_vectors.{suffix}.j2")
        .render(variables)
        for suffix in ("h", "c")
    }


test_vector_files.__test__ = False  # type: ignore[attr-defined]
