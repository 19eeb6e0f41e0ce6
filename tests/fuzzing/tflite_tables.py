"""A .tflite file as tables that can be changed and written again."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

import tflite

from tests.support.tflite_file import FileBuilder, Operator, Tensor

TYPES = {value: name.lower() for name, value in vars(tflite.TensorType).items() if not name.startswith("_")}
CODES = {value: name for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
OPTIONS = {value: name for name, value in vars(tflite.BuiltinOptions).items() if not name.startswith("_")}


@dataclass
class Tables:
    """The one subgraph of a file. inputs, outputs: tensor indices. subgraphs: how many copies of it are written.

    tail: bytes behind the flat buffer, such as an archive with labels.
    """

    file: FileBuilder
    inputs: list[int]
    outputs: list[int]
    subgraphs: int = 1
    version: int = 3
    tail: bytes = field(default=b"", repr=False)

    def write(self) -> bytes:
        """The file. Raises whatever the builder raises for values that a field cannot hold."""
        return self.file.finish(self.inputs, self.outputs, self.subgraphs, self.version) + self.tail


def read_tables(data: bytes) -> Tables:
    """The tables of a sound file's first subgraph."""
    model = tflite.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    builder = FileBuilder()
    builder.buffers = [_bytes(model.Buffers(index)) for index in range(model.BuffersLength())]
    builder.tensors = [_tensor(graph.Tensors(index)) for index in range(graph.TensorsLength())]
    builder.operators = [_operator(model, graph.Operators(index)) for index in range(graph.OperatorsLength())]
    return Tables(
        builder,
        [graph.Inputs(index) for index in range(graph.InputsLength())],
        [graph.Outputs(index) for index in range(graph.OutputsLength())],
    )


def options_fields(options: str) -> list[str]:
    """The names of the scalar and vector fields of a table of options."""
    table = getattr(tflite, options)
    names = [name for name, _ in inspect.getmembers(table, inspect.isfunction)]
    fields = [name for name in names if hasattr(tflite, f"{options}Add{name}")]
    return [name for name in fields if name[0].isupper() and f"{name}AsNumpy" not in names]


def _bytes(buffer: Any) -> bytes:
    return bytes(buffer.DataAsNumpy()) if buffer.DataLength() else b""


def _tensor(table: Any) -> Tensor:
    quantization = table.Quantization()
    scales = [quantization.Scale(i) for i in range(quantization.ScaleLength())] if quantization else []
    zero_points = [quantization.ZeroPoint(i) for i in range(quantization.ZeroPointLength())] if quantization else []
    signature = tuple(table.ShapeSignature(i) for i in range(table.ShapeSignatureLength()))
    return Tensor(
        name=(table.Name() or b"").decode(errors="replace"),
        shape=tuple(table.Shape(i) for i in range(table.ShapeLength())),
        dtype=TYPES[table.Type()],
        scales=[float(scale) for scale in scales],
        zero_points=[int(value) for value in zero_points],
        buffer=table.Buffer(),
        quantized_dimension=quantization.QuantizedDimension() if quantization else 0,
        signature=signature or None,
        sparse=table.Sparsity() is not None,
        variable=bool(table.IsVariable()),
    )


def _operator(model: Any, table: Any) -> Operator:
    code = model.OperatorCodes(table.OpcodeIndex())
    options = OPTIONS.get(table.BuiltinOptionsType(), "NONE")
    fields: dict[str, Any] = {}
    union = table.BuiltinOptions()
    if options == "NONE" or union is None:
        options = ""
    else:
        read = getattr(tflite, options)()
        read.Init(union.Bytes, union.Pos)
        fields = {name: getattr(read, name)() for name in options_fields(options)}
    return Operator(
        code=max(code.BuiltinCode(), code.DeprecatedBuiltinCode()),
        custom=(code.CustomCode() or b"").decode(errors="replace"),
        inputs=tuple(table.Inputs(i) for i in range(table.InputsLength())),
        outputs=tuple(table.Outputs(i) for i in range(table.OutputsLength())),
        options=options,
        fields=fields,
    )
