"""Front ends: from a model file, or a program of torch, to the intermediate representation."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcugen.diagnostics import McugenError, ModelFormatError
from mcugen.ir import Graph


@dataclass(frozen=True)
class Format:
    """A kind of model file. magic: what its bytes from `offset` on must be, empty if the format has no mark.

    module: the package with `load(path) -> Graph`, imported only when a file of this kind comes. has_external_data:
    whether files may keep tensors in others, and `load` takes `external_data`.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    magic: bytes = b""
    offset: int = 0
    has_external_data: bool = False


FORMATS = (
    Format("TensorFlow Lite", (".tflite", ".lite"), "mcugen.frontend.tflite", magic=b"TFL3", offset=4),
    Format("C array", (".h", ".hpp", ".c", ".cc", ".cpp"), "mcugen.frontend.tflite.c_array"),
    Format("ONNX", (".onnx",), "mcugen.frontend.onnx", has_external_data=True),
    Format("torch.export", (".pt2",), "mcugen.frontend.torch", magic=b"PK\x03\x04"),
)


def load_model(path: Path, *, external_data: bool = False) -> Graph:
    """The verified graph of a model file of any supported format; the suffix decides which.

    external_data: whether an ONNX file may keep tensors in other files beneath its folder.

    Raises McugenError (or a subclass), with the path in the message where the file itself is at fault.
    """
    head = _head(path)
    for kind in FORMATS:
        if path.suffix.lower() in kind.suffixes:
            if head[kind.offset : kind.offset + len(kind.magic)] != kind.magic:
                raise ModelFormatError(f"{path}: not a {kind.name} file", "its contents do not fit its suffix")
            options = {"external_data": external_data} if kind.has_external_data else {}
            try:
                graph: Graph = importlib.import_module(kind.module).load(path, **options)
            except ModelFormatError as error:
                if str(path) in error.message:
                    raise
                raise ModelFormatError(f"{path}: {error.message}", error.hint) from error
            return graph
    raise McugenError(f"{path}: unknown kind of model '{path.suffix}'", f"supported suffixes are {_suffixes()}")


def is_torch_program(model: Any) -> bool:
    """Whether the model is a torch.export.ExportedProgram, found without importing torch."""
    export = sys.modules.get("torch.export")
    return export is not None and isinstance(model, export.ExportedProgram)


def _head(path: Path) -> bytes:
    """The first bytes of the file, as many as the marks of the formats need."""
    try:
        if path.exists() and not path.is_file():
            raise McugenError(f"{path}: not a file", f"a model is one file: {_suffixes()}")
        with path.open("rb") as file:
            head = file.read(max(kind.offset + len(kind.magic) for kind in FORMATS))
    except FileNotFoundError as error:
        raise McugenError(f"{path}: no such file") from error
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        raise ModelFormatError(f"{path}: the file is empty", "is the download complete?")
    return head


def _suffixes() -> str:
    return ", ".join(suffix for kind in FORMATS for suffix in kind.suffixes)
