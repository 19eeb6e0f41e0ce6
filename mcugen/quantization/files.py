"""Writing quantized programs: whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.export import ExportedProgram

from mcugen.frontend.torch.archive import LABELS_FILE
from mcugen.frontend.torch.quiet import quiet
from mcugen.output import write_whole
from mcugen.text import one_line


def save_program(path: str | Path, program: ExportedProgram, labels: Sequence[str] = ()) -> None:
    """Writes a .pt2 with the names of the classes, which the compiler reads; an older file is replaced.

    Raises McugenError with what stands in the way: permissions, a full disk.
    """
    with write_whole(Path(path)) as stream:
        stream.write(program_bytes(program, labels))


def program_bytes(program: ExportedProgram, labels: Sequence[str] = ()) -> bytes:
    """The content of a .pt2 with the names of the classes.

    labels: one line each in the file, so that a line break in a name does not move the names behind it.
    """
    content = io.BytesIO()
    with quiet():
        torch.export.save(program, content, extra_files={LABELS_FILE: "\n".join(map(one_line, labels))})
    return content.getvalue()
