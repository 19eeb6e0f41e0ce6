"""NAME_test_vectors.h and .c: images with the scores that the reference computes, for a self-test of a firmware."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen import reference
from mcugen.codegen.environment import environment
from mcugen.codegen.library import Library
from mcugen.codegen.test_frames import MOST_NUMBERS, frames_kept, make_test_frames
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


def make_test_vectors(imported: Graph, given: np.ndarray | None = None) -> tuple[TestVector, ...]:
    """With what the graph as it was read computes of each image. given: images of the user's own, [N, H, W, C] of the
    input's dtype; without, one of random values and one of nothing but the two extreme values, as many of them, in this
    order, as `vectors_kept` says."""
    if given is not None:
        scores = [reference.run(imported, given[number : number + 1])[0] for number in range(len(given))]
        pairs = zip(given, scores, strict=True)
        return tuple(TestVector(f"given_{number}", *pair) for number, pair in enumerate(pairs))
    tensor, found = imported.input_tensor, []
    for name in ("random", "extremes")[: vectors_kept(imported)]:
        images = random_images(tensor, 1, _SEED) if name == "random" else extreme_images(tensor)[:1]
        found.append(TestVector(name, images[0], reference.run(imported, images)[0]))
    return tuple(found)


def vectors_kept(imported: Graph, given: np.ndarray | None = None) -> int:
    """How many test vectors the file holds: all that the user gave, or of the two made here as many as are at most
    1 MiB of text, 0 for a large image."""
    if given is not None:
        return len(given)
    values = imported.input_tensor.size + imported.output_tensor.size
    return min(2, MOST_NUMBERS // values)


def vector_bytes(imported: Graph, given: np.ndarray | None = None) -> int:
    """Flash of the test vectors, and of the scores of a camera's frames, in a program that uses them."""
    images = vectors_kept(imported, given)
    return images * imported.input_tensor.size + (images + frames_kept(imported)) * imported.output_tensor.size


def test_vector_files(library: Library, imported: Graph, given: np.ndarray | None) -> dict[str, str]:
    """The two C files, by name. given: as of `make_test_vectors`."""
    name = library.name
    variables = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "vectors": make_test_vectors(imported, given),
        "frames": make_test_frames(imported),
        "given": given is not None,
        "vector_bytes": vector_bytes(imported, given),
        "by_rows": library.by_rows,
    }
    return {
        f"{name}_test_vectors.{suffix}": environment()
        .get_template(f"package/test_vectors.{suffix}.j2")
        .render(variables)
        for suffix in ("h", "c")
    }


test_vector_files.__test__ = False  # type: ignore[attr-defined]
