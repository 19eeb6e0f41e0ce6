"""Writes small .tflite files, table by table: what `tflite_builder` stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import tflite

_NUMPY = {"int8": np.int8, "uint8": np.uint8, "int16": np.int16, "int32": np.int32, "float32": np.float32}


@dataclass
class Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: list[float]
    zero_points: list[int]
    buffer: int
    quantized_dimension: int
    signature: tuple[int, ...] | None
    sparse: bool
    variable: bool


@dataclass
class Operator:
    code: int
    custom: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: str
    fields: dict[str, Any]


class FileBuilder:
    """Tables of one subgraph. Nothing is checked: tests write impossible files with it too."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self.buffers: list[bytes] = [b""]

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: float | Sequence[float] = (),
        zero_point: int | Sequence[int] = 0,
        data: np.ndarray | None = None,
        quantized_dimension: int = 0,
        signature: Sequence[int] | None = None,
        sparse: bool = False,
        variable: bool = False,
    ) -> int:
        """The index of a new tensor. scale: one, several (per channel) or none. zero_point: () leaves them out."""
        scales = [float(value) for value in np.atleast_1d(np.array(scale, float))]
        given = np.atleast_1d(np.array(zero_point, np.int64))
        zero_points = [int(value) for value in np.broadcast_to(given, (len(scales),))] if given.size else []
        buffer = 0
        if data is not None:
            self.buffers.append(np.ascontiguousarray(data).tobytes())
            buffer = len(self.buffers) - 1
        self.tensors.append(
            Tensor(
                name,
                tuple(int(size) for size in shape),
                dtype,
                scales,
                zero_points,
                buffer,
                quantized_dimension,
                None if signature is None else tuple(signature),
                sparse,
                variable,
            )
        )
        return len(self.tensors) - 1

    def constant(self, name: str, values: Any, dtype: str = "int32", **quantization: Any) -> int:
        """The index of a new constant tensor."""
        array = np.asarray(values, _NUMPY[dtype])
        return self.tensor(name, array.shape, dtype, data=array, **quantization)

    def operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: str = "", **fields: Any
    ) -> None:
        """Appends an operator; name: of a BuiltinOperator, or CUSTOM:something. options: such as "Conv2DOptions"."""
        kind, _, custom = name.partition(":")
        code = getattr(tflite.BuiltinOperator, kind)
        self.operators.append(Operator(code, custom, tuple(inputs), tuple(outputs), options, fields))

    def finish(self, inputs: Sequence[int], outputs: Sequence[int], subgraphs: int = 1, version: int = 3) -> bytes:
        """The file. subgraphs: that many copies of the one subgraph."""
        builder = flatbuffers.Builder(1024)
        buffers = [self._buffer(builder, data) for data in self.buffers]
        codes = sorted({(op.code, op.custom) for op in self.operators})
        code_tables = [self._operator_code(builder, *code) for code in codes]
        tensors = [self._tensor_table(builder, tensor) for tensor in self.tensors]
        operators = [self._operator_table(builder, op, codes.index((op.code, op.custom))) for op in self.operators]
        tensor_vector = _offsets(builder, tensors)
        input_vector = builder.CreateNumpyVector(np.array(inputs, np.int32))
        output_vector = builder.CreateNumpyVector(np.array(outputs, np.int32))
        operator_vector = _offsets(builder, operators)
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, tensor_vector)
        tflite.SubGraphAddInputs(builder, input_vector)
        tflite.SubGraphAddOutputs(builder, output_vector)
        tflite.SubGraphAddOperators(builder, operator_vector)
        subgraph = tflite.SubGraphEnd(builder)
        code_vector = _offsets(builder, code_tables)
        subgraph_vector = _offsets(builder, [subgraph] * subgraphs)
        buffer_vector = _offsets(builder, buffers)
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, version)
        tflite.ModelAddOperatorCodes(builder, code_vector)
        tflite.ModelAddSubgraphs(builder, subgraph_vector)
        tflite.ModelAddBuffers(builder, buffer_vector)
        builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    @staticmethod
    def _buffer(builder: flatbuffers.Builder, data: bytes) -> int:
        vector = None
        if data:
            # The format wants constants at multiples of 16 bytes.
            builder.StartVector(1, len(data), 16)
            builder.head -= len(data)
            builder.Bytes[builder.Head() : builder.Head() + len(data)] = data
            vector = builder.EndVector()
        tflite.BufferStart(builder)
        if vector is not None:
            tflite.BufferAddData(builder, vector)
        return tflite.BufferEnd(builder)

    @staticmethod
    def _operator_code(builder: flatbuffers.Builder, code: int, custom: str) -> int:
        name = builder.CreateString(custom) if custom else None
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
        tflite.OperatorCodeAddBuiltinCode(builder, code)
        tflite.OperatorCodeAddVersion(builder, 1)
        if name is not None:
            tflite.OperatorCodeAddCustomCode(builder, name)
        return tflite.OperatorCodeEnd(builder)

    @staticmethod
    def _tensor_table(builder: flatbuffers.Builder, tensor: Tensor) -> int:
        name = builder.CreateString(tensor.name)
        shape = builder.CreateNumpyVector(np.array(tensor.shape, np.int32))
        signature = None
        if tensor.signature is not None:
            signature = builder.CreateNumpyVector(np.array(tensor.signature, np.int32))
        quantization = None
        if tensor.scales:
            scales = builder.CreateNumpyVector(np.array(tensor.scales, np.float32))
            zero_points = builder.CreateNumpyVector(np.array(tensor.zero_points, np.int64))
            tflite.QuantizationParametersStart(builder)
            tflite.QuantizationParametersAddScale(builder, scales)
            tflite.QuantizationParametersAddZeroPoint(builder, zero_points)
            tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.quantized_dimension)
            quantization = tflite.QuantizationParametersEnd(builder)
        sparsity = None
        if tensor.sparse:
            tflite.SparsityParametersStart(builder)
            sparsity = tflite.SparsityParametersEnd(builder)
        tflite.TensorStart(builder)
        tflite.TensorAddName(builder, name)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, getattr(tflite.TensorType, tensor.dtype.upper()))
        tflite.TensorAddBuffer(builder, tensor.buffer)
        tflite.TensorAddIsVariable(builder, tensor.variable)
        if signature is not None:
            tflite.TensorAddShapeSignature(builder, signature)
        if quantization is not None:
            tflite.TensorAddQuantization(builder, quantization)
        if sparsity is not None:
            tflite.TensorAddSparsity(builder, sparsity)
        return tflite.TensorEnd(builder)

    @staticmethod
    def _operator_table(builder: flatbuffers.Builder, operator: Operator, opcode_index: int) -> int:
        inputs = builder.CreateNumpyVector(np.array(operator.inputs, np.int32))
        outputs = builder.CreateNumpyVector(np.array(operator.outputs, np.int32))
        options = None
        if operator.options:
            fields = {
                field: builder.CreateNumpyVector(np.array(value, np.int32)) if isinstance(value, list) else value
                for field, value in operator.fields.items()
            }
            getattr(tflite, f"{operator.options}Start")(builder)
            for field, value in fields.items():
                getattr(tflite, f"{operator.options}Add{field}")(builder, value)
            options = getattr(tflite, f"{operator.options}End")(builder)
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, opcode_index)
        tflite.OperatorAddInputs(builder, inputs)
        tflite.OperatorAddOutputs(builder, outputs)
        if options is not None:
            tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, operator.options))
            tflite.OperatorAddBuiltinOptions(builder, options)
        return tflite.OperatorEnd(builder)


def _offsets(builder: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
