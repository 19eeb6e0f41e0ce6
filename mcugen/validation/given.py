"""Inputs that users give for the self-test of their program: images, arrays, or test vectors of the model's file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.arrays import is_single_array, read_array, read_arrays
from mcugen.data.folder import load_images
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
    """The first `count` inputs of a file or folder; by default at most 4, and no more than 64 KiB with their outputs.

    An .npz file has `inputs` and, if any, `outputs` as of `validate --vectors`, an .npy file the inputs alone, both in
    the model file's own dtype and layout; or pixels, uint8 [N, height, width] or [N, height, width, channels]. Of
    images, a file or all beneath a folder in the order of their names, the pixels are taken in the model's size. Pixels
    become what NAME_invoke_u8 makes of them. Raises McugenError naming the file that cannot be read, or does not fit.
    """
    size = graph.input_tensor.size + graph.output_tensor.size
    most = max(1, min(_MOST_INPUTS, MOST_BYTES // size)) if count is None else count
    if count is not None and count * size > _MOST_ASKED:
        raise McugenError(
            f"{count} inputs with their outputs are {count * size:,} bytes",
            f"at most {_MOST_ASKED >> 20} MiB are written",
        )
    if path.suffix.lower() == ".npz":
        return _of_archive(path, graph, most)
    if path.is_file() and is_single_array(path):
        values = read_array(path)
        return GivenInputs(_stored(path, graph, values[:most]), len(values))
    tensor = graph.input_tensor
    pixels, of = load_images(path, height=tensor.height, width=tensor.width, channels=tensor.channels, most=most)
    return GivenInputs(_stored(path, graph, pixels), of)


def _of_archive(path: Path, graph: Graph, most: int) -> GivenInputs:
    arrays = read_arrays(path)
    if _is_pixels(graph, arrays.get("inputs", arrays.get("images"))):
        values = arrays["inputs" if "inputs" in arrays else "images"]
        return GivenInputs(_stored(path, graph, values[:most]), len(values))
    given = load_vectors(path, graph)
    images, warning = given.images[:most], ""
    if given.outputs is not None:
        compared = compare_outputs(graph, reference.run(graph, images), [each[:most] for each in given.outputs])
        if not compared.exact:
            warning = (
                f"{path}: its outputs are up to {compared.max_lsb} LSB from the reference's, which the C code computes "
                "and the self-test expects; `mcugen validate --vectors` compares all"
            )
    return GivenInputs(images, len(given.images), warning)


def _is_pixels(graph: Graph, values: np.ndarray | None) -> bool:
    """Whether these are pixels, and no inputs in the model's own dtype and shape."""
    border = graph.input_border
    return (
        values is not None
        and values.dtype == np.uint8
        and (border.dtype != "uint8" or values.shape[1:] != border.shape[1:])
    )


def _stored(path: Path, graph: Graph, values: np.ndarray) -> np.ndarray:
    """The graph's input of what a file holds."""
    if values.ndim == 0 or len(values) == 0:
        raise McugenError(f"{path}: holds no inputs")
    if not _is_pixels(graph, values):
        try:
            return reference.quantize_input(graph, values)
        except McugenError as error:
            raise McugenError(f"{path}: {error.message}", error.hint) from error
    tensor = graph.input_tensor
    shape = (*values.shape, 1) if values.ndim == 3 else values.shape
    if shape[1:] != tensor.shape:
        wanted = ", ".join(map(str, tensor.shape))
        raise McugenError(
            f"{path}: pixels are {list(values.shape)}, the model wants [N, {wanted}]", "resize them first"
        )
    return (values.reshape(shape).astype(np.int16) + tensor.qmin).astype(tensor.dtype)
