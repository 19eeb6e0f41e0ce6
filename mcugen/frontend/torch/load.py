"""From a saved program (.pt2), or one in memory, to a verified graph."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from mcugen import ir
from mcugen.diagnostics import McugenError, ModelFormatError
from mcugen.extras import require
from mcugen.frontend.onnx.build import build_graph
from mcugen.frontend.torch.quiet import quiet

if TYPE_CHECKING:
    from torch.export import ExportedProgram

LABELS_FILE = "labels.txt"
"""The extra file of a .pt2 that holds the names of the classes, a line each."""


def load(path: Path) -> ir.Graph:
    """The verified graph of a quantized program that torch.export.save wrote.

    Raises McugenError without torch, ModelFormatError if the file is damaged, UnsupportedModelError if it is sound but
    holds something that is not compiled.
    """
    require("torch", "torch", "reading a .pt2 file")
    from mcugen.frontend.torch.program import translate

    program, labels = read_program(path)
    return build_graph(translate(program, path.stem, labels, hashlib.sha256(path.read_bytes()).hexdigest()))


def from_program(program: ExportedProgram, name: str = "model") -> ir.Graph:
    """The verified graph of a quantized program. Raises as `load` does."""
    from mcugen.frontend.torch.program import translate

    return build_graph(translate(program, name))


def read_program(path: Path) -> tuple[ExportedProgram, tuple[str, ...]]:
    """(the program of a .pt2 file, its labels). Raises ModelFormatError if torch cannot read the file."""
    import torch

    # Registers quantized_decomposed, without which a quantized program cannot be read.
    importlib.import_module("torch.ao.quantization.fx._decomposed")
    extra: dict[str, str | bytes] = {LABELS_FILE: ""}
    try:
        with quiet():
            program = torch.export.load(path, extra_files=extra)
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:
        # torch raises whatever comes on damaged files: KeyError, AssertionError, RuntimeError, json's, zipfile's.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelFormatError(
            f"{path.name}: not a program that torch can read: {reason}", "write it with torch.export.save"
        ) from error
    text = extra[LABELS_FILE]
    return program, tuple((text.decode("utf-8", "replace") if isinstance(text, bytes) else text).splitlines())
