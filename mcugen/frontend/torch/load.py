"""From a saved program (.pt2), or one in memory, to a verified graph."""

from __future__ import annotations

import hashlib
import importlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from mcugen import ir
from mcugen.diagnostics import ModelFormatError
from mcugen.extras import require
from mcugen.frontend.onnx.build import build_graph
from mcugen.frontend.recorded import with_records
from mcugen.frontend.torch.archive import Archive, read_archive
from mcugen.frontend.torch.quiet import quiet

if TYPE_CHECKING:
    from torch.export import ExportedProgram


def load(path: Path) -> ir.Graph:
    """The verified graph of a quantized program that torch.export.save wrote.

    Raises McugenError without torch, ModelFormatError if the file is damaged, UnsupportedModelError if it is sound but
    holds something that is not compiled.
    """
    require("torch", "torch", "reading a .pt2 file")
    from mcugen.frontend.torch.program import translate

    program, archive = read_program(path)
    graph = build_graph(translate(program, path.stem, archive.labels, hashlib.sha256(path.read_bytes()).hexdigest()))
    return with_records(graph, archive.records, str(path))


def from_program(program: ExportedProgram, name: str = "model") -> ir.Graph:
    """The verified graph of a quantized program. Raises as `load` does."""
    from mcugen.frontend.torch.program import translate

    return build_graph(translate(program, name))


def read_program(path: Path) -> tuple[ExportedProgram, Archive]:
    """(the program of a .pt2 file, what else it says). No code of the file is run: see `archive`.

    Raises ModelFormatError if torch cannot read the file, UnsupportedModelError if it holds something that could run.
    """
    import torch

    # Registers quantized_decomposed, without which a quantized program cannot be read.
    importlib.import_module("torch.ao.quantization.fx._decomposed")
    archive = read_archive(path)
    try:
        with quiet():
            program = torch.export.load(io.BytesIO(archive.content))
    except Exception as error:
        # torch raises whatever comes on damaged files: KeyError, AssertionError, RuntimeError, json's, zipfile's.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelFormatError(
            f"{path.name}: not a program that torch can read: {reason}", "write it with torch.export.save"
        ) from error
    return program, archive
