"""Tensors whose data an ONNX file keeps in other files: read on request, and only from beneath the model's folder."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import Message
from onnx import ModelProto, TensorProto

from mcugen.arrays import LARGEST_FILE
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError

_ITEM_BYTES: dict[int, int] = {
    TensorProto.FLOAT: 4,
    TensorProto.DOUBLE: 8,
    TensorProto.INT8: 1,
    TensorProto.UINT8: 1,
    TensorProto.INT16: 2,
    TensorProto.UINT16: 2,
    TensorProto.INT32: 4,
    TensorProto.INT64: 8,
    TensorProto.BOOL: 1,
    TensorProto.FLOAT16: 2,
    TensorProto.BFLOAT16: 2,
}


def embed(model: ModelProto, path: Path, *, allowed: bool, limit: int = LARGEST_FILE) -> bytes:
    """Puts data that lies in other files into the model, as if it had been saved as one; returns that data in order.

    path: of the model's file. allowed: whether other files may be read. limit: bytes that may be read in all.
    Nothing is read before everything that the model says of its data was checked.

    Raises UnsupportedModelError where some data lies in another file and that is not allowed; ModelFormatError where
    the other file is not a regular one beneath the model's folder, or does not hold what the model says.
    """
    outside = [tensor for tensor in _tensors(model) if _is_outside(tensor)]
    if not outside:
        return b""
    if not allowed:
        names = ", ".join(sorted({repr(_keys(tensor).get("location", "")) for tensor in outside})[:3])
        raise UnsupportedModelError(
            f"{_where(outside[0])}: its data is in another file, {names}",
            "--external-data allows to read that beneath the model's folder; "
            "or save the model as one file: onnx.save(model, path, save_as_external_data=False)",
        )
    sizes = [_size(tensor) for tensor in outside]
    if sum(sizes) > limit:
        raise ModelFormatError(f"{path.name}: its external data has {sum(sizes)} bytes, more than {limit >> 20} MiB")
    folder = path.parent.resolve()
    parts = [_read(tensor, folder, size) for tensor, size in zip(outside, sizes, strict=True)]
    for tensor, data in zip(outside, parts, strict=True):
        tensor.raw_data = data
        tensor.ClearField("external_data")
        tensor.ClearField("data_location")
    return b"".join(parts)


def _tensors(message: Message) -> Iterator[TensorProto]:
    """Every tensor anywhere in the message: initializers, attributes, bodies of functions and branches."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for item in [value] if isinstance(value, Message) else value:
            if isinstance(item, TensorProto):
                yield item
            else:
                yield from _tensors(item)


def _is_outside(tensor: TensorProto) -> bool:
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def _where(tensor: TensorProto) -> str:
    return f"tensor {tensor.name!r}"


def _keys(tensor: TensorProto) -> dict[str, str]:
    return {str(entry.key): str(entry.value) for entry in tensor.external_data}


def _size(tensor: TensorProto) -> int:
    """Bytes that shape and type ask for, which the length that is given must be."""
    if tensor.data_type not in _ITEM_BYTES:
        raise UnsupportedModelError(f"{_where(tensor)}: external data of this type is not supported")
    dims = [int(dim) for dim in tensor.dims]
    if min(dims, default=0) < 0:
        raise ModelFormatError(f"{_where(tensor)}: its shape is {tuple(dims)}")
    size = math.prod(dims) * _ITEM_BYTES[tensor.data_type]
    if tensor.raw_data:
        raise ModelFormatError(f"{_where(tensor)}: its data is in the model and in another file")
    length = _number(tensor, "length", size)
    if length != size:
        raise ModelFormatError(f"{_where(tensor)}: its shape {tuple(dims)} needs {size} bytes, its length is {length}")
    return size


def _number(tensor: TensorProto, key: str, default: int) -> int:
    text = _keys(tensor).get(key)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ModelFormatError(f"{_where(tensor)}: the {key} of its external data is {text[:40]!r}")
    return int(text)


def _read(tensor: TensorProto, folder: Path, size: int) -> bytes:
    location = _keys(tensor).get("location", "")
    where = f"{_where(tensor)}: its external data {location!r}"
    place = _place(location, folder, where)
    offset = _number(tensor, "offset", 0)
    # Without O_NONBLOCK, opening a pipe would wait for a writer; what it opens is looked at, not its name.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(place.lstat().st_mode):
            raise ModelFormatError(f"{where} is not a regular file")
        with open(os.open(place, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelFormatError(f"{where} is not a regular file")
            if offset + size > status.st_size:
                raise ModelFormatError(f"{where} has {status.st_size} bytes, {size} are to begin at {offset}")
            file.seek(offset)
            data = file.read(size)
    except OSError as error:
        raise McugenError(f"{where} cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(data) != size:
        raise ModelFormatError(f"{where} became shorter while it was read")
    return data


def _place(location: str, folder: Path, where: str) -> Path:
    """The file that is meant, links and ".." resolved; raises ModelFormatError where it is not beneath the folder."""
    # "/" divides the parts on every system; a drive or a backslash would mean something on one of them alone.
    if not location.isprintable() or not location or "\\" in location or ":" in location:
        raise ModelFormatError(f"{where} is not the name of a file")
    if location.startswith("/"):
        raise ModelFormatError(f"{where} is an absolute path", "it must lie beneath the model's folder")
    try:
        place = (folder / location).resolve()
    except (OSError, RuntimeError) as error:
        raise ModelFormatError(f"{where} cannot be found: too many links") from error
    if folder not in place.parents:
        raise ModelFormatError(f"{where} is not beneath the model's folder")
    return place
