"""A float TensorFlow Lite model as a twin, run by whichever of its interpreters is installed."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tflite

from mcugen.accuracy.twin import FloatLayer, require_shape
from mcugen.data import Normalization
from mcugen.diagnostics import McugenError
from mcugen.extras import install_command
from mcugen.frontend.tflite.model import FileModel
from mcugen.frontend.tflite.names import operator_names
from mcugen.frontend.tflite.reader import read_model

_INTERPRETERS = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite.python.interpreter")
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
_QUANTIZED = (tflite.TensorType.INT8, tflite.TensorType.UINT8, tflite.TensorType.INT16)


class TfliteTwin:
    """`FloatTwin` of a file; layers are operators, by the names that mcugen gives to those of int8 files."""

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        """shape: (height, width, channels) of the int8 model's image. Raises McugenError naming the file."""
        self.name = path.name
        self.trained_on: Mapping[str, Any] = {}
        self.normalization: Normalization | None = None
        self._path = path
        runtime = _interpreter()
        data, model = _read(path)
        self._shape = _input_shape(path, model, shape)
        try:
            self._interpreter = runtime.Interpreter(
                model_content=data,
                # A delegate would keep what stands between layers to itself.
                experimental_op_resolver_type=runtime.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
                experimental_preserve_all_tensors=True,
            )
            self._interpreter.resize_tensor_input(model.input, self._shape)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error
        self._input, self._output = model.input, model.outputs[0]
        names = operator_names(model)
        self._tensors = {names[operator.index]: operator.outputs[0] for operator in model.operators}
        weighted = {names[operator.index] for operator in model.operators if operator.name in _WEIGHTED}
        self.layers = self._find_layers(weighted)

    def run(self, images: np.ndarray, observed: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """See `FloatTwin.run`. Images go one by one: many a file has a batch of 1 in the shape of a RESHAPE."""
        scores: list[np.ndarray] = []
        values: dict[str, list[np.ndarray]] = {name: [] for name in observed}
        for image in images:
            self._invoke(image)
            scores.append(self._interpreter.get_tensor(self._output).reshape(-1))
            for name, found in values.items():
                found.append(_as_map(self._interpreter.get_tensor(self._tensors[name])))
        return np.stack(scores), {name: np.concatenate(found) for name, found in values.items()}

    def _invoke(self, image: np.ndarray) -> None:
        try:
            self._interpreter.set_tensor(self._input, image.astype(np.float32).reshape(self._shape))
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> McugenError:
        return McugenError(f"{self._path}: TensorFlow Lite cannot run it: {error}")

    def _find_layers(self, weighted: Collection[str]) -> tuple[FloatLayer, ...]:
        self._invoke(np.zeros(self._shape, np.float32))
        layers = []
        for name, tensor in self._tensors.items():
            value = self._interpreter.get_tensor(tensor)
            if value.dtype == np.float32 and value.ndim in (2, 4) and len(value) == 1:
                _, height, width, channels = _as_map(value).shape
                layers.append(FloatLayer(name, (height, width, channels), name in weighted))
        return tuple(layers)


def _interpreter() -> ModuleType:
    """The module of an interpreter that is installed; raises McugenError where there is none."""
    for name in _INTERPRETERS:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise McugenError(
        "running a float .tflite model needs ai-edge-litert, tflite-runtime or tensorflow, and none is installed",
        install_command("litert"),
    )


def _read(path: Path) -> tuple[bytes, FileModel]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise McugenError(f"{path}: no such file") from error
    try:
        model = read_model(data, {})
    except McugenError as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from error
    quantized = next((t for t in model.tensors.values() if t.type in _QUANTIZED and len(t.scales)), None)
    if quantized is not None:
        what = f"it is quantized, {quantized.label} is {quantized.type_name}"
        raise McugenError(f"{path}: {what}", "--float is the model before quantization")
    if len(model.outputs) != 1 or not model.operators:
        raise McugenError(
            f"{path}: {len(model.operators)} operators and {len(model.outputs)} outputs",
            "supported: one image to scores",
        )
    return data, model


def _input_shape(path: Path, model: FileModel, shape: tuple[int, int, int]) -> tuple[int, ...]:
    """That of one image in the file's own dimensions, of which it may leave sizes open or out that are 1."""
    tensor = model.tensors[model.input]
    if tensor.type != tflite.TensorType.FLOAT32:
        raise McugenError(f"{path}: its input is {tensor.type_name}", "a float model takes float32")
    if len(tensor.shape) == 4:
        sizes = zip(tensor.shape[1:], shape, strict=True)
        require_shape(path, tuple(wanted if size < 0 else size for size, wanted in sizes), shape)
        return (1, *shape)
    found = tuple(1 if size < 0 else size for size in tensor.shape)
    if [size for size in found if size > 1] != [size for size in shape if size > 1]:
        require_shape(path, found, shape)
    return found


def _as_map(value: np.ndarray) -> np.ndarray:
    """[1, H, W, C] as it is, [1, C] as [1, 1, 1, C]."""
    return value if value.ndim == 4 else value[:, None, None, :]
