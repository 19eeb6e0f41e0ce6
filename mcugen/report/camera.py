"""What a report shows of a camera: its numbers, a frame of it, and what the net is given of that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from msgspec.structs import asdict

from mcugen.camera import Camera, frame_of, picture_size
from mcugen.codegen.manifest import manifest_camera, manifest_pixels
from mcugen.compiler import Compiled
from mcugen.plan.prediction import predict
from mcugen.report.pictures import data_uri
from mcugen.schemas.manifest import ManifestPixels
from mcugen.schemas.report.document import ReportCamera
from mcugen.schemas.validation import CameraComparison

TEST_PICTURE = "a test picture: red grows to the right, green downwards, blue is in rings"
_WIDEST = 480
_RINGS = 8


@dataclass(frozen=True)
class CameraPictures:
    """As data URIs: a frame, and the net's image that the C code makes of it."""

    frame: str
    image: str


def camera_record(compiled: Compiled, picture: str, compared: CameraComparison | None) -> ReportCamera:
    """Of a model that was compiled with a camera. picture: what the frame on the page shows."""
    camera = manifest_camera(compiled.imported, predict(compiled.plan))
    known = manifest_pixels(compiled.imported)
    assert camera is not None
    assert known is not None
    return ReportCamera(
        **asdict(camera),
        pixels=known,
        picture=picture,
        compared=compared,
    )


def pixels_line(pixels: ManifestPixels) -> str:
    """What the net is given of a pixel 0 to 255, for people."""
    mean, deviation = (", ".join(f"{n:.4g}" for n in numbers) for numbers in (pixels.mean, pixels.std))
    order = "; channels blue, green, red" if pixels.order == "bgr" else ""
    return f"(pixel / 255 - {mean}) / {deviation}{order}" if (mean, deviation) != ("0", "1") else f"pixel / 255{order}"


def camera_pictures(camera: Camera, picture: np.ndarray | None) -> CameraPictures:
    """A frame that shows a picture, uint8 [height, width, 3] as `frame_of` takes it, in the crop; without one a test
    picture in all of it."""
    if picture is None:
        whole = replace(camera, crop="all")
        frame = frame_of(_test_picture(*picture_size(whole)), whole)
    else:
        frame = frame_of(picture, camera)
    return CameraPictures(data_uri(frame_pixels(frame, camera)), data_uri(camera(frame)))


def frame_pixels(frame: np.ndarray, camera: Camera) -> np.ndarray:
    """uint8 [height, width, 3]: a frame as it left the sensor, neither turned nor mirrored, at most 480 pixels wide."""
    cell = camera.kind.cell
    times = -(-camera.width // cell // _WIDEST)
    size = (max(camera.height // cell // times, 1), max(camera.width // cell // times, 1), 3)
    return Camera(camera.format, camera.width, camera.height, size, crop="all", resize="nearest")(frame)


def _test_picture(height: int, width: int) -> np.ndarray:
    """uint8 [height, width, 3], by whose colours one sees where a part of it is, and which way up."""
    down, across = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    # Round in pixels, so that one sees where a side was stretched.
    away = np.hypot((down - 0.5) * height, (across - 0.5) * width) / min(height, width)
    rings = np.cos(away * 2 * np.pi * _RINGS) / 2 + 0.5
    return (np.stack([across, down, rings], axis=-1) * 255).astype(np.uint8)
