"""Writing quantized programs: whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.export import ExportedProgram

from mcugen.camera import CameraOptions
from mcugen.frontend.recorded_camera import KEY as CAMERA_KEY
from mcugen.frontend.recorded_pixels import KEY as PIXELS_KEY
from mcugen.frontend.recorded_pixels import pixels_option
from mcugen.frontend.recorded_task import KEY as TASK_KEY
from mcugen.frontend.torch.archive import LABELS_FILE
from mcugen.frontend.torch.quiet import quiet
from mcugen.ir import Normalization
from mcugen.output import write_whole
from mcugen.text import one_line


def save_program(
    path: str | Path,
    program: ExportedProgram,
    labels: Sequence[str] = (),
    pixels: Normalization | str | None = None,
    task: str = "",
    camera: CameraOptions | None = None,
) -> None:
    """Writes a .pt2 with the names of the classes, which the compiler reads; an older file is replaced.

    pixels: how images were prepared in training, as `--pixels` says it or as numbers, which the compiler then knows.
    task: "embed" or "regress" of a net that tells a vector, or numbers, which `labels` then name. camera: by which the
    net saw images in training.
    Raises McugenError with what stands in the way: permissions, a full disk.
    """
    with write_whole(Path(path)) as stream:
        stream.write(program_bytes(program, labels, pixels, task, camera))


def program_bytes(
    program: ExportedProgram,
    labels: Sequence[str] = (),
    pixels: Normalization | str | None = None,
    task: str = "",
    camera: CameraOptions | None = None,
) -> bytes:
    """The content of a .pt2 with the names of the classes, and the rest as of `save_program`.

    labels: one line each in the file, so that a line break in a name does not move the names behind it.
    """
    extra = {LABELS_FILE: "\n".join(map(one_line, labels))}
    if pixels is not None:
        extra[PIXELS_KEY] = pixels_option(pixels) if isinstance(pixels, Normalization) else pixels
    if task:
        extra[TASK_KEY] = task
    if camera is not None:
        extra[CAMERA_KEY] = camera.words
    content = io.BytesIO()
    with quiet():
        torch.export.save(program, content, extra_files=extra)
    return content.getvalue()
