"""Test vectors that come with a model: inputs and outputs of another implementation, in an .npz file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.arrays import read_arrays
from mcugen.diagnostics import McugenError
from mcugen.ir import Border, Graph
from mcugen.schemas.validation import VectorComparison


@dataclass(frozen=True, eq=False)
class Vectors:
    """images: the graph's own input, int8 [N, H, W, C]. outputs: an array for each output of the model, as the file has
    them; None if it has none."""

    images: np.ndarray
    outputs: tuple[np.ndarray, ...] | None


def load_vectors(path: Path, graph: Graph) -> Vectors:
    """`inputs` and, if there are any, `outputs`, both in the model file's own dtype and layout. Further outputs are
    `outputs_1` and so on.

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
        outputs = _outputs(graph, arrays, len(images))
    except McugenError as error:
        raise McugenError(f"{path}: {error.message}", error.hint) from error
    return Vectors(images, outputs)


def _outputs(graph: Graph, arrays: Mapping[str, np.ndarray], count: int) -> tuple[np.ndarray, ...] | None:
    if "outputs" not in arrays:
        return None
    found = []
    for number, output in enumerate(graph.outputs):
        name = f"outputs_{number}" if number else "outputs"
        if name not in arrays:
            raise McugenError(f"the model has {len(graph.outputs)} outputs, but there is no array '{name}'")
        _check_output(name, arrays[name], output.border, count)
        found.append(arrays[name])
    return tuple(found)


def _check_output(name: str, values: np.ndarray, border: Border, count: int) -> None:
    # How many dimensions of size 1 a file keeps is a matter of taste; how many values is not.
    size = int(np.prod(border.shape[1:]))
    if values.ndim == 0 or len(values) != count or values.size != count * size:
        wanted = ", ".join(map(str, border.shape[1:]))
        raise McugenError(f"'{name}' is {list(values.shape)}, not [{count}, {wanted}]")
    if values.dtype != border.dtype:
        raise McugenError(f"'{name}' is {values.dtype}, but the model's output is {border.dtype}")


def compare_outputs(graph: Graph, stored: np.ndarray, expected: Sequence[np.ndarray]) -> VectorComparison:
    """stored: the C code's outputs, int8 [N, H, W, C]. expected: the file's, in the model's own dtype and layout."""
    exact, distances, same = True, [], np.ones(len(stored), bool)
    for output, got, wanted in zip(graph.outputs, reference.dequantize_outputs(graph, stored), expected, strict=True):
        got, wanted = got.reshape(len(stored), -1), wanted.reshape(len(stored), -1)
        exact &= bool(np.array_equal(got, wanted))
        scale = output.border.scale
        distances.append(np.abs(_in_last_places(got, scale) - _in_last_places(wanted, scale)).ravel())
        same &= np.argmax(got, axis=1) == np.argmax(wanted, axis=1)
    distance = np.concatenate(distances)
    return VectorComparison(
        exact=exact,
        max_lsb=int(distance.max()),
        argmax_equal=bool(same.all()),
        argmax_agreement=float(same.mean()),
        values_equal=float((distance == 0).mean()),
    )


def _in_last_places(values: np.ndarray, scale: float) -> np.ndarray:
    if values.dtype.kind != "f":
        return values.astype(np.int64)
    return np.rint(values.astype(np.float64) / scale).astype(np.int64)
