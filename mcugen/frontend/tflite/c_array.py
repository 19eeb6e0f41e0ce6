"""A .tflite file as an array in C or C++ source: what xxd and the converters of hobby tools write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError
from mcugen.frontend.tflite.load import load_bytes
from mcugen.ir import Graph

_LARGEST_TEXT = 256 << 20
# An unfinished comment reaches to the end, so that nothing is searched twice.
_COMMENTS = re.compile(rb"//[^\n]*|/\*(?:.*?\*/|.*\Z)", re.DOTALL)
_INITIALIZERS = re.compile(rb"\{([0-9A-Fa-fxXuU,\s]*)\}")
_NUMBER = re.compile(rb"\s*(0[xX][0-9A-Fa-f]+|[0-9]+)[uU]?\s*")
_MAGIC = b"TFL3"
_MAGIC_OFFSET = 4
_LONGEST_BEGIN = 256
_HINT = "write one with: xxd -i model.tflite > model.h"


def load(path: Path) -> Graph:
    """The verified graph of the one array in the source file that is a .tflite file.

    Raises ModelFormatError if there is none or it is no list of bytes, UnsupportedModelError if there are several or
    the network is not supported, McugenError if the file cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST_TEXT:
            raise McugenError(
                f"{path}: {size:,} bytes of source; up to {_LARGEST_TEXT:,} are read", "compile the .tflite file itself"
            )
        text = path.read_bytes()
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror}") from error
    return load_bytes(_only_model(path, text), path.stem)


def _only_model(path: Path, text: bytes) -> bytes:
    found = [values for values in _initializers(text) if _begins_like_a_model(values)]
    if not found:
        raise ModelFormatError(
            f"{path}: holds no array of numbers that begins like a .tflite file ('TFL3' in its bytes 4 to 7)", _HINT
        )
    if len(found) > 1:
        raise UnsupportedModelError(
            f"{path}: holds {len(found)} arrays that begin like .tflite files; one is supported",
            "put each into a file of its own",
        )
    data = _bytes(found[0])
    if data is None:
        raise ModelFormatError(
            f"{path}: the array with the .tflite file is no list of numbers from 0 to 255, each decimal or 0x..", _HINT
        )
    return data


def _initializers(text: bytes) -> Iterator[bytes]:
    """What stands between braces where that is numbers only."""
    for match in _INITIALIZERS.finditer(_COMMENTS.sub(b" ", text)):
        yield match[1]


def _begins_like_a_model(values: bytes) -> bool:
    begin = _bytes(b",".join(values[:_LONGEST_BEGIN].split(b",", 8)[:8]))
    return begin is not None and begin[_MAGIC_OFFSET:] == _MAGIC


def _bytes(values: bytes) -> bytes | None:
    """The numbers as bytes, None where one is none. A comma may stand behind the last."""
    parts = values.rstrip().removesuffix(b",").split(b",")
    numbers = []
    for part in parts:
        match = _NUMBER.fullmatch(part)
        if match is None:
            return None
        digits = match[1]
        # A number that begins with 0 is octal in C; more than three digits after that are no byte in any base.
        base = 16 if digits[:2] in (b"0x", b"0X") else 8 if len(digits) > 1 and digits[:1] == b"0" else 10
        if base == 8 and digits.strip(b"01234567"):
            return None
        if len(digits.lstrip(b"0xX")) > 3:
            return None
        number = int(digits, base)
        if number > 255:
            return None
        numbers.append(number)
    return bytes(numbers)
