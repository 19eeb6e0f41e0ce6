"""The camera path: rows of a sensor become the pixels of a net's image, the same integers here and in the C code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.camera.color import pixels_of
from mcugen.camera.formats import Format, find_format
from mcugen.camera.resize import AXES, Area, Bilinear, Nearest, resize, scale
from mcugen.diagnostics import McugenError

ROTATIONS = (0, 90, 180, 270)
"""Degrees, clockwise."""
_LARGEST_SIDE = 8192
_MOST_SUM = (1 << 32) - 1


@dataclass(frozen=True)
class Camera:
    """What happens to a frame on its way to the net, in this order: crop, resize, mirror (left and right), rotate, gray
    or colour. Called with a frame it gives the pixels that the net's input is made of.

    format: by name, see `formats.FORMATS`. width, height: of the sensor's frame. output: height, width and channels (1
    or 3: red, green, blue) of the net's image. crop: "center", the largest part of the output's shape in the middle;
    "all"; or x, y, width and height in pixels. resize: area, nearest or bilinear. rotate: degrees, clockwise.

    Raises McugenError for what cannot be.
    """

    format: str
    width: int
    height: int
    output: tuple[int, int, int]
    crop: str | tuple[int, int, int, int] = "center"
    resize: str = "area"
    rotate: int = 0
    mirror: bool = False

    def __post_init__(self) -> None:
        kind = self.kind
        if self.resize not in AXES:
            raise McugenError(f"{self.resize!r} is no way to resize", f"one of {', '.join(AXES)}")
        if self.rotate not in ROTATIONS:
            raise McugenError(f"a frame cannot be rotated by {self.rotate}", "by 0, 90, 180 or 270 degrees")
        if self.output[2] not in (1, 3):
            raise McugenError(f"the net's image has {self.output[2]} channels", "a camera gives 1 or 3")
        if not (0 < self.width <= _LARGEST_SIDE and 0 < self.height <= _LARGEST_SIDE):
            raise McugenError(f"a frame of {self.width}x{self.height} is none", f"sides are 1 to {_LARGEST_SIDE}")
        if (kind.pairs and self.width % 2) or (kind.bayer and self.height % 2):
            raise McugenError(f"{kind.name} of {self.width}x{self.height} has half a pair of pixels", "even sides")
        x, y, width, height = self.window
        if x < 0 or y < 0 or width <= 0 or height <= 0 or x + width > self.width or y + height > self.height:
            text = f"{x},{y},{width},{height}"
            raise McugenError(f"the crop {text} is not within {self.width}x{self.height}", "X,Y,WIDTH,HEIGHT")
        if any(side % kind.cell for side in (x, y, width, height)) or (kind.pairs and x % 2):
            raise McugenError(f"a crop of {kind.name} begins and ends with whole pairs, not {x},{y},{width},{height}")
        # A sum of the largest values, and half of the divisor beside it.
        if any(3 * divisor // 2 * 255 > _MOST_SUM for _, divisor in self.scales):
            raise McugenError(
                f"{self.resize} from {width}x{height} has sums beyond 32 bits", "crop to a multiple of the net's size"
            )

    @property
    def kind(self) -> Format:
        """The format."""
        return find_format(self.format)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of the frame."""
        return self.kind.row_bytes(self.width)

    @property
    def upright(self) -> tuple[int, int]:
        """Height and width of the picture before it is rotated."""
        height, width, _ = self.output
        return (height, width) if self.rotate % 180 == 0 else (width, height)

    @property
    def window(self) -> tuple[int, int, int, int]:
        """x, y, width and height of what is used of the frame, in pixels of the sensor."""
        if not isinstance(self.crop, str):
            return self.crop
        if self.crop == "all":
            return 0, 0, self.width, self.height
        if self.crop != "center":
            raise McugenError(f"{self.crop!r} is no crop", "center, all or X,Y,WIDTH,HEIGHT")
        (height, width), cell = self.upright, self.kind.cell
        across = min(self.width, self.height * width // height)
        down = min(self.height, self.width * height // width)
        across, down = max(across // cell, 1) * cell, max(down // cell, 1) * cell
        x, y = (self.width - across) // 2, (self.height - down) // 2
        return x // 2 * 2 if self.kind.pairs else x, y // cell * cell, across, down

    @property
    def across(self) -> Area | Nearest | Bilinear:
        """How columns are resized."""
        return _axis(self.resize, self.window[2] // self.kind.cell, self.upright[1])

    @property
    def down(self) -> Area | Nearest | Bilinear:
        """How rows are resized."""
        return _axis(self.resize, self.window[3] // self.kind.cell, self.upright[0])

    @property
    def scales(self) -> tuple[tuple[int, int], ...]:
        """Of each value of a pixel what its sum is multiplied with, and divided by, to be 0 to 255."""
        total = self.down.units * self.across.units
        return tuple(scale(level, total) for level in self.kind.levels[: self.kind.channels])

    @property
    def needs_frame(self) -> bool:
        """Whether the net's first row comes of other rows than the sensor's first: no row can go on as it arrives."""
        return self.rotate != 0

    def __call__(self, frame: np.ndarray | bytes) -> np.ndarray:
        """Pixels uint8 [height, width, channels] of a frame: its bytes, in rows without anything between, of any shape.

        Raises McugenError for another number of bytes.
        """
        data = frame if isinstance(frame, np.ndarray) else np.frombuffer(frame, np.uint8)
        if data.dtype != np.uint8 or data.size != self.height * self.row_bytes:
            given = f"{data.dtype} {list(data.shape)}"
            raise McugenError(f"a frame of {self.format} has {self.height * self.row_bytes} bytes, not {given}")
        x, y, width, height = self.window
        kind = self.kind
        # Values first, as two pixels may share bytes.
        values = kind.values(np.ascontiguousarray(data).reshape(self.height, self.row_bytes)[y : y + height])
        columns = slice(x // kind.cell, (x + width) // kind.cell)
        resized = resize(values[:, columns], self.down, self.across, kind.levels)
        pixels = pixels_of(resized, kind.kind, self.output[2])
        pixels = pixels[:, ::-1] if self.mirror else pixels
        return np.ascontiguousarray(np.rot90(pixels, -self.rotate // 90))

    def frames(self, count: int, seed: int = 0) -> np.ndarray:
        """Frames uint8 [count, height, bytes of a row] for tests: noise, and extremes in the first two."""
        made = np.random.default_rng(seed).integers(0, 256, (count, self.height, self.row_bytes)).astype(np.uint8)
        made[:2] = np.where(made[:2] < 128, 0, 255)
        return made


def _axis(resize: str, source: int, size: int) -> Area | Nearest | Bilinear:
    found: Area | Nearest | Bilinear = AXES[resize](source, size)
    return found
