"""The borders of a graph: from and to the arrays that users of the model file hold."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import McugenError
from mcugen.ir import Border, Graph, Tensor

_TO_CHANNELS_LAST = (0, 2, 3, 1)
_TO_CHANNELS_FIRST = (0, 3, 1, 2)


def quantize_input(graph: Graph, array: np.ndarray) -> np.ndarray:
    """An array of the model file's own dtype and layout, [N, *border.shape[1:]], as the graph's input.

    Returns [N, height, width, channels] of the input tensor's dtype. float32 is divided by the scale in float32,
    rounded as the border says, and saturated; infinities saturate and NaN becomes the lowest value. Raises McugenError
    as `check_input` does.
    """
    check_input(graph, array)
    border, tensor = graph.input_border, graph.input_tensor
    if _is_channels_first(border):
        array = array.transpose(_TO_CHANNELS_LAST)
    array = array.reshape(-1, *tensor.shape)
    stored: np.ndarray
    if border.dtype == "float32":
        stored = _round(array / np.float32(border.scale), border.rounding) + np.float32(tensor.zero_point)
        stored = np.where(np.isnan(stored), np.float32(tensor.qmin), stored)
    else:
        stored = array.astype(np.int16) - border.zero_point + tensor.zero_point
    return np.clip(stored, tensor.qmin, tensor.qmax).astype(tensor.dtype)


def check_input(graph: Graph, array: np.ndarray) -> None:
    """Raises McugenError unless the array is of the model file's own dtype and layout, [N, *border.shape[1:]]."""
    border = graph.input_border
    if array.dtype != border.dtype:
        raise McugenError(
            f"the input of {graph.name} is {border.dtype}, not {array.dtype}", f"convert it to {border.dtype}"
        )
    if array.ndim != len(border.shape) or array.shape[1:] != border.shape[1:]:
        wanted = ", ".join(map(str, border.shape[1:]))
        hint = f"the layout is {border.layout}" if len(border.shape) == 4 else ""
        raise McugenError(f"the input of {graph.name} is [N, {wanted}], not {list(array.shape)}", hint)


def dequantize_outputs(graph: Graph, stored: np.ndarray) -> list[np.ndarray]:
    """Each of the outputs as the model file declares it, [N, *border.shape[1:]], of the graph's output [N, H, W, C]."""
    if not graph.several:
        return [dequantize_output(graph, stored)]
    values = stored.reshape(len(stored), -1)
    parts = [values[:, output.start : output.start + output.tensor.size] for output in graph.several]
    return [
        _dequantize(output.border, output.tensor, part.reshape(-1, *output.tensor.shape))
        for output, part in zip(graph.several, parts, strict=True)
    ]


def dequantize_output(graph: Graph, stored: np.ndarray) -> np.ndarray:
    """The graph's output [N, height, width, channels] as the model file declares it: [N, *border.shape[1:]]."""
    border, tensor = graph.output_border, graph.output_tensor
    if stored.shape[1:] != tensor.shape or stored.dtype != tensor.dtype:
        wanted = ", ".join(map(str, tensor.shape))
        raise McugenError(
            f"the output of {graph.name} is {tensor.dtype} [N, {wanted}], not {stored.dtype} {list(stored.shape)}"
        )
    return _dequantize(border, tensor, stored)


def _dequantize(border: Border, tensor: Tensor, stored: np.ndarray) -> np.ndarray:
    centered = stored.astype(np.int16) - tensor.zero_point
    if border.dtype == "float32":
        array = centered.astype(np.float32) * np.float32(border.scale)
    else:
        limits = np.iinfo(border.dtype)
        array = np.clip(centered.astype(np.int64) + border.zero_point, limits.min, limits.max).astype(border.dtype)
    if _is_channels_first(border):
        array = array.transpose(_TO_CHANNELS_FIRST)
    return array.reshape(-1, *border.shape[1:])


def _is_channels_first(border: Border) -> bool:
    return border.layout == "NCHW" and len(border.shape) == 4


def _round(value: np.ndarray, rounding: str) -> np.ndarray:
    """float32 rounded to integers, "half_away" from zero or "half_even", without a rounding of its own."""
    if rounding == "half_even":
        return np.rint(value)
    whole = np.trunc(value)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(value - whole) >= 0.5, whole + np.copysign(np.float32(1), value), whole)
