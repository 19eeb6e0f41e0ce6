"""--camera of `mcugen report`: what the page shows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcugen.accuracy import Sample
    from mcugen.accuracy.outputs import TargetSample
    from mcugen.compiler import Compiled
    from mcugen.data.boxes import BoxDataset
    from mcugen.report.camera import CameraPictures
    from mcugen.schemas.report.document import ReportCamera, ReportOutput
    from mcugen.schemas.validation import CameraComparison


def reported_camera(
    compiled: Compiled,
    data: str | None,
    sample: Sample | TargetSample | BoxDataset | None,
    data_dir: Path | None,
    compared: CameraComparison | None,
) -> tuple[ReportCamera, CameraPictures] | None:
    """The camera of the document and its pictures, of the first image of a sample if there is one; None without a
    camera. data: what the sample was read from."""
    from mcugen.accuracy.first_picture import first_picture
    from mcugen.report.camera import TEST_PICTURE, camera_pictures, camera_record

    camera, picture, what = compiled.imported.camera, None, TEST_PICTURE
    if camera is None:
        return None
    if sample is not None and data is not None:
        picture, what = first_picture(data, sample, compiled.imported, camera, data_dir)
    return camera_record(compiled, what, compared), camera_pictures(camera, picture)


def frames_text(document: ReportOutput) -> str:
    """What behind the verdict on images is said of frames; "" where none were run."""
    from msgspec import UNSET

    compared = None if document.camera is UNSET else document.camera.compared
    if compared is None:
        return ""
    return f", camera {'equal' if compared.exact else '[red]different[/]'} in {compared.frames} frames"
