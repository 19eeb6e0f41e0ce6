"""Resize."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import Real, Value, View
from mcugen.ir.operators.resize import Resize, nearest_taps

_ONE = 1 << 10
_LARGEST = 1 << 12
_SPATIAL = (2, 3)

_Positions = Callable[[np.ndarray, np.float32, int, int], np.ndarray]
"""(float32 positions in the output, scale, size of the input, of the output) -> float32 positions in the input."""

_COORDINATES: Mapping[str, _Positions] = {
    "half_pixel": lambda x, scale, size, wanted: (x + np.float32(0.5)) / scale - np.float32(0.5),
    "pytorch_half_pixel": lambda x, scale, size, wanted: (
        (x + np.float32(0.5)) / scale - np.float32(0.5) if wanted > 1 else x * 0
    ),
    "asymmetric": lambda x, scale, size, wanted: x / scale,
    "align_corners": lambda x, scale, size, wanted: (
        x * np.float32(size - 1) / np.float32(wanted - 1) if wanted > 1 else x * 0
    ),
}
_NEAREST: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "round_prefer_floor": lambda x: np.ceil(x - np.float32(0.5)),
    "round_prefer_ceil": lambda x: np.floor(x + np.float32(0.5)),
    "floor": np.floor,
    "ceil": np.ceil,
}


def resize(context: Context, node: Node) -> Value:
    """Resize of height and width by neighbours (mode nearest) or by linear interpolation, to sizes or by scales.

    Weights of the interpolation have ten bits. Raises UnsupportedModelError for other modes.
    """
    source = context.map(node, 0)
    old = context.opset < 11
    mode = node.text("mode", "nearest")
    coordinates = "asymmetric" if old else node.text("coordinate_transformation_mode", "half_pixel")
    nearest = "floor" if old else node.text("nearest_mode", "round_prefer_floor")
    plain = node.integer("antialias", 0) == 0 and node.text("keep_aspect_ratio_policy", "stretch") == "stretch"
    known = mode in ("nearest", "linear") and coordinates in _COORDINATES and nearest in _NEAREST
    if not plain or not known or node.integers("axes", None) not in (None, _SPATIAL):
        raise UnsupportedModelError(
            f"{node}: mode {mode}, {coordinates}, {nearest}",
            f"supported: modes nearest and linear of height and width, {', '.join(_COORDINATES)}, without antialias",
        )
    sizes, scales = _sizes(context, node, source, 1 if old else 2)
    taps = []
    for size, wanted, scale in zip(source.tensor.shape[:2], sizes, scales, strict=True):
        position = _COORDINATES[coordinates](np.arange(wanted).astype(np.float32), np.float32(scale), size, wanted)
        if mode == "nearest":
            first = np.clip(_NEAREST[nearest](position).astype(np.int64), 0, size - 1)
            taps.append(nearest_taps(first))
        else:
            position = np.clip(position, 0, size - 1)
            first = np.floor(position).astype(np.int64)
            weight = np.rint((position - first) * _ONE).astype(np.int64)
            taps.append(np.stack([first, np.minimum(first + 1, size - 1), weight], axis=1))
    tensor = source.tensor
    output = context.new_tensor(
        node, node.outputs[0], (sizes[0], sizes[1], tensor.channels), tensor.scale, tensor.zero_point
    )
    context.emit(
        Resize(
            name=context.operator_name(node),
            inputs=(tensor.name,),
            output=output.name,
            source=str(node),
            source_index=node.index,
            rows=taps[0],
            columns=taps[1],
        )
    )
    return Real(View.of_map(output.shape), output, source.dtype)


def _sizes(context: Context, node: Node, source: Real, scales_at: int) -> tuple[list[int], list[float]]:
    """Height and width of the output, and by how much they are larger than those of the input."""
    dims = source.view.dims

    def given(position: int) -> np.ndarray:
        if not node.has_input(position):
            return np.array([])
        values = context.constant(node, position, "its sizes").reshape(-1)
        whole = np.array(dims if position > scales_at else (1,) * len(dims), np.float64)
        if values.size == len(_SPATIAL):
            return np.concatenate([whole[: -len(_SPATIAL)], values])
        return values

    scales, sizes = given(scales_at), given(scales_at + 1)
    if sizes.size == len(dims) and tuple(sizes[:2]) == dims[:2]:
        wanted = [int(size) for size in sizes[2:]]
        factors = [size / whole for size, whole in zip(wanted, dims[2:], strict=True)]
    elif scales.size == len(dims) and tuple(scales[:2]) == (1, 1) and np.all(scales > 0):
        factors = [float(scale) for scale in scales[2:]]
        wanted = [int(np.floor(whole * scale)) for whole, scale in zip(dims[2:], factors, strict=True)]
    else:
        raise UnsupportedModelError(
            f"{node}: scales {scales.tolist()}, sizes {sizes.tolist()}", "supported: other heights and widths"
        )
    if not all(1 <= size <= _LARGEST for size in wanted):
        raise ModelFormatError(f"{node}: an output of {wanted}")
    return wanted, factors
