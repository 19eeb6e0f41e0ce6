"""From the images of a data set to the arrays that a model takes."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import McugenError
from mcugen.ir import Graph, Normalization


def prepare(graph: Graph, images: np.ndarray, normalization: Normalization | None = None) -> np.ndarray:
    """Images as the model file's own input, [N, *border.shape[1:]] of its dtype.

    Images of that shape and dtype already are taken as they are. uint8 pixels [N, H, W] or [N, H, W, C] are surrounded
    by zeros where they are smaller than the model's input, and then become real numbers by `normalization` (by default
    what the graph knows, or pixel / 255); a model with int8 input and no `normalization` takes pixel - 128, as
    NAME_invoke_u8 of the C code does. Raises McugenError if shape or dtype do not fit.
    """
    border = graph.input_border
    normalization = normalization or (graph.pixels if images.dtype == np.uint8 else None)
    if images.dtype == border.dtype and images.shape[1:] == border.shape[1:] and normalization is None:
        return images
    if images.dtype != np.uint8:
        raise McugenError(
            f"the images are {images.dtype} {list(images.shape)}, the model takes {border.dtype} {list(border.shape)}",
            "give pixels as uint8 [N, height, width, channels], or what the model takes",
        )
    pixels = _padded(graph, images)
    if border.dtype == "uint8" and normalization is None:
        values = pixels
    elif border.dtype == "int8" and normalization is None:
        values = (pixels.astype(np.int16) - 128).astype(np.int8)
    else:
        real = normalized(pixels, normalization or Normalization())
        values = real if border.dtype == "float32" else _quantized(graph, real)
    if border.layout == "NCHW" and len(border.shape) == 4:
        values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    return values.reshape(len(values), *border.shape[1:])


def real_pixels(graph: Graph, images: np.ndarray, normalization: Normalization | None) -> np.ndarray | None:
    """The real numbers, float32 [N, height, width, channels] of the model's size, that `prepare` makes of pixels before
    anything is quantized; None where `prepare` takes the images as they are, or pixel - 128.

    Raises McugenError if the images do not fit.
    """
    border = graph.input_border
    normalization = normalization or (graph.pixels if images.dtype == np.uint8 else None)
    if normalization is None and (border.dtype != "float32" or images.dtype != np.uint8):
        return None
    return normalized(_padded(graph, images), normalization or Normalization())


def _padded(graph: Graph, images: np.ndarray) -> np.ndarray:
    """uint8 [N, height, width, channels] of the model's size, with zeros around, half on either side."""
    tensor = graph.input_tensor
    pixels = images[..., None] if images.ndim == 3 else images
    if pixels.ndim != 4 or pixels.shape[3] != tensor.channels:
        raise McugenError(
            f"the images are {list(images.shape)}, the model wants {tensor.channels} channels",
            "pixels are uint8 [N, height, width] or [N, height, width, channels]",
        )
    down, across = tensor.height - pixels.shape[1], tensor.width - pixels.shape[2]
    if down < 0 or across < 0:
        model = f"{tensor.height} x {tensor.width}"
        size = f"{pixels.shape[1]} x {pixels.shape[2]}"
        raise McugenError(f"the images are {size}, larger than the model's {model}", "resize them first")
    if down == 0 and across == 0:
        return pixels
    top, left = down // 2, across // 2
    return np.pad(pixels, ((0, 0), (top, down - top), (left, across - left), (0, 0)))


def normalized(pixels: np.ndarray, normalization: Normalization) -> np.ndarray:
    """float32 of uint8 pixels [N, height, width, channels]. Raises McugenError for numbers that do not fit channels."""
    channels = pixels.shape[3]
    for numbers in (normalization.mean, normalization.deviation):
        if len(numbers) not in (1, channels):
            raise McugenError(f"{len(numbers)} numbers for {channels} channels", "give one, or one a channel")
    if 0.0 in normalization.deviation:
        raise McugenError("a deviation of 0 cannot be divided by")
    if normalization.reverse and channels != 3:
        raise McugenError(f"pixels of {channels} channels have no blue, green and red", "leave out bgr")
    real = (pixels[..., ::-1] if normalization.reverse else pixels).astype(np.float32) / np.float32(255)
    mean, deviation = (np.asarray(n, np.float32) for n in (normalization.mean, normalization.deviation))
    return (real - mean) / deviation


def _quantized(graph: Graph, real: np.ndarray) -> np.ndarray:
    border = graph.input_border
    limits = np.iinfo(border.dtype)
    quantized = np.rint(real / np.float32(border.scale)) + border.zero_point
    return np.clip(quantized, limits.min, limits.max).astype(border.dtype)
