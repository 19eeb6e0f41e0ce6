"""A float ONNX model as a twin, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from mcugen.accuracy.twin import FloatLayer, require_shape
from mcugen.data import Normalization
from mcugen.diagnostics import McugenError, ModelFormatError
from mcugen.extras import require
from mcugen.frontend.onnx.external import embed

_WEIGHTED = ("Conv", "Gemm", "MatMul")
_FOLLOWING = ("BatchNormalization", "Relu", "Clip")
_QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "ConvInteger", "MatMulInteger")


class OnnxTwin:
    """`FloatTwin` of a file; layers are tensors, by their names."""

    def __init__(self, path: Path, shape: tuple[int, int, int], *, external_data: bool = False) -> None:
        self.name = path.name
        self.trained_on: Mapping[str, Any] = {}
        self.normalization: Normalization | None = None
        self._path = path
        self._runtime = require("onnxruntime", "torch", "running a float ONNX model")
        self._model = read_float_model(path, external_data, "--float is the model before quantization")
        graph = self._model.graph
        initializers = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in initializers]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise McugenError(
                f"{path}: {len(inputs)} inputs and {len(graph.output)} outputs", "supported: one image to scores"
            )
        self._input, self._output = inputs[0].name, graph.output[0].name
        tensor = inputs[0].type.tensor_type
        if tensor.elem_type != onnx.TensorProto.FLOAT:
            kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
            raise McugenError(f"{path}: its input is {kind}", "a float model takes float32")
        dims = [dim.dim_value for dim in tensor.shape.dim]
        if len(dims) != 4:
            raise McugenError(f"{path}: its input has {len(dims)} dimensions", "supported: a batch of images")
        self._one_at_a_time = dims[0] == 1
        self._channels_last = tuple(dims[1:]) == shape and dims[1] != shape[2]
        found = dims[1:] if self._channels_last else [dims[2], dims[3], dims[1]]
        # Sizes that the file leaves open are 0 here: whatever image is given decides.
        require_shape(path, tuple(size or wanted for size, wanted in zip(found, shape, strict=True)), shape)
        self._observed: tuple[str, ...] = ()
        self._session = self._open(())
        self.layers = self._find_layers(shape)

    def run(self, images: np.ndarray, observed: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """See `FloatTwin.run`."""
        if tuple(observed) != self._observed:
            self._observed, self._session = tuple(observed), self._open(observed)
        values = self._run(self._session, [self._output, *observed], images)
        scores = values[0].reshape(len(images), -1)
        return scores, {name: _channels_last(value) for name, value in zip(observed, values[1:], strict=True)}

    def _run(self, session: Any, names: list[str], images: np.ndarray) -> list[np.ndarray]:
        arrays = images if self._channels_last else np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        parts = np.split(arrays, len(arrays)) if self._one_at_a_time else [arrays]
        try:
            results = [session.run(names, {self._input: part}) for part in parts]
        except Exception as error:  # its exceptions have no common base of their own
            raise McugenError(f"{self._path}: ONNX Runtime cannot run it: {error}") from error
        return [np.concatenate(values) if len(parts) > 1 else values[0] for values in zip(*results, strict=True)]

    def _open(self, observed: Collection[str]) -> Any:
        """A session whose outputs are the model's and the observed tensors."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in observed if name != self._output)
        options = self._runtime.SessionOptions()
        options.log_severity_level = 3
        try:
            return self._runtime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise McugenError(f"{self._path}: ONNX Runtime cannot load it: {error}") from error

    def _find_layers(self, shape: tuple[int, int, int]) -> tuple[FloatLayer, ...]:
        weighted = _ends_of_weighted_layers(self._model.graph)
        names = [name for node in self._model.graph.node for name in node.output if name]
        session = self._open(names)
        values = self._run(session, names, np.zeros((1, *shape), np.float32))
        layers = []
        for name, value in zip(names, values, strict=True):
            if isinstance(value, np.ndarray) and value.dtype == np.float32 and value.ndim in (2, 4) and len(value) == 1:
                height, width, channels = _channels_last(value).shape[1:]
                layers.append(FloatLayer(name, (height, width, channels), name in weighted))
        return tuple(layers)


def read_float_model(path: Path, external_data: bool, if_quantized: str) -> onnx.ModelProto:
    """The model with all its tensors. Raises McugenError if it cannot be read, or with that advice if it is quantized.

    external_data: whether tensors may lie in other files beneath the model's folder.
    """
    if not path.is_file():
        raise McugenError(f"{path}: no such file")
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's own
        raise ModelFormatError(f"{path}: not a sound ONNX model: {error}") from error
    # ONNX Runtime would look for other files by itself.
    embed(model, path, allowed=external_data)
    if not model.graph.node:
        raise ModelFormatError(f"{path}: not an ONNX model, or one that computes nothing")
    quantized = next((node.op_type for node in model.graph.node if node.op_type in _QUANTIZED), None)
    if quantized is not None:
        raise McugenError(f"{path}: it is quantized, it has {quantized}", if_quantized)
    return model


def _ends_of_weighted_layers(graph: onnx.GraphProto) -> set[str]:
    """Tensors that end a layer with weights: behind its bias, batch norm and activation, which quantizers fuse."""
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    ends = set()
    for node in graph.node:
        if node.op_type not in _WEIGHTED:
            continue
        name = node.output[0]
        while len(following := readers.get(name, [])) == 1:
            reader = following[0]
            bias = reader.op_type == "Add" and any(operand in constants for operand in reader.input)
            if reader.op_type not in _FOLLOWING and not bias:
                break
            name = reader.output[0]
        ends.add(name)
    return ends


def _channels_last(value: np.ndarray) -> np.ndarray:
    """[N, C, H, W] or [N, C] as [N, H, W, C]."""
    return value.transpose(0, 2, 3, 1) if value.ndim == 4 else value[:, None, None, :]
