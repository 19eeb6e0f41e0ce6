"""What stands in the way of writing, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcugen.diagnostics import McugenError


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turns what the operating system raises into a McugenError that names the path."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise McugenError(f"{path}: cannot be written: {reason}") from error
    except RuntimeError as error:
        # Path.resolve on a circle of links, before Python 3.13.
        raise McugenError(f"{path}: cannot be written: too many levels of symbolic links") from error
    except ValueError as error:
        # A null byte in a name.
        raise McugenError(f"{path}: cannot be written: {error}") from error
