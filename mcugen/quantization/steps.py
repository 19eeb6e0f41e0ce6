"""What is the same in the quantization of any checkpoint: calibration, the files, the noise of layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mcugen.data.reading import camera_options
from mcugen.diagnostics import McugenError
from mcugen.output import write_together
from mcugen.quantization.files import program_bytes
from mcugen.quantization.flow import FineTuning, Loss, Quantized, finetune, post_training
from mcugen.quantization.onnx_export import to_onnx
from mcugen.schemas.quantize import LayerNoise
from mcugen.training.augment import to_input
from mcugen.training.stored import Checkpoint

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


BATCH_SIZE = 64
"""Images of a step of fine-tuning."""


@dataclass(frozen=True)
class Tuning:
    """How a checkpoint is fine-tuned with quantization in the loop. batch: images of a step, by default BATCH_SIZE or
    all where there are fewer."""

    training: FineTuning
    batch: int | None = None


def method_name(tuning: Tuning | None) -> str:
    """For people."""
    if tuning is None:
        return "post-training"
    epochs = tuning.training.epochs
    return f"quantization-aware fine-tuning, {epochs} epoch{'s' if epochs > 1 else ''}"


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


def fine_tuned(
    module: torch.nn.Module,
    images: np.ndarray,
    targets: np.ndarray,
    tuning: Tuning,
    wanted: Wanted,
    random: np.random.Generator,
    *,
    loss: Loss = torch.nn.functional.cross_entropy,
    before_softmax: bool = False,
    factors: Mapping[str, torch.Tensor] | None = None,
) -> Quantized:
    """Fine-tuning with quantization in the loop, on images uint8 [N, H, W, C] with targets [N, ...], in an order drawn
    by `random`. loss, before_softmax, factors: see `finetune`. Raises McugenError where they do not fill a batch."""
    count = len(images)
    size = tuning.batch or max(2, min(BATCH_SIZE, count))
    if count < size:
        raise McugenError(f"{count} training images do not fill a batch of {size}", "lower --batch-size")
    chosen = images[random.permutation(count)[: wanted.calibration]]

    def batches(_: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        shuffled = random.permutation(count)
        for start in range(0, count - size + 1, size):
            index = shuffled[start : start + size]
            yield net_input(images[index]), torch.from_numpy(targets[index])

    return finetune(
        module,
        net_input(chosen[:1]),
        batches,
        tuning.training,
        loss=loss,
        before_softmax=before_softmax,
        factors=factors,
        measured=net_input(chosen[:MEASURED_IMAGES]),
        progress=lambda what, done, _: wanted.progress(what, done, count // size),
    )


def net_input(pixels: np.ndarray) -> torch.Tensor:
    """uint8 [N, H, W, C] as the net's input, float32 [N, C, H, W] of pixel / 255."""
    return to_input(torch.from_numpy(np.array(pixels))).contiguous()


def noise_records(result: Quantized) -> tuple[LayerNoise, ...]:
    """The layers' noise as commands tell it: null where there is none."""
    return tuple(
        LayerNoise(noise.layer, noise.operator, noise.snr if math.isfinite(noise.snr) else None)
        for noise in result.layers
    )


def write_program(result: Quantized, wanted: Wanted, trained: Checkpoint, labels: Sequence[str]) -> None:
    """Writes the .pt2 file, and the QDQ model where one is wanted: both or none, with what the checkpoint says of the
    net's task and camera. labels: names of the classes, or of numbers."""
    task, camera = str(trained.task.get("name", "")), camera_options(trained.data)
    content = {wanted.output: program_bytes(result.program, labels, task=task, camera=camera)}
    if wanted.onnx is not None:
        content[wanted.onnx] = to_onnx(result.program, wanted.output.stem, labels, task, camera)
    write_together(content)


def skipped_files(*parts: Iterable[str]) -> tuple[str, ...]:
    """Each file that could not be read, once."""
    return tuple(dict.fromkeys(name for part in parts for name in part))
