"""Files of images: which are read, what lies beside them, and how a picture is brought upright and to 8 bits."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".gif", ".tif", ".tiff")
TEST_PARTS = ("test", "val", "valid", "validation")
"""What the part of a data set is called that nets are tested on; the first that is there counts."""
# What operating systems leave beside images.
_OF_THE_SYSTEM = ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_hidden(path: Path) -> bool:
    """Whether the name is one of those that systems and tools make for themselves, such as .ipynb_checkpoints."""
    return path.name.startswith(".") or path.name in _OF_THE_SYSTEM


def files_beneath(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Files anywhere beneath a folder whose names end so, in lower case or upper, in the order of their paths; links
    are followed, hidden files and folders left out."""
    return sorted(path for path in _walk(folder, set()) if path.suffix.lower() in suffixes)


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    # A link can lead back to where it lies.
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    for path in folder.iterdir():
        if is_hidden(path):
            continue
        if path.is_dir():
            yield from _walk(path, seen)
        elif path.is_file():
            yield path


def decoding_errors() -> tuple[type[Exception], ...]:
    """What Pillow raises for files that are damaged, or no images."""
    import struct

    from PIL import Image

    common = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
    return (*common, struct.error, LookupError, TypeError, AttributeError, ArithmeticError)


def decoding_failure(error: Exception, path: Path) -> str:
    """Why the file cannot be read, in a line."""
    reason = str(error).partition("\n")[0] or type(error).__name__
    return reason.removesuffix(f" {str(path)!r}").removesuffix(":")


def upright(image: Image) -> Image:
    """The picture as it is to be seen: by its EXIF orientation, 16 bits a pixel as 8, transparent pixels white.

    Raises ValueError for pixels that are real numbers, whose range nothing tells.
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    try:
        turned: Any = ImageOps.exif_transpose(image)
    except decoding_errors():
        # The picture itself may be sound.
        turned = image
    if turned.mode == "F":
        raise ValueError("its pixels are real numbers of no known range; convert it to png")
    if turned.mode.startswith("I"):
        # 16 bits a pixel: Pillow's own conversion would cut off instead of scaling.
        turned = pillow.fromarray((np.asarray(turned).clip(0, 65535) >> 8).astype(np.uint8))
    if turned.has_transparency_data:
        # The colours of transparent pixels are whatever a program left in them.
        opaque = turned.convert("RGBA")
        turned = pillow.alpha_composite(pillow.new("RGBA", opaque.size, "white"), opaque)
    found: Image = turned
    return found
