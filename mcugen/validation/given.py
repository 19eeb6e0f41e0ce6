"""Inputs that users give for the self-test of their program: images, arrays, or test vectors of the model's file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph
from mcugen.validation.vectors import compare_outputs, load_vectors

MOST_BYTES = 64 << 10
"""Flash of the self-test where no number of inputs is asked for."""
_MOST_INPUTS = 4
_MOST_ASKED = 16 << 20


@dataclass(frozen=True, eq=False)
class GivenInputs:
    """images: the graph's own input, [N, H, W, C] of its dtype. of: how many inputs there are in what was given.
    warning: how outputs that were given with them differ from the reference's, "" where they do not."""

    images: np.ndarray
    of: int
    warning: str = ""


def load_given(path: Path, graph: Graph, count: int | None = None) -> GivenInputs:
    """The first `count` inputs of what `load_vectors` reads; by default at most 4, and no more than 64 KiB with their
    outputs.

    Raises McugenError as it does, and where `count` inputs are too many.
    """
    size = graph.input_tensor.size + graph.output_tensor.size
    most = max(1, min(_MOST_INPUTS, MOST_BYTES // size)) if count is None else count
    if count is not None and count * size > _MOST_ASKED:
        raise McugenError(
            f"{count} inputs with their outputs are {count * size:,} bytes",
            f"at most {_MOST_ASKED >> 20} MiB are written",
        )
    given, warning = load_vectors(path, graph, most), ""
    if given.outputs is not None:
        compared = compare_outputs(graph, reference.run(graph, given.images), given.outputs)
        if not compared.exact:
            warning = (
                f"{path}: its outputs are up to {compared.max_lsb} LSB from the reference's, which the C code computes "
                "and the self-test expects; `mcugen validate --vectors` compares all"
            )
    return GivenInputs(given.images, given.of, warning)
