"""Distillation: a larger net, whose logits a small one learns besides the labels. Importing this file imports torch.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", arXiv 1503.02531; the MobileNet paper trains
its face attributes so (arXiv 1704.04861, section 4.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from mcugen.diagnostics import McugenError
from mcugen.extras import require
from mcugen.training.augment import to_input
from mcugen.training.checkpoint import load_checkpoint
from mcugen.training.recipe import Recipe

_TEMPERATURE = 4.0
_AT_ONCE = 100


@dataclass(frozen=True, eq=False)
class Teacher:
    """shape: height, width, channels of its images. labels: names of its classes, may be empty. classes: how many.

    compute: float [N, channels, height, width] of pixel / 255 to logits float [N, classes]. top1: its accuracy on the
    test images of its own training, 0 to 1; None where nothing tells it.
    """

    shape: tuple[int, int, int]
    labels: tuple[str, ...]
    classes: int
    compute: Callable[[torch.Tensor], torch.Tensor]
    top1: float | None = None

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Of the images that the small net sees, float [N, C, H, W], in the teacher's own size and colours."""
        height, width, channels = self.shape
        if images.shape[1] != channels:
            images = images.expand(-1, channels, -1, -1) if images.shape[1] == 1 else images.mean(1, keepdim=True)
        if images.shape[2:] != (height, width):
            images = functional.interpolate(images, (height, width), mode="bilinear", antialias=True)
        with torch.no_grad():
            return self.compute(images)

    def move(self, device: str) -> None:
        """Has it compute there; ONNX models stay on the processor."""
        if isinstance(self.compute, torch.nn.Module):
            self.compute.to(device)

    def accuracy(self, images: np.ndarray, labels: np.ndarray, device: str = "cpu") -> float:
        """Part of the images, uint8 [N, H, W, C] as the small net sees them, that it tells right. labels: [N]. device:
        that it was moved to."""
        right = 0
        for begin in range(0, len(images), _AT_ONCE):
            pixels = torch.from_numpy(np.ascontiguousarray(images[begin : begin + _AT_ONCE])).to(device)
            found = self.logits(to_input(pixels)).argmax(1).cpu().numpy()
            right += int((found == labels[begin : begin + _AT_ONCE]).sum())
        return right / len(images)

    def require_classes(self, count: int, labels: tuple[str, ...], where: str) -> None:
        """Raises McugenError beginning with `where` for other classes than the teacher's."""
        if self.classes != count:
            raise McugenError(f"{where}: tells {self.classes} classes apart, the images have {count}")
        if self.labels and labels and self.labels != labels:
            own, other = next(pair for pair in zip(self.labels, labels, strict=True) if pair[0] != pair[1])
            raise McugenError(f"{where}: has a class {own!r} where the images have {other!r}")


def load_teacher(path: Path) -> Teacher:
    """A checkpoint of `mcugen train`, or an ONNX model from pixel / 255, float32 [N, C, H, W], to logits.

    Raises McugenError naming the file if it is neither.
    """
    if path.suffix.lower() == ".onnx":
        return _of_onnx(path)
    checkpoint = load_checkpoint(path)
    classes, top1 = checkpoint.architecture.num_classes, checkpoint.metrics.get("top1")
    return Teacher(checkpoint.input_shape, checkpoint.labels, classes, checkpoint.module(), top1)


def loss_function(
    recipe: Recipe, teacher: Teacher | None
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """(images, logits, labels) to the mean loss: cross entropy, and where there is a teacher, in part how far the net
    is from the teacher's logits, softened by a temperature of 4."""
    if teacher is None:
        return lambda images, logits, labels: functional.cross_entropy(logits, labels)
    known, part = teacher, recipe.teacher_weight

    def loss(images: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        wanted = functional.log_softmax(known.logits(images).to(logits.device) / _TEMPERATURE, 1)
        own = functional.log_softmax(logits / _TEMPERATURE, 1)
        distance = functional.kl_div(own, wanted, reduction="batchmean", log_target=True)
        # Its gradients shrink with the square of the temperature.
        return (1 - part) * functional.cross_entropy(logits, labels) + part * _TEMPERATURE**2 * distance

    return loss


def _of_onnx(path: Path) -> Teacher:
    runtime = require("onnxruntime", "torch", "an ONNX teacher")
    if not path.is_file():
        raise McugenError(f"{path}: no such file", "a teacher is a checkpoint or an .onnx model")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # Its exceptions have no base class of their own.
        raise McugenError(f"{path}: not a model that ONNX Runtime reads: {str(error).partition(chr(10))[0]}") from error
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape, result = inputs[0].shape, outputs[0].shape
    known = len(shape) == 4 and len(result) == 2 and all(isinstance(size, int) for size in [*shape[1:], result[1]])
    if len(inputs) != 1 or not known or inputs[0].type != "tensor(float)":
        raise McugenError(
            f"{path}: from {inputs[0].type} {shape} to {result}", "a teacher makes [N, classes] of images"
        )
    batch = shape[0] if isinstance(shape[0], int) else None

    def compute(images: torch.Tensor) -> torch.Tensor:
        pixels = images.detach().cpu().numpy().astype(np.float32)
        parts = [pixels] if batch is None else np.split(pixels, range(batch, len(pixels), batch))
        return torch.from_numpy(np.concatenate([_run(part) for part in parts]))

    def _run(pixels: np.ndarray) -> np.ndarray:
        missing = 0 if batch is None else batch - len(pixels)
        full = np.concatenate([pixels, np.repeat(pixels[:1], missing, 0)]) if missing else pixels
        logits: np.ndarray = session.run(None, {inputs[0].name: full})[0]
        return logits[: len(pixels)]

    return Teacher((shape[2], shape[3], shape[1]), (), result[-1], compute)
