"""--camera and its companions: what generate, validate and analyze are told of a camera."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from mcugen.camera import CameraOptions
    from mcugen.compiler import Compiled
    from mcugen.schemas.validate import ValidateOutput


class ResizeBy(str, Enum):
    """How a frame becomes as small as the net's image."""

    AREA = "area"
    NEAREST = "nearest"
    BILINEAR = "bilinear"


CameraText = Annotated[
    str | None,
    typer.Option(
        "--camera",
        metavar="F:WxH",
        help="Take a camera's rows by NAME_camera_row, without a frame buffer: gray, rgb565le, rgb565be, rgb888, "
        "bgr888, yuyv, uyvy or bayer-bggr, -rggb, -grbg, -gbrg, and the frame's size, as in rgb565be:320x240.",
    ),
]
Crop = Annotated[
    str,
    typer.Option(
        "--crop", metavar="C", help="Of the frame: center (in the shape of the net's image), all, or X,Y,WIDTH,HEIGHT."
    ),
]
ResizeOption = Annotated[
    ResizeBy, typer.Option("--resize", help="Means over what a pixel covers, nearest pixels, or between four of them.")
]
Rotate = Annotated[
    int, typer.Option("--rotate", metavar="D", help="Clockwise by 0, 90, 180 or 270; needs --resident-image.")
]
Mirror = Annotated[bool, typer.Option("--mirror", help="Left becomes right, before the rotation.")]


def chosen_camera(text: str | None, crop: str, resize: ResizeBy, rotate: int, mirror: bool) -> CameraOptions | None:
    """The camera that the options name, None without --camera; raises McugenError for its companions alone."""
    from mcugen.camera import CameraOptions
    from mcugen.diagnostics import McugenError

    if text is not None:
        return CameraOptions(text, crop, resize.value, rotate, mirror)
    if crop != "center" or resize is not ResizeBy.AREA or rotate or mirror:
        raise McugenError("--crop, --resize, --rotate and --mirror say what becomes of a frame", "add --camera")
    return None


def camera_line(compiled: Compiled) -> str:
    """What there is of a camera, for people, or by which one the net was trained; "" without either."""
    from mcugen.codegen.camera import camera_bytes
    from mcugen.text import terminal_text

    camera, trained_with = compiled.imported.camera, compiled.imported.trained_with
    if camera is None and trained_with is not None:
        return terminal_text(f"trained by a camera, whose rows the library takes with {trained_with.words_for_code}")
    if camera is None:
        return ""
    x, y, width, height = camera.window
    size = "x".join(map(str, (camera.output[1], camera.output[0], camera.output[2])))
    return (
        f"camera: {camera.format} {camera.width}x{camera.height}, {width}x{height} from ({x}, {y}) to {size} by "
        f"{camera.resize}; {camera_bytes(compiled.optimized):,} bytes of the RAM"
    )


def add_camera_row(table: Table, outcome: ValidateOutput) -> None:
    """What validate found of the camera, if there is one."""
    from msgspec import UNSET

    found = outcome.camera
    if found is UNSET:
        return
    verdict = "[green]equal[/]" if found.exact else "[red]different[/]"
    where = ""
    if found.first_mismatch is not None:
        frame, y, x, channel = found.first_mismatch
        where = f", first in frame {frame}, y {y}, x {x}, channel {channel}"
    if found.instructions is not None:
        where += f", {found.instructions:,} instructions a frame with its inference"
    table.add_row("camera", f"{verdict} in {found.frames} frames{where}")
