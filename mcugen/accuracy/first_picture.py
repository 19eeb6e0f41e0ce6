"""One image of a data set as the picture that a camera has before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen.accuracy.outputs import TargetSample
from mcugen.accuracy.sample import Sample, load_dataset
from mcugen.camera import Camera, picture_size
from mcugen.data import Resize, resize_pixels
from mcugen.data.boxes import BoxDataset
from mcugen.data.folder import load_images
from mcugen.ir import Graph


def first_picture(
    data: str, sample: Sample | TargetSample | BoxDataset, graph: Graph, camera: Camera, data_dir: Path | None
) -> tuple[np.ndarray, str]:
    """(the first image of a sample, uint8 [height, width, 3] in the size of what is used of a frame, what it is).

    data: what the sample was read from. Raises McugenError as reading it does.
    """
    height, width = picture_size(camera)
    files = sample.dataset.files if isinstance(sample, Sample) else sample.files
    if files:
        root = Path(data) if Path(data).is_dir() else Path(data).parent
        path = Path(files[0]) if isinstance(sample, BoxDataset) else root / files[0]
        images, _ = load_images(path, height=height, width=width, channels=3, most=1)
        return images[0], f"{path.name} of {sample.name}"
    # Images without files have the net's size before a camera sees them.
    dataset = load_dataset(data, graph, data_dir=data_dir, trained_on=None, camera=None, progress=None)
    pixels = dataset.images[:1]
    if pixels.ndim == 3 or pixels.shape[1:] != graph.input_tensor.shape:
        pixels = resize_pixels(pixels, *graph.input_tensor.shape, Resize.PAD)
    return resize_pixels(pixels, height, width, 3, Resize.RESIZE)[0], f"the first image of {sample.name}"
