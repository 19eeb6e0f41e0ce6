"""A camera in the words of a command: `--camera FORMAT:WIDTHxHEIGHT` and its companions, read and written."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from mcugen.camera.camera import Camera
from mcugen.diagnostics import McugenError

_HINT = "as --camera rgb565be:320x240 --crop all --resize area --rotate 0 --mirror"


@dataclass(frozen=True)
class CameraOptions:
    """A camera as options of a command name it, whatever the net: `text` is FORMAT:WIDTHxHEIGHT."""

    text: str
    crop: str = "center"
    resize: str = "area"
    rotate: int = 0
    mirror: bool = False

    def of(self, output: tuple[int, int, int]) -> Camera:
        """The camera for a net's image of this height, width and channels; raises McugenError."""
        return parse_camera(self.text, output, self.crop, self.resize, self.rotate, self.mirror)

    @property
    def words(self) -> str:
        """What to write behind a command, as in `--camera rgb565be:320x240 --mirror`; what is usual is left out."""
        usual = CameraOptions(self.text)
        words = ["--camera", self.text]
        for option, value, default in (
            ("--crop", self.crop, usual.crop),
            ("--resize", self.resize, usual.resize),
            ("--rotate", str(self.rotate), str(usual.rotate)),
        ):
            words += [] if value == default else [option, value]
        return shlex.join([*words, *(["--mirror"] if self.mirror else [])])

    @property
    def words_for_code(self) -> str:
        """The same behind commands that make C code, which for a rotated frame keeps a whole image."""
        return self.words + " --resident-image" * (self.rotate != 0)

    @classmethod
    def from_camera(cls, camera: Camera) -> CameraOptions:
        """The options that a camera is made of."""
        crop = camera.crop if isinstance(camera.crop, str) else ",".join(map(str, camera.crop))
        text = f"{camera.kind.name}:{camera.width}x{camera.height}"
        return cls(text, crop, camera.resize, camera.rotate, camera.mirror)


def parse_words(text: str) -> CameraOptions:
    """The options that `words` says; raises McugenError for anything else."""
    found: dict[str, str] = {}
    try:
        words = shlex.split(text)
        mirror = "--mirror" in words
        rest = iter(word for word in words if word != "--mirror")
        for option in rest:
            if option not in ("--camera", "--crop", "--resize", "--rotate") or option in found:
                raise McugenError(f"{option[:40]!r} is not of a camera", _HINT)
            found[option] = next(rest, "")
        camera = found.pop("--camera")
        rotate = int(found.pop("--rotate", "0"))
    except (ValueError, KeyError):
        raise McugenError(f"{text[:80]!r} is no camera", _HINT) from None
    return CameraOptions(camera, rotate=rotate, mirror=mirror, **{name[2:]: value for name, value in found.items()})


def parse_camera(
    text: str,
    output: tuple[int, int, int],
    crop: str = "center",
    resize: str = "area",
    rotate: int = 0,
    mirror: bool = False,
) -> Camera:
    """The camera that `--camera FORMAT:WIDTHxHEIGHT` and its companions name; raises McugenError."""
    name, _, size = text.partition(":")
    try:
        width, height = (int(side) for side in size.lower().split("x"))
    except ValueError:
        raise McugenError(f"{text!r} is no camera", "FORMAT:WIDTHxHEIGHT, as rgb565be:320x240") from None
    window: str | tuple[int, int, int, int] = crop
    if "," in crop:
        try:
            left, top, across, down = (int(part) for part in crop.split(","))
        except ValueError:
            raise McugenError(f"{crop!r} is no crop", "center, all or X,Y,WIDTH,HEIGHT") from None
        window = (left, top, across, down)
    return Camera(name.strip().lower(), width, height, output, window, resize, rotate, mirror)
