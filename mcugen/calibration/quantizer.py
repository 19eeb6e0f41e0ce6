"""Post-training quantization of a float ONNX model to QDQ form: ONNX Runtime's, with what mcugen reads well chosen."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx

from mcugen.calibration.float_model import FloatModel
from mcugen.data import Normalization
from mcugen.diagnostics import McugenError
from mcugen.extras import require
from mcugen.frontend.onnx.table import OPERATORS
from mcugen.frontend.recorded_pixels import KEY as PIXELS_KEY
from mcugen.frontend.recorded_pixels import pixels_option
from mcugen.text import one_line

Progress = Callable[[str, int, int], None]

METHODS: Mapping[str, str] = MappingProxyType({"minmax": "MinMax", "percentile": "Percentile"})
"""ONNX Runtime's names of the ways to choose ranges."""
_PERCENTILE = 99.99
_STRIDE = 16
"""Images whose activations are in memory at a time."""
_NOT_COMPUTED = ("Constant", "Shape", "Cast", "Identity", "Dropout", "QuantizeLinear", "DequantizeLinear")
_OF_LENGTHS = ("Clip", "Max", "Expand", "Identity")


def quantize_onnx(
    model: FloatModel,
    images: np.ndarray,
    *,
    ranges: str = "minmax",
    normalization: Normalization | None = None,
    labels: Sequence[str] = (),
    progress: Progress | None = None,
) -> bytes:
    """The bytes of an .onnx file in QDQ form: int8 weights, symmetric with a scale for each output channel, and int8
    activations.

    images: uint8 [N, height, width, channels] to measure ranges on. ranges: a key of METHODS. normalization: as
    `mcugen.data.prepare`; the input's range is that of pixels 0 to 255 under it, so that without one a pixel p is
    stored as p - 128. Raises McugenError where ONNX Runtime is not installed or cannot quantize the model.
    """
    quantization = require("onnxruntime.quantization", "torch", "quantizing an ONNX model")
    shapes = require("onnxruntime.quantization.shape_inference", "torch", "quantizing an ONNX model")
    ends = model.inputs(np.tile(np.array([0, 255], np.uint8)[:, None, None, None], (1, *model.shape)), normalization)
    used = {node.op_type for node in model.proto.graph.node}
    int8 = quantization.QuantType.QInt8
    stride = min(_STRIDE, len(images))
    # As many as the strides of its calibration take: the first ones stand in for those that lack.
    images = images[np.arange(-(-len(images) // stride) * stride) % len(images)]
    options = {
        "WeightSymmetric": True,
        "ActivationSymmetric": False,
        "CalibPercentile": _PERCENTILE,
        "CalibStridedMinMax": stride,
        "TensorQuantOverrides": {
            model.input: [
                {
                    "quant_type": quantization.QuantType.QInt8,
                    "rmin": np.float32(ends.min()),
                    "rmax": np.float32(ends.max()),
                }
            ]
        },
    }
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder, _quiet():
        plain, prepared, written = (Path(folder) / f"{name}.onnx" for name in ("plain", "prepared", "quantized"))
        try:
            onnx.save(model.proto, plain)
            shapes.quant_pre_process(plain, prepared, skip_symbolic_shape=True)
            quantization.quantize_static(
                prepared,
                written,
                _reader(quantization, model, images, normalization, progress),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=int8,
                weight_type=int8,
                calibrate_method=getattr(quantization.CalibrationMethod, METHODS[ranges]),
                nodes_to_exclude=_lengths(onnx.load(prepared)),
                op_types_to_quantize=sorted(used & set(OPERATORS) - set(_NOT_COMPUTED)),
                extra_options=options,
            )
            result = onnx.load(written)
        except Exception as error:  # its exceptions have no common base of their own
            line = one_line(str(error).strip().partition("\n")[0])
            raise McugenError(f"{model.path}: ONNX Runtime cannot quantize it: {line}") from error
    kept = {entry.key: entry.value for entry in result.metadata_props}
    if labels:
        kept = {"labels": ",".join(one_line(label).replace(",", ";") for label in labels), **kept}
    if normalization is not None:
        kept[PIXELS_KEY] = pixels_option(normalization)
    if kept:
        onnx.helper.set_model_props(result, kept)
    content: bytes = result.SerializeToString()
    return content


def _lengths(model: onnx.ModelProto) -> list[str]:
    """The names of nodes that compute the lengths of vectors, and divide by them: one operator in the end."""
    values: set[str] = set()
    names = []
    for node in model.graph.node:
        if node.op_type == "ReduceL2" or (node.op_type in _OF_LENGTHS and node.input[0] in values):
            values.update(node.output)
            names.append(node.name)
        elif node.op_type == "Div" and node.input[1] in values:
            names.append(node.name)
    return names


def _reader(
    quantization: Any,
    model: FloatModel,
    images: np.ndarray,
    normalization: Normalization | None,
    progress: Progress | None,
) -> Any:
    """One image after the other, as ONNX Runtime's calibration asks for them."""

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.position, self.end = 0, len(images)

        def __len__(self) -> int:
            return len(images)

        def set_range(self, start_index: int, end_index: int) -> None:
            self.position, self.end = start_index, end_index

        def get_next(self) -> dict[str, np.ndarray] | None:
            if self.position == self.end:
                return None
            if progress is not None:
                progress("calibrating", self.position, len(images))
            image = images[self.position : self.position + 1]
            self.position += 1
            return {model.input: model.inputs(image, normalization)}

    return Reader()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the quantizer prints and logs for users of its own."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)
