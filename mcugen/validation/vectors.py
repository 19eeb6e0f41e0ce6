"""Test vectors that come with a model: inputs and outputs of another implementation, in an .npz file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.arrays import read_arrays
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph


@dataclass(frozen=True, eq=False)
class Vectors:
    """images: the graph's own input, int8 [N, H, W, C]. outputs: as the file has them, None if it has none."""

    images: np.ndarray
    outputs: np.ndarray | None


@dataclass(frozen=True)
class VectorComparison:
    """How the C code's outputs compare with the file's, in units of the output's last place.

    exact: all equal. max_lsb: the largest distance. argmax_equal: every case has the same highest score.
    argmax_agreement: the fraction that has. values_equal: the fraction of values at distance 0.
    """

    exact: bool
    max_lsb: int
    argmax_equal: bool
    argmax_agreement: float
    values_equal: float


def load_vectors(path: Path, graph: Graph) -> Vectors:
    """`inputs` and, if there are any, `outputs`, both in the model file's own dtype and layout.

    Raises McugenError naming the file: absent, damaged, of another shape or dtype than the model's.
    """
    arrays = read_arrays(path)
    if "inputs" not in arrays:
        raise McugenError(f"{path}: holds no array 'inputs' but {', '.join(sorted(arrays)) or 'nothing'}")
    inputs = arrays["inputs"]
    if len(inputs.shape) == 0 or len(inputs) == 0:
        raise McugenError(f"{path}: 'inputs' holds no images")
    try:
        images = reference.quantize_input(graph, inputs)
        outputs = arrays.get("outputs")
        if outputs is not None:
            _check_outputs(graph, outputs, len(images))
    except McugenError as error:
        raise McugenError(f"{path}: {error.message}", error.hint) from error
    return Vectors(images, outputs)


def _check_outputs(graph: Graph, outputs: np.ndarray, count: int) -> None:
    border = graph.output_border
    # How many dimensions of size 1 a file keeps is a matter of taste; how many values is not.
    size = int(np.prod(border.shape[1:]))
    if outputs.ndim == 0 or len(outputs) != count or outputs.size != count * size:
        wanted = ", ".join(map(str, border.shape[1:]))
        raise McugenError(f"'outputs' is {list(outputs.shape)}, not [{count}, {wanted}]")
    if outputs.dtype != border.dtype:
        raise McugenError(f"'outputs' is {outputs.dtype}, but the model's output is {border.dtype}")


def compare_outputs(graph: Graph, stored: np.ndarray, expected: np.ndarray) -> VectorComparison:
    """stored: the C code's outputs, int8 [N, H, W, C]. expected: the file's, in the model's own dtype and layout."""
    border = graph.output_border
    got = reference.dequantize_output(graph, stored).reshape(len(stored), -1)
    expected = expected.reshape(len(stored), -1)
    distance = np.abs(_in_last_places(got, border.scale) - _in_last_places(expected, border.scale))
    same = np.argmax(got, axis=1) == np.argmax(expected, axis=1)
    return VectorComparison(
        exact=bool(np.array_equal(got, expected)),
        max_lsb=int(distance.max()),
        argmax_equal=bool(same.all()),
        argmax_agreement=float(same.mean()),
        values_equal=float((distance == 0).mean()),
    )


def _in_last_places(values: np.ndarray, scale: float) -> np.ndarray:
    if values.dtype.kind != "f":
        return values.astype(np.int64)
    return np.rint(values.astype(np.float64) / scale).astype(np.int64)
