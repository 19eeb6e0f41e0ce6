"""Names of augmentations. Without torch."""

from __future__ import annotations

from mcugen.diagnostics import McugenError

DEFAULT = ("shift", "flip")
AUGMENTATIONS = {
    "shift": "moved by up to --shift pixels",
    "flip": "mirrored left to right, half of them",
    "crop": "a part of 60 to 100 % of the area, sides as 3:4 to 4:3, stretched to the whole",
    "colour": "brightness, contrast and saturation times 0.7 to 1.3",
    "blur": "half of them, by a Gaussian of up to 1.5 pixels",
    "noise": "Gaussian, of up to 5 % of the range",
    "cutout": "a gray square of up to a third of the shorter side",
    "camera-noise": "exposure times 0.7 to 1.3, each colour times 0.9 to 1.1, and noise that grows with the light",
}


def parse_augmentations(text: str) -> tuple[str, ...]:
    """Names between commas, in the order in which they are applied; "none" for no change.

    Raises McugenError for one that there is not.
    """
    names = [part.strip() for part in text.split(",")]
    if names == ["none"]:
        return ()
    for name in names:
        if name not in AUGMENTATIONS:
            raise McugenError(f"there is no augmentation {name!r}", f"there are {', '.join(AUGMENTATIONS)}, or none")
    return tuple(name for name in AUGMENTATIONS if name in names)
