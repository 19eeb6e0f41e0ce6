"""From the bytes of a .tflite file to plain data: the only place that touches the flat buffer.

The generated accessors do not verify offsets. Here every length is compared with the size of the file before
anything loops over it or allocates, and whatever an accessor raises on a bad offset becomes one ModelFormatError.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.tflite.model import (
    NUMPY_TYPES,
    OPERATOR_NAMES,
    FileModel,
    FileOperator,
    FileTensor,
    shortened,
)

_MAGIC = b"TFL3"
_SCHEMA_VERSION = 3
_SMALLEST_FILE = 24
_MAXIMUM_RANK = 8
_BYTES_OF_A_VECTOR_ENTRY = 4
_OF_VARIABLES = (
    tflite.BuiltinOperator.VAR_HANDLE,
    tflite.BuiltinOperator.READ_VARIABLE,
    tflite.BuiltinOperator.ASSIGN_VARIABLE,
)
_BAD_OFFSET = (
    struct.error,
    IndexError,
    TypeError,
    ValueError,
    OverflowError,
    AttributeError,
)


@dataclass(frozen=True)
class OptionFields:
    """The options table of an operator: its class and union tag in the schema, and the scalar fields to read."""

    table: Any
    tag: int
    fields: tuple[str, ...]


def read_model(data: bytes, options: Mapping[int, OptionFields]) -> FileModel:
    """The network in the file's bytes; `options` says what to read of each operator that has a handler.

    Raises ModelFormatError for a damaged file, UnsupportedModelError for one with several networks or borders.
    """
    if len(data) < _SMALLEST_FILE or data[4:8] != _MAGIC:
        raise ModelFormatError("not a TensorFlow Lite file: bytes 4 to 7 are not 'TFL3'", "is the download complete?")
    try:
        return _Reader(data, options).read()
    except _BAD_OFFSET as error:
        raise ModelFormatError(
            f"the TensorFlow Lite file is damaged or cut short ({type(error).__name__}: {error})"
        ) from error


class _Reader:
    """Reads one file; any exception in `_BAD_OFFSET` means that an offset in it is wrong."""

    def __init__(self, data: bytes, options: Mapping[int, OptionFields]) -> None:
        self._data = data
        self._options = options
        self._model = tflite.Model.GetRootAs(data, 0)
        self._subgraph: Any = None

    def read(self) -> FileModel:
        if self._model.Version() != _SCHEMA_VERSION:
            raise ModelFormatError(f"the file's schema version is {self._model.Version()}, not 3")
        self._require_no_state()
        subgraphs = self._length(self._model.SubgraphsLength())
        if subgraphs != 1:
            raise UnsupportedModelError(
                f"the model has {subgraphs} subgraphs; one is supported", "export without control flow"
            )
        self._subgraph = self._model.Subgraphs(0)
        inputs = self._indices(self._subgraph.InputsLength(), self._subgraph.Inputs)
        outputs = self._indices(self._subgraph.OutputsLength(), self._subgraph.Outputs)
        for kind, border in (("inputs", inputs), ("outputs", outputs)):
            if not border:
                raise UnsupportedModelError(f"the model has 0 {kind}; at least one is needed")
            if min(border) < 0:
                raise ModelFormatError(f"the file is damaged: its {kind} name tensor {min(border)}")
        if len(inputs) != 1:
            raise UnsupportedModelError(
                f"the model has {len(inputs)} inputs; one is supported", "export the part that works on the image alone"
            )
        operators = tuple(self._operator(index) for index in range(self._length(self._subgraph.OperatorsLength())))
        named = {*inputs, *outputs}
        for operator in operators:
            named.update(operator.inputs, operator.outputs)
        tensors = {index: self._tensor(index) for index in sorted(named) if index != -1}
        return FileModel(tensors, operators, inputs[0], outputs)

    def _length(self, length: int) -> int:
        """A vector's length, after a check that the file can hold so many entries."""
        if length * _BYTES_OF_A_VECTOR_ENTRY > len(self._data):
            raise ModelFormatError(f"the file is damaged: a list of {length} entries does not fit into it")
        return length

    def _indices(self, length: int, at: Any) -> tuple[int, ...]:
        indices = tuple(int(at(position)) for position in range(self._length(length)))
        tensors = self._length(self._subgraph.TensorsLength())
        for index in indices:
            if not -1 <= index < tensors:
                raise ModelFormatError(f"the file is damaged: it names tensor {index} of {tensors}")
        return indices

    def _require_no_state(self) -> None:
        """Raises UnsupportedModelError for variables, which come with subgraphs of their own."""
        tables = map(self._model.OperatorCodes, range(self._length(self._model.OperatorCodesLength())))
        names = [OPERATOR_NAMES[code] for code in map(_code_of, tables) if code in _OF_VARIABLES]
        if names:
            raise UnsupportedModelError(
                f"the model keeps state from one run to the next in variables ({', '.join(names)}); networks without"
                " state are supported",
                "export it for a whole window of its input at once instead of streaming",
            )

    def _operator(self, index: int) -> FileOperator:
        table = self._subgraph.Operators(index)
        if not 0 <= table.OpcodeIndex() < self._length(self._model.OperatorCodesLength()):
            raise ModelFormatError(f"operator #{index}: its code {table.OpcodeIndex()} is not in the file")
        code_table = self._model.OperatorCodes(table.OpcodeIndex())
        code = _code_of(code_table)
        name = OPERATOR_NAMES.get(code, f"operator code {code}")
        if code == tflite.BuiltinOperator.CUSTOM:
            name = f"CUSTOM {shortened(_text(code_table.CustomCode()))}"
        outputs = self._indices(table.OutputsLength(), table.Outputs)
        if not outputs or min(outputs) < 0:
            raise ModelFormatError(f"{name} #{index}: has no output")
        output_name = _text(self._subgraph.Tensors(outputs[0]).Name())
        return FileOperator(
            index=index,
            code=code,
            name=name,
            inputs=self._indices(table.InputsLength(), table.Inputs),
            outputs=outputs,
            output_label=f"'{shortened(output_name)}'" if output_name else f"tensor {outputs[0]}",
            options=self._read_options(table, self._options.get(code)),
        )

    def _read_options(self, table: Any, wanted: OptionFields | None) -> dict[str, float] | None:
        union = table.BuiltinOptions()
        if wanted is None or union is None or table.BuiltinOptionsType() != wanted.tag:
            return None
        options = wanted.table()
        options.Init(union.Bytes, union.Pos)
        return {field: getattr(options, field)() for field in wanted.fields}

    def _tensor(self, index: int) -> FileTensor:
        table = self._subgraph.Tensors(index)
        rank = table.ShapeLength()
        if rank > _MAXIMUM_RANK or table.ShapeSignatureLength() not in (0, rank):
            raise ModelFormatError(f"tensor {index}: a shape of {rank} dimensions")
        shape = [int(table.Shape(axis)) for axis in range(rank)]
        for axis in range(table.ShapeSignatureLength()):
            if table.ShapeSignature(axis) == -1:
                shape[axis] = -1
        quantization = table.Quantization()
        scales, zero_points = self._quantization(index, quantization)
        return FileTensor(
            index=index,
            name=_text(table.Name()),
            type=table.Type(),
            shape=tuple(shape),
            scales=scales,
            zero_points=zero_points,
            quantized_dimension=quantization.QuantizedDimension() if quantization is not None else 0,
            data=self._buffer(table.Buffer()),
            is_sparse=table.Sparsity() is not None,
            is_variable=table.IsVariable(),
        )

    def _quantization(self, index: int, table: Any) -> tuple[np.ndarray, np.ndarray]:
        scales, zero_points = np.zeros(0, np.float32), np.zeros(0, np.int64)
        if table is not None and table.ScaleLength() > 0:
            scales = np.array(table.ScaleAsNumpy(), np.float32)
            if table.ZeroPointLength() > 0:
                zero_points = np.array(table.ZeroPointAsNumpy(), np.int64)
        if len(zero_points) not in (0, len(scales)):
            raise ModelFormatError(f"tensor {index}: {len(scales)} scales, {len(zero_points)} zero points")
        if not (np.all(np.isfinite(scales)) and np.all(scales >= 0)):
            raise ModelFormatError(f"tensor {index}: a scale is negative or not finite")
        return scales, zero_points

    def _buffer(self, index: int) -> np.ndarray | None:
        """The constant bytes, None if there are none. Views of the file: nothing is copied."""
        if index == 0:
            return None
        if index >= self._length(self._model.BuffersLength()):
            raise ModelFormatError(f"the file is damaged: it names buffer {index}")
        table = self._model.Buffers(index)
        if table.Offset() > 1:
            # Files past 2 GiB keep their constants behind the flat buffer.
            return np.frombuffer(self._data, np.uint8, count=table.Size(), offset=table.Offset())
        if table.DataLength() == 0:
            return None
        data: np.ndarray = table.DataAsNumpy()
        return data


def _code_of(table: Any) -> int:
    """Converters write codes below 127 into the old one-byte field, and since 2020 into both."""
    return max(int(table.BuiltinCode()), int(table.DeprecatedBuiltinCode()))


def _text(raw: bytes | None) -> str:
    """A name on one line: messages and comments repeat it."""
    decoded = (raw or b"").decode("utf-8", errors="replace")
    return "".join(character if character.isprintable() else " " for character in decoded).strip()


def constant_integers(tensor: FileTensor) -> list[int] | None:
    """The values of a constant int32 or int64 tensor one after the other; None for what is no such constant."""
    if tensor.data is None or tensor.type not in (tflite.TensorType.INT32, tflite.TensorType.INT64):
        return None
    try:
        return [int(value) for value in constant_array(tensor, NUMPY_TYPES[tensor.type]).reshape(-1)]
    except ModelFormatError:
        return None


def constant_array(tensor: FileTensor, dtype: np.dtype[Any]) -> np.ndarray:
    """The constant's values in its shape, read-only. Raises ModelFormatError if shape and bytes disagree."""
    if tensor.data is None:
        raise ModelFormatError(f"{tensor.label} has no data in the file")
    if min(tensor.shape, default=0) < 0 or math.prod(tensor.shape) * dtype.itemsize != len(tensor.data):
        raise ModelFormatError(f"{tensor.label}: shape {tensor.shape} does not fit its {len(tensor.data)} bytes")
    return tensor.data.view(dtype).reshape(tensor.shape)
