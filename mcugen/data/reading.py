"""How images become a net's, from what a command or a checkpoint says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcugen.camera import CameraOptions
from mcugen.data.resize import Resize


def reading_options(source: Mapping[str, Any], input_shape: tuple[int, int, int]) -> dict[str, Any]:
    """Keywords of `load_boxes` and `load_values`.

    source: `fit`, `split`, `seed` and `camera` (`CameraOptions` or a mapping of them), which checkpoints have where
    they are not the usual ones. input_shape: height, width, channels. Raises McugenError for a camera that cannot be.
    """
    height, width, channels = input_shape
    camera = camera_options(source)
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "resize": Resize(source.get("fit") or Resize.RESIZE),
        "split": source.get("split", 0.2),
        "seed": source.get("seed", 0),
        "camera": None if camera is None else camera.of(input_shape),
    }


def source_of(source: Mapping[str, Any], data: str | None) -> dict[str, Any]:
    """What a checkpoint says of its images, `source`, where these are wanted; of another data set that alone by which
    camera the net is to see images, whatever they are. data: its name, None for the checkpoint's own."""
    if data is None or data == source.get("data"):
        return dict(source)
    return {"data": data, "camera": source.get("camera")}


def camera_options(source: Mapping[str, Any]) -> CameraOptions | None:
    """The `camera` of `source`, in checkpoints a mapping; None where there is none."""
    camera = source.get("camera")
    return CameraOptions(**camera) if isinstance(camera, Mapping) else camera
