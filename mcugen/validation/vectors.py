"""Test vectors: inputs and, if any, outputs of another implementation, as arrays or images."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.arrays import is_single_array, read_array, read_arrays
from mcugen.data.folder import load_images
from mcugen.diagnostics import McugenError
from mcugen.ir import Border, Graph
from mcugen.reference.pixels import input_of_pixels
from mcugen.schemas.validation import VectorComparison

_ONE_IMAGE = "one image is numpy.save(path, images[numpy.newaxis])"


@dataclass(frozen=True, eq=False)
class Vectors:
    """images: the graph's own input, int8 [N, H, W, C]. outputs: an array for each output of the model, as the file has
    them, of these images; None if it has none. of: how many inputs there are in what was given."""

    images: np.ndarray
    outputs: tuple[np.ndarray, ...] | None
    of: int


def load_vectors(path: Path, graph: Graph, most: int | None = None) -> Vectors:
    """All inputs of a file or folder, or the first `most`.

    An .npz file has `inputs` and, if there are any, `outputs` (further ones are `outputs_1` and so on), an .npy file
    the inputs alone, all in the model file's own dtype and layout; or pixels, uint8 [N, height, width] or [N, height,
    width, channels], which an .npz may also call `images`. Of images, a file or all beneath a folder in the order of
    their names, the pixels are taken in the model's size. Pixels become what NAME_invoke_u8 makes of them.

    Raises McugenError naming the file: absent, damaged, of another shape or dtype than the model's.
    """
    if path.suffix.lower() == ".npz" or (path.is_file() and zipfile.is_zipfile(path)):
        arrays = read_arrays(path)
    elif path.is_file() and is_single_array(path):
        arrays = {"inputs": read_array(path)}
    else:
        tensor = graph.input_tensor
        pixels, of = load_images(path, height=tensor.height, width=tensor.width, channels=tensor.channels, most=most)
        return Vectors(_of_pixels(graph, pixels), None, of)
    try:
        inputs = _inputs(graph, arrays)
        outputs = _outputs(graph, arrays, len(inputs))
    except McugenError as error:
        raise McugenError(f"{path}: {error.message}", error.hint) from error
    images = (_of_pixels if _is_pixels(graph, inputs) else reference.quantize_input)(graph, inputs[:most])
    return Vectors(images, outputs and tuple(each[:most] for each in outputs), len(inputs))


def _inputs(graph: Graph, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """All inputs that there are, in the model's own dtype and layout or as pixels; raises McugenError without any."""
    name = "images" if "inputs" not in arrays and _is_pixels(graph, arrays.get("images")) else "inputs"
    if name not in arrays:
        raise McugenError(f"holds no array 'inputs' but {', '.join(sorted(arrays)) or 'nothing'}")
    inputs = arrays[name]
    if inputs.ndim == 0 or len(inputs) == 0:
        raise McugenError("holds no inputs")
    check = _check_pixels if _is_pixels(graph, inputs) else reference.check_input
    try:
        check(graph, inputs)
    except McugenError as error:
        raise McugenError(error.message, _ONE_IMAGE if _is_one_image(graph, inputs) else error.hint) from error
    return inputs


def _is_pixels(graph: Graph, values: np.ndarray | None) -> bool:
    """Whether these are pixels, and no inputs in the model's own dtype and shape."""
    border = graph.input_border
    return (
        values is not None
        and values.dtype == np.uint8
        and (border.dtype != "uint8" or values.shape[1:] != border.shape[1:])
    )


def _is_one_image(graph: Graph, values: np.ndarray) -> bool:
    """Whether this is an input, or its pixels, without the dimension of their number."""
    border, shape = graph.input_border, graph.input_tensor.shape
    of_pixels = (shape, shape[:2]) if shape[2] == 1 else (shape,)
    return (values.dtype == border.dtype and values.shape == border.shape[1:]) or (
        values.dtype == np.uint8 and values.shape in of_pixels
    )


def _check_pixels(graph: Graph, pixels: np.ndarray) -> None:
    tensor = graph.input_tensor
    shape = (*pixels.shape, 1) if pixels.ndim == 3 else pixels.shape
    if shape[1:] != tensor.shape:
        wanted = ", ".join(map(str, tensor.shape))
        raise McugenError(f"pixels are {list(pixels.shape)}, the model wants [N, {wanted}]", "resize them first")


def _of_pixels(graph: Graph, pixels: np.ndarray) -> np.ndarray:
    """The graph's input of pixels, uint8 [N, height, width] or [N, height, width, channels]."""
    return input_of_pixels(graph, pixels.reshape(-1, *graph.input_tensor.shape))


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
