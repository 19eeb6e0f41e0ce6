"""Formats of a camera's rows: how many bytes they have, and what values of a pixel they hold.

Until the picture is resized a pixel is what the format has: gray, or red, green, blue, or luma and two chromas; means
of these are as good as those of what they become, and cheaper. `mcugen.camera.color` makes pixels of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcugen.diagnostics import McugenError


@dataclass(frozen=True)
class Format:
    """A format of 8 bits a value, as `--camera` names it.

    kind: "gray", "rgb" or "yuv", what its values are. bytes: of two pixels, as some formats share bytes between two.
    values: of rows, uint8 [height, bytes of a row], the values, uint8 [height, width, 1 or 3]. pairs: whether a row has
    an even number of pixels. bayer: whether cells of 2 x 2 pixels are one, so that the picture has half as many rows
    and columns. title: for people. levels: the largest value of each, which
    stands for 255.
    """

    name: str
    title: str
    kind: str
    bytes: int
    values: Callable[[np.ndarray], np.ndarray]
    pairs: bool = False
    bayer: bool = False
    levels: tuple[int, ...] = (255, 255, 255)

    @property
    def channels(self) -> int:
        """Values of a pixel."""
        return 1 if self.kind == "gray" else 3

    @property
    def cell(self) -> int:
        """Columns and rows of the sensor that are one of the picture."""
        return 2 if self.bayer else 1

    def row_bytes(self, width: int) -> int:
        """Bytes of a row of so many pixels of the sensor."""
        return width * self.bytes // 2


def _gray(rows: np.ndarray) -> np.ndarray:
    return rows[..., None]


def _rgb888(rows: np.ndarray) -> np.ndarray:
    return rows.reshape(len(rows), -1, 3)


def _bgr888(rows: np.ndarray) -> np.ndarray:
    return _rgb888(rows)[..., ::-1]


def _rgb565(low: int) -> Callable[[np.ndarray], np.ndarray]:
    def values(rows: np.ndarray) -> np.ndarray:
        """Five, six and five bits as they are: they become 0 to 255 where they are divided anyway."""
        words = rows[:, low::2].astype(np.uint16) | rows[:, 1 - low :: 2].astype(np.uint16) << 8
        return np.stack([words >> 11, words >> 5 & 63, words & 31], axis=-1).astype(np.uint8)

    return values


def _yuv422(luma: int) -> Callable[[np.ndarray], np.ndarray]:
    """luma: where the first luma of two pixels stands; the chromas, U before V, stand between."""

    def values(rows: np.ndarray) -> np.ndarray:
        quads = rows.reshape(len(rows), -1, 4)
        y = quads[..., luma::2].reshape(len(rows), -1)
        u, v = (np.repeat(quads[..., place], 2, axis=1) for place in (1 - luma, 3 - luma))
        return np.stack([y, u, v], axis=-1)

    return values


def _bayer(pattern: str) -> Callable[[np.ndarray], np.ndarray]:
    """pattern: colours of the even row and the odd one."""

    def values(rows: np.ndarray) -> np.ndarray:
        """Of each cell its red and blue, and the mean of its two greens, rounded half up."""
        cells = [rows[n // 2 :: 2, n % 2 :: 2].astype(np.uint16) for n in range(4)]
        first, second = (cells[n] for n, colour in enumerate(pattern) if colour == "g")
        whole = [cells[pattern.index("r")], (first + second + 1) >> 1, cells[pattern.index("b")]]
        return np.stack(whole, axis=-1).astype(np.uint8)

    return values


_BAYER = (True, True)
_OF_565 = (31, 63, 31)

FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format("gray", "8 bits of gray", "gray", 2, _gray),
        Format("rgb565le", "RGB565, low byte first", "rgb", 4, _rgb565(0), levels=_OF_565),
        Format("rgb565be", "RGB565, high byte first (as ESP32 cameras have it)", "rgb", 4, _rgb565(1), levels=_OF_565),
        Format("rgb888", "red, green, blue", "rgb", 6, _rgb888),
        Format("bgr888", "blue, green, red", "rgb", 6, _bgr888),
        Format("yuyv", "YUV 4:2:2 as Y U Y V", "yuv", 4, _yuv422(0), pairs=True),
        Format("uyvy", "YUV 4:2:2 as U Y V Y", "yuv", 4, _yuv422(1), pairs=True),
        *(
            Format(f"bayer-{pattern}", f"Bayer, {pattern[:2]} over {pattern[2:]}", "rgb", 2, _bayer(pattern), *_BAYER)
            for pattern in ("bggr", "rggb", "grbg", "gbrg")
        ),
    )
}


def find_format(name: str) -> Format:
    """The format of this name; raises McugenError if there is none."""
    found = FORMATS.get(name.strip().lower())
    if found is None:
        raise McugenError(f"{name!r} is no format of a camera", f"one of {', '.join(FORMATS)}")
    return found
