"""Reading .npz files that users give."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from mcugen.diagnostics import McugenError

_HINT = "write it with numpy.savez(path, inputs=..., ...)"


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz file by name; raises McugenError if it is absent, damaged, or holds Python objects."""
    if not path.is_file():
        raise McugenError(f"{path}: not a file" if path.exists() else f"{path}: no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                raise McugenError(f"{path}: one array, not an .npz archive", _HINT)
            return dict(archive)
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError) as error:
        raise McugenError(f"{path}: not a sound .npz file: {error}", _HINT) from error
