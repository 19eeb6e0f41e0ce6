"""Tensors that are stored in the file, decoded with every length checked before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from onnx import TensorProto

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError

_TYPES: dict[int, tuple[str, str]] = {
    # ONNX type: (NumPy type, field that holds the values when raw_data does not)
    TensorProto.FLOAT: ("<f4", "float_data"),
    TensorProto.DOUBLE: ("<f8", "double_data"),
    TensorProto.INT8: ("i1", "int32_data"),
    TensorProto.UINT8: ("u1", "int32_data"),
    TensorProto.INT16: ("<i2", "int32_data"),
    TensorProto.UINT16: ("<u2", "int32_data"),
    TensorProto.INT32: ("<i4", "int32_data"),
    TensorProto.INT64: ("<i8", "int64_data"),
    TensorProto.BOOL: ("?", "int32_data"),
}


def text(value: object) -> str:
    """A string field of the protobuf, fit for messages.

    Raises ModelFormatError where it is not UTF-8 (protobuf hands out bytes then) or holds control characters.
    """
    if not isinstance(value, str) or not value.isprintable():
        raise ModelFormatError(f"not an ONNX file, or a damaged one: {value!r} is not text")
    return value


def type_name(code: int) -> str:
    """ "INT4", "FLOAT16": the name of an ONNX element type, for messages."""
    names = TensorProto.DataType.DESCRIPTOR.values_by_number
    return names[code].name if code in names else f"type {code}"


def decode(proto: TensorProto, where: str) -> np.ndarray:
    """The stored array. where: what messages call it.

    Raises ModelFormatError where shape and data disagree, UnsupportedModelError for types that no
    supported operator reads. Data in another file must have been embedded (see `external`).
    """
    if proto.data_type not in _TYPES:
        raise UnsupportedModelError(
            f"{where}: tensors of {type_name(proto.data_type)} are not supported",
            "supported: float32 models with int8 or uint8 activations and weights, int32 biases",
        )
    dtype, field = _TYPES[proto.data_type]
    shape = tuple(int(d) for d in proto.dims)
    count = math.prod(shape)
    raw = proto.raw_data
    values = getattr(proto, field)
    stored = len(raw) / np.dtype(dtype).itemsize if raw else len(values)
    if min(shape, default=0) < 0 or stored != count:
        raise ModelFormatError(f"{where}: {stored:g} values are stored for the shape {shape}")
    if raw:
        return np.frombuffer(raw, dtype).astype(np.dtype(dtype).newbyteorder("=")).reshape(shape)
    try:
        return np.array(list(values), np.dtype(dtype).newbyteorder("=")).reshape(shape)
    except (OverflowError, ValueError) as error:
        raise ModelFormatError(f"{where}: a value does not fit {np.dtype(dtype).name}") from error


class Initializers(Mapping[str, np.ndarray]):
    """The initializers of a file by name, each decoded when it is asked for."""

    def __init__(self, protos: Iterable[TensorProto]) -> None:
        self._protos = {text(proto.name): proto for proto in protos}

    def __getitem__(self, name: str) -> np.ndarray:
        return decode(self._protos[name], f"initializer '{name}'")

    def __contains__(self, name: object) -> bool:
        return name in self._protos

    def __iter__(self) -> Iterator[str]:
        return iter(self._protos)

    def __len__(self) -> int:
        return len(self._protos)
