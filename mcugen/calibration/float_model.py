"""A float ONNX model of one image, ready to be quantized: its batch is 1, its opset has scales for each channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import version_converter

from mcugen.accuracy.onnx_twin import read_float_model
from mcugen.data import Normalization, normalized
from mcugen.diagnostics import McugenError

_FIRST_OPSET = 13
_IMAGE_CHANNELS = (1, 3)
_RANK = 4


class FloatModel:
    """shape: (height, width, channels) of the image. channels_last: whether the file has it in that order."""

    def __init__(self, path: Path, *, external_data: bool = False) -> None:
        """Raises McugenError naming the file if it cannot be read, is quantized, or takes no image of a fixed size."""
        self.path = path
        self.proto = read_float_model(path, external_data, "give it to the other commands as it is")
        constants = {tensor.name for tensor in self.proto.graph.initializer}
        inputs = [value for value in self.proto.graph.input if value.name not in constants]
        if len(inputs) != 1:
            raise McugenError(f"{path}: {len(inputs)} inputs", "supported: one image")
        self.input = inputs[0].name
        tensor = inputs[0].type.tensor_type
        if tensor.elem_type != onnx.TensorProto.FLOAT:
            kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
            raise McugenError(f"{path}: its input is {kind}", "a float model takes float32")
        dims = [int(dim.dim_value) for dim in tensor.shape.dim]
        if len(dims) != _RANK or min(dims[1:]) < 1 or dims[0] > 1:
            raise McugenError(
                f"{path}: its input has shape {[size or 'open' for size in dims]}",
                "supported: one image of a fixed size; fix it: python -m onnxruntime.tools.make_dynamic_shape_fixed"
                f" --input_name {self.input} --input_shape 1,C,H,W",
            )
        self.channels_last = dims[3] in _IMAGE_CHANNELS and dims[1] not in _IMAGE_CHANNELS
        self.shape = (dims[1], dims[2], dims[3]) if self.channels_last else (dims[2], dims[3], dims[1])
        self._fix(tensor.shape.dim[0])

    def inputs(self, images: np.ndarray, normalization: Normalization | None) -> np.ndarray:
        """float32 [N, ...] as the file's input, of uint8 pixels [N, height, width, channels] of the model's size."""
        real = normalized(images, normalization or Normalization())
        return real if self.channels_last else np.ascontiguousarray(real.transpose(0, 3, 1, 2))

    def _fix(self, batch: onnx.TensorShapeProto.Dimension) -> None:
        name = batch.dim_param
        batch.Clear()
        batch.dim_value = 1
        if name:
            for value in (*self.proto.graph.output, *self.proto.graph.value_info):
                for dim in value.type.tensor_type.shape.dim:
                    if dim.dim_param == name:
                        dim.Clear()
                        dim.dim_value = 1
        opset = next((entry.version for entry in self.proto.opset_import if entry.domain in ("", "ai.onnx")), 0)
        if opset < _FIRST_OPSET:
            try:
                self.proto = version_converter.convert_version(self.proto, _FIRST_OPSET)
            except Exception as error:  # the converter's own
                line = str(error).strip().partition("\n")[0]
                raise McugenError(f"{self.path}: opset {opset} cannot become {_FIRST_OPSET}: {line}") from error
