"""What a .tflite file says about one network, as plain data: nothing here touches the flat buffer any more."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tflite

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if not name.startswith("_")}


OPERATOR_NAMES = _names(tflite.BuiltinOperator)
TYPE_NAMES = {value: name.lower() for value, name in _names(tflite.TensorType).items()}

NUMPY_TYPES: dict[int, np.dtype[Any]] = {
    tflite.TensorType.INT8: np.dtype("<i1"),
    tflite.TensorType.UINT8: np.dtype("<u1"),
    tflite.TensorType.INT32: np.dtype("<i4"),
    tflite.TensorType.INT64: np.dtype("<i8"),
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
}


@dataclass(frozen=True, eq=False)
class FileTensor:
    """One tensor of the file.

    name: as in the file, may be empty or not unique. type: a `tflite.TensorType`. shape: a dimension that the file
    leaves open (-1) is -1. scales: float32 [n]. zero_points: int64 [n]; n = 0 without quantization, 1 per tensor,
    else per channel; a file may leave out all zero points. quantized_dimension: that of the channels. data:
    the raw constant bytes, uint8, None for a tensor that an operator writes.
    """

    index: int
    name: str
    type: int
    shape: tuple[int, ...]
    scales: np.ndarray
    zero_points: np.ndarray
    quantized_dimension: int
    data: np.ndarray | None
    is_sparse: bool = False
    is_variable: bool = False

    @property
    def type_name(self) -> str:
        return TYPE_NAMES.get(self.type, f"type {self.type}")

    @property
    def lacks_zero_points(self) -> bool:
        """Scales without zero points, which TensorFlow Lite Micro takes for no quantization at all."""
        return len(self.scales) > 0 and len(self.zero_points) == 0

    def is_stored_as(self, other: FileTensor) -> bool:
        """Whether both have one type, one scale and one zero point, so that what moves values copies them."""
        return self.type == other.type and all(
            np.array_equal(mine, others)
            for mine, others in ((self.scales, other.scales), (self.zero_points, other.zero_points))
        )

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"'{shortened(self.name)}'" if self.name else f"tensor {self.index}"


@dataclass(frozen=True, eq=False)
class FileOperator:
    """One operator of the file. inputs, outputs: tensor indices, -1 for an optional input that is left out.

    options: the scalar fields that the handler declared, by their name in the schema; None where the file has no
    options for this operator. padding: (top, bottom, left, right) in place of what the options say, less than 0 where
    the image is cropped. elements: in place of what the operator does, for each element of its output, in that one's
    shape, the number of the first input's element that it is.
    """

    index: int
    code: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    output_label: str
    options: Mapping[str, float] | None = field(repr=False)
    padding: tuple[int, int, int, int] | None = None
    elements: np.ndarray | None = field(default=None, repr=False)

    @property
    def source(self) -> str:
        """Where it stands in the file, such as "CONV_2D #12"."""
        return f"{self.name} #{self.index}"

    @property
    def place(self) -> str:
        """The same with the name of the tensor that it writes, for messages."""
        return f"{self.source} ({self.output_label})"

    def integer(self, option: str) -> int:
        """An integer, enumeration or boolean option."""
        return int(self._option(option))

    def real(self, option: str) -> float:
        """A float32 option."""
        return float(self._option(option))

    def has_input(self, position: int) -> bool:
        """Whether the operator has an input at this position that is not left out."""
        return position < len(self.inputs) and self.inputs[position] >= 0

    def input(self, position: int) -> int:
        """The tensor index of an input that the operator cannot do without."""
        if not self.has_input(position):
            raise ModelFormatError(f"{self.place}: input {position} is missing")
        return self.inputs[position]

    def require(self, inputs: tuple[int, int], outputs: tuple[int, int] = (1, 1)) -> None:
        """Raises ModelFormatError unless the operator has from the least to the most inputs and outputs."""
        for what, (least, most), given in (("input", inputs, self.inputs), ("output", outputs, self.outputs)):
            if not least <= len(given) <= most:
                wanted = "one" if least == most == 1 else f"{least} to {most}"
                raise ModelFormatError(f"{self.place}: has {len(given)} {what}s, not {wanted}")

    def unsupported(self, what: str, hint: str = "") -> UnsupportedModelError:
        """The error that refuses this operator: "CONV_2D #3 ('name'): what (hint)"."""
        return UnsupportedModelError(f"{self.place}: {what}", hint)

    def damaged(self, what: str) -> ModelFormatError:
        """The error that says that the file contradicts itself at this operator."""
        return ModelFormatError(f"{self.place}: {what}")

    def _option(self, option: str) -> float:
        if self.options is None:
            raise self.damaged("its options are missing")
        return self.options[option]


@dataclass(frozen=True, eq=False)
class FileModel:
    """The one subgraph of the file. tensors: every one that an operator or the border names, by index.

    outputs: at least one.
    """

    tensors: Mapping[int, FileTensor]
    operators: tuple[FileOperator, ...]
    input: int
    outputs: tuple[int, ...]

    def with_joined(self, joined: Mapping[FileOperator, FileOperator], gone: Set[FileOperator]) -> FileModel:
        """The model with operators in the places of others, and without some."""
        kept = tuple(joined.get(operator, operator) for operator in self.operators if operator not in gone)
        return replace(self, operators=kept)

    def readers(self, tensor: int) -> tuple[FileOperator, ...]:
        """The operators that read the tensor, in order."""
        return tuple(op for op in self.operators if tensor in op.inputs)

    def writer(self, tensor: int) -> FileOperator | None:
        """The operator that writes the tensor, None for inputs and constants."""
        return next((op for op in self.operators if tensor in op.outputs), None)


def shortened(name: str, limit: int = 48) -> str:
    """The first of the joined names that a converter gives a fused tensor, at most `limit` characters."""
    first = name.split(";", 1)[0]
    return first if len(first) <= limit else f"...{first[3 - limit :]}"
