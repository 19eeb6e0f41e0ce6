"""What is the same in the quantization of any checkpoint: calibration, the files, the noise of layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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


def calibrated(
    module: torch.nn.Module,
    images: np.ndarray,
    *,
    ranges: str,
    equalize: bool,
    calibration: int,
    random: np.random.Generator,
    progress: Progress,
) -> Quantized:
    """Post-training quantization with `calibration` of the images uint8 [N, H, W, C], drawn by `random`."""
    chosen = images[random.permutation(len(images))[:calibration]]
    return post_training(
        module,
        net_input(chosen[:1]),
        (net_input(chosen[start : start + _BATCH]) for start in range(0, len(chosen), _BATCH)),
        ranges=ranges,
        equalize=equalize,
        measured=net_input(chosen[:MEASURED_IMAGES]),
        progress=lambda what, done, _: progress(what, done, len(chosen)),
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


def write_program(result: Quantized, output: Path, onnx: Path | None, labels: Sequence[str]) -> None:
    """Writes the .pt2 file, and the QDQ model where `onnx` names a file: both or none."""
    content = {output: program_bytes(result.program, labels)}
    if onnx is not None:
        content[onnx] = to_onnx(result.program, output.stem, labels)
    write_together(content)


def skipped_files(*parts: Iterable[str]) -> tuple[str, ...]:
    """Each file that could not be read, once."""
    return tuple(dict.fromkeys(name for part in parts for name in part))
