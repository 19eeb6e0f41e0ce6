"""Checkpoints: a net and where its training stands, in one file that torch reads without running code from it."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mcugen.bounded import check_members
from mcugen.diagnostics import McugenError
from mcugen.extras import require
from mcugen.output import write_whole
from mcugen.training.stored import Checkpoint

if TYPE_CHECKING:
    pass

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

_FORMAT = "mcugen checkpoint"
_VERSION = 1


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the file, whole or not at all; an older one of that name is replaced."""
    import torch

    content = {"format": _FORMAT, "version": _VERSION, **vars(checkpoint)}
    with write_whole(path) as stream:
        torch.save(content, stream)


def load_checkpoint(path: str | os.PathLike[str], *, cells: bool = False) -> Checkpoint:
    """Reads a file that `mcugen train` wrote; one of a net with a class at every position only where `cells`.

    Raises McugenError naming the file if it is absent, damaged, of something else, of a later version, or holds values
    that no training leaves. No code of the file is run, and no more memory is taken than the file is long.
    """
    torch = require("torch", "torch", "reading a checkpoint")
    if not Path(path).is_file():
        raise McugenError(f"{path}: no such file", "mcugen train writes checkpoints")
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, Path(path))
        content = torch.load(path, map_location="cpu", weights_only=True)
    except McugenError:
        raise
    except zipfile.BadZipFile as error:
        raise McugenError(
            f"{path}: not a sound checkpoint: of another format, or cut short", "mcugen train writes checkpoints"
        ) from error
    except pickle.UnpicklingError as error:
        # torch's own message advises to load the file with weights_only=False, which would run what is in it.
        raise McugenError(
            f"{path}: not a checkpoint of mcugen: it holds objects that could run code, it was not opened",
            "mcugen train writes checkpoints",
        ) from error
    except Exception as error:
        # torch raises whatever comes on damaged files: RuntimeError, KeyError, IndexError, zipfile's.
        reason = str(error).partition("\n")[0][:200] or type(error).__name__
        raise McugenError(f"{path}: not a sound checkpoint: {reason}") from error
    if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
        raise McugenError(f"{path}: not a checkpoint of mcugen", "mcugen train writes checkpoints")
    version = content.pop("version", None)
    if version != _VERSION:
        raise McugenError(f"{path}: version {version!r} of the format, this mcugen reads {_VERSION}")
    # A cycle otherwise: what is checked is a Checkpoint.
    from mcugen.training.sound import sound_checkpoint

    return sound_checkpoint(content, str(path), cells=cells)
