"""What is the same in the quantization of any checkpoint: calibration, the files, the noise of layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mcugen.output import write_together
from mcugen.quantization.files import program_bytes
from mcugen.quantization.flow import Quantized, post_training
from mcugen.quantization.onnx_export import to_onnx
from mcugen.schemas.quantize import LayerNoise
from mcugen.training.augment import to_input

Progress = Callable[[str, int, int], None]
MEASURED_IMAGES = 32
"""Images that the layers' noise is measured on."""
_BATCH = 64


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    output: the .pt2 file. data: images, None for those that the checkpoint was trained on. data_dir: where data sets
    known by name lie. onnx: file of a QDQ model, None for none. ranges, equalize: see `post_training`. calibration: how
    many training images ranges are measured on. limit: how many test images are measured, None for all.
    """

    output: Path
    data: str | None
    data_dir: Path | None
    onnx: Path | None
    ranges: str
    equalize: bool
    calibration: int
    limit: int | None
    seed: int
    progress: Progress


def calibrated(module: torch.nn.Module, images: np.ndarray, wanted: Wanted, random: np.random.Generator) -> Quantized:
    """Post-training quantization with some of the images uint8 [N, H, W, C], drawn by `random`."""
    chosen = images[random.permutation(len(images))[: wanted.calibration]]
    return post_training(
        module,
        net_input(chosen[:1]),
        (net_input(chosen[start : start + _BATCH]) for start in range(0, len(chosen), _BATCH)),
        ranges=wanted.ranges,
        equalize=wanted.equalize,
        measured=net_input(chosen[:MEASURED_IMAGES]),
        progress=lambda what, done, _: wanted.progress(what, done, len(chosen)),
    )


def net_input(pixels: np.ndarray) -> torch.Tensor:
    """uint8 [N, H, W, C] as the net's input, float32 [N, C, H, W] of pixel / 255."""
    return to_input(torch.from_numpy(np.array(pixels))).contiguous()


def noise_views(result: Quantized) -> tuple[LayerNoise, ...]:
    """The layers' noise as commands tell it: null where there is none."""
    return tuple(
        LayerNoise(noise.layer, noise.operator, noise.snr if math.isfinite(noise.snr) else None)
        for noise in result.layers
    )


def write_program(result: Quantized, wanted: Wanted, labels: Sequence[str]) -> None:
    """Writes the .pt2 file, and the QDQ model where one is wanted: both or none."""
    content = {wanted.output: program_bytes(result.program, labels)}
    if wanted.onnx is not None:
        content[wanted.onnx] = to_onnx(result.program, wanted.output.stem, labels)
    write_together(content)


def skipped_files(*parts: Iterable[str]) -> tuple[str, ...]:
    """Each file that could not be read, once."""
    return tuple(dict.fromkeys(name for part in parts for name in part))
