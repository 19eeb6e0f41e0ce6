"""What handlers see of the model: activations as graph tensors, constants as arrays, both checked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tflite

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.tflite.model import NUMPY_TYPES, FileModel, FileOperator, FileTensor
from mcugen.frontend.tflite.names import operator_names, tensor_names, unique
from mcugen.frontend.tflite.reader import constant_array
from mcugen.ir import UNBOUNDED, Tensor

_MAXIMUM_ELEMENTS = 1 << 26
MAP_DIMENSIONS = 4
"""At most, of a tensor in the file that the graph has; more are left out with the operators between them."""
HOW_TO_QUANTIZE = (
    "quantize it while converting: converter.optimizations = [tf.lite.Optimize.DEFAULT];"
    " converter.representative_dataset = images; converter.target_spec.supported_ops ="
    " [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]; converter.inference_input_type ="
    " converter.inference_output_type = tf.int8"
)
"""The lines for TensorFlow's converter; `images` is a function that yields lists of one float32 batch each."""


class Network:
    """The file's network during translation.

    folded: constants that operators of the file compute (shapes), by tensor index; `constants.fold` fills it.
    resolved_shapes: shapes that the file leaves open and RESHAPE decides, by tensor index.

    The graph holds uint8 tensors as int8 with all values and the zero point 128 lower, so that x - zero point stays.
    """

    def __init__(self, model: FileModel) -> None:
        self.model = model
        self.folded: dict[int, np.ndarray] = {}
        self.resolved_shapes: dict[int, tuple[int, ...]] = {}
        self._written = {output for op in model.operators for output in op.outputs}
        self._names = tensor_names(model.tensors.values())
        self._operator_names = operator_names(model)
        self._activations: dict[int, Tensor] = {}
        self._inner: list[Tensor] = []
        # Names of tensors and of operators that no other may have.
        self._taken = {*self._names.values(), *self._operator_names.values()}

    def activations(self) -> Iterable[Tensor]:
        """Every graph tensor that a handler has asked for."""
        return (*self._activations.values(), *self._inner)

    def operator_fields(
        self,
        operator: FileOperator,
        inputs: tuple[Tensor, ...],
        output: Tensor,
        activation: tuple[float, float] = UNBOUNDED,
    ) -> dict[str, Any]:
        """The fields that every `ir.Operator` has. activation: its real bounds, those of `fused_activation`.

        Of several operators, the one that writes the file's first output stands for the operator of the file.
        """
        name = self._operator_names[operator.index]
        position = next((k for k, index in enumerate(operator.outputs) if self._names[index] == output.name), None)
        if position != 0:
            part = output.name.rpartition("/")[2] if position is None else str(position)
            name = unique(f"{name}/{part}", self._taken)
        return {
            "name": name,
            "inputs": tuple(tensor.name for tensor in inputs),
            "output": output.name,
            "source": operator.source,
            "source_index": operator.index if position == 0 else None,
            "activation": activation,
        }

    def file_tensor(self, operator: FileOperator, index: int) -> FileTensor:
        """The tensor; the file must not mark it as sparse or variable."""
        tensor = self.model.tensors[index]
        if tensor.is_sparse:
            raise operator.unsupported(f"{tensor.label} is sparse", "convert without sparsity")
        if tensor.is_variable:
            raise operator.unsupported(f"{tensor.label} is a variable; networks with state are not supported")
        return tensor

    def is_constant(self, index: int) -> bool:
        """Whether the file or a folded operator gives the tensor's value."""
        return index in self.folded or (
            index not in self._written and index != self.model.input and self.model.tensors[index].data is not None
        )

    def input(self, operator: FileOperator, position: int = 0) -> Tensor:
        """The operator's input at this position, a feature map."""
        return self.activation(operator, operator.input(position))

    def output(self, operator: FileOperator, position: int = 0) -> Tensor:
        """The operator's output at this position, a feature map."""
        return self.activation(operator, operator.outputs[position])

    def inner(self, operator: FileOperator, suffix: str, shape: tuple[int, int, int], like: Tensor) -> Tensor:
        """A new tensor between the several operators of the graph that one of the file becomes; values as of `like`."""
        name = unique(f"{self._names[operator.outputs[0]]}/{suffix}", self._taken)
        tensor = replace(like, name=name, shape=shape)
        self._inner.append(tensor)
        return tensor

    def numbers(self, operator: FileOperator, shape: tuple[int, int, int]) -> Tensor:
        """The graph's tensor of the operator's output where that holds numbers from 0 to 255 and has no scale."""
        index = operator.outputs[0]
        self._activations[index] = Tensor(self._names[index], shape, "int8", 1.0, -128)
        return self._activations[index]

    def pixels(self, operator: FileOperator) -> Tensor:
        """The graph's tensor of the operator's input where that has no scale: integers as they are."""
        index = operator.input(0)
        tensor = self.file_tensor(operator, index)
        shape = feature_map_shape(operator, tensor.label, self.shape(tensor))
        zero_point = -128 if tensor.type == tflite.TensorType.UINT8 else 0
        return self._activations.setdefault(index, Tensor(self._names[index], shape, "int8", 1.0, zero_point))

    def is_read(self, index: int) -> bool:
        """Whether an operator of the file, or who runs the network, reads the tensor."""
        return index in self.model.outputs or bool(self.model.readers(index))

    def activation(self, operator: FileOperator, index: int) -> Tensor:
        """The graph's tensor (height, width, channels) of a feature map in the file.

        Raises UnsupportedModelError for constants, types other than int8 and uint8 and batches, ModelFormatError
        for impossible shapes and scales.
        """
        if index not in self._activations:
            self._activations[index] = self._activation(operator, index)
        return self._activations[index]

    def _activation(self, operator: FileOperator, index: int) -> Tensor:
        tensor = self.file_tensor(operator, index)
        if self.is_constant(index):
            raise operator.unsupported(f"its operand {tensor.label} is a constant; a feature map is supported")
        offset = 128 if tensor.type == tflite.TensorType.UINT8 else 0
        if tensor.type not in (tflite.TensorType.INT8, tflite.TensorType.UINT8):
            raise operator.unsupported(
                f"{tensor.label} is {tensor.type_name}; full-integer int8 and uint8 models are supported",
                HOW_TO_QUANTIZE,
            )
        if len(tensor.scales) != 1:
            what = "one scale for each channel" if len(tensor.scales) else "no scale"
            raise operator.unsupported(f"the feature map {tensor.label} has {what}; one is supported", HOW_TO_QUANTIZE)
        if tensor.lacks_zero_points:
            raise operator.damaged(f"{tensor.label} has a scale and no zero point")
        if tensor.data is not None:
            raise operator.damaged(f"{tensor.label} is computed, yet the file holds its value as a constant")
        scale, zero_point = float(tensor.scales[0]), int(tensor.zero_points[0]) - offset
        if scale <= 0 or not -128 <= zero_point <= 127:
            raise operator.damaged(f"{tensor.label} has scale {scale:g} and zero point {zero_point + offset}")
        shape = feature_map_shape(operator, tensor.label, self.shape(tensor))
        return Tensor(self._names[index], shape, "int8", scale, zero_point)

    def is_unsigned(self, operator: FileOperator) -> bool:
        """Whether the operator computes in uint8, as networks of TensorFlow's older quantizer do."""
        return self.model.tensors[operator.outputs[0]].type == tflite.TensorType.UINT8

    def shape(self, tensor: FileTensor) -> tuple[int, ...]:
        """The tensor's shape in the file's own dimensions, as far as it is known; open dimensions are -1."""
        return self.resolved_shapes.get(tensor.index, concrete_shape(tensor))

    def constant(self, operator: FileOperator, position: int, *types: int) -> np.ndarray:
        """A constant input as a read-only array of one of these `tflite.TensorType`s."""
        index = operator.input(position)
        if index in self.folded:
            return self.folded[index]
        tensor = self.file_tensor(operator, index)
        if not self.is_constant(index):
            raise operator.unsupported(
                f"its input {position}, {tensor.label}, is computed while the network runs; a constant is supported"
            )
        if tensor.type not in types:
            wanted = " or ".join(NUMPY_TYPES[kind].name for kind in types)
            raise operator.unsupported(
                f"its input {position}, {tensor.label}, is {tensor.type_name}; {wanted} is supported", HOW_TO_QUANTIZE
            )
        try:
            return constant_array(tensor, NUMPY_TYPES[tensor.type])
        except ModelFormatError as error:
            raise operator.damaged(error.message) from error


def concrete_shape(tensor: FileTensor) -> tuple[int, ...]:
    """The tensor's shape with an open batch dimension (-1 in the first place) taken as 1."""
    if len(tensor.shape) > 1 and tensor.shape[0] == -1:
        return (1, *tensor.shape[1:])
    return tensor.shape


def feature_map_shape(operator: FileOperator, label: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(height, width, channels) for (1, H, W, C), (1, W, C), (P, C) and (C); P positions lie beside each other."""
    if not 1 <= len(shape) <= MAP_DIMENSIONS:
        raise operator.unsupported(f"{label} has shape {shape}; 1 to 4 dimensions are supported")
    if min(shape) < 0:
        raise operator.unsupported(f"{label} has the open shape {shape}", "convert with a fixed input shape")
    if min(shape) == 0:
        raise operator.damaged(f"{label} has the empty shape {shape}")
    if len(shape) > 2 and shape[0] != 1:
        raise operator.unsupported(f"{label} has shape {shape}", "convert with batch size 1")
    if math.prod(shape) > _MAXIMUM_ELEMENTS:
        raise operator.unsupported(f"{label} of shape {shape} is too large for a microcontroller")
    inner = shape[1:] if len(shape) > 2 else shape
    padded = (1, 1, 1, *inner)[-3:]
    return (padded[0], padded[1], padded[2])


@dataclass(frozen=True, eq=False)
class OperatorLowering:
    """`mcugen.frontend.lowering.Lowering` of an operator of the file, in the scale of `output`."""

    network: Network
    operator: FileOperator
    output: Tensor

    def inner(self, suffix: str, shape: tuple[int, int, int]) -> Tensor:
        """As `Network.inner`."""
        return self.network.inner(self.operator, suffix, shape, self.output)

    def fields(self, inputs: tuple[Tensor, ...], output: Tensor) -> dict[str, Any]:
        """As `Network.operator_fields`."""
        return self.network.operator_fields(self.operator, inputs, output)
