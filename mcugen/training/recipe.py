"""How a net is trained: as data, without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from mcugen.diagnostics import McugenError


class OptimizerName(str, Enum):
    """RMSPROP as the paper trained, SGD with Nesterov momentum."""

    RMSPROP = "rmsprop"
    SGD = "sgd"


_LEARNING_RATE = {OptimizerName.RMSPROP: 0.02, OptimizerName.SGD: 0.1}


@dataclass(frozen=True)
class Recipe:
    """How a net is trained, by default as in the paper (arXiv 1704.04861, section 3.2) where it says so.

    RMSprop; little regularization and light augmentation "because small models have less trouble with overfitting"; no
    label smoothing, no side heads; no weight decay on depthwise filters "since there are so few parameters in them".
    Batch norm and biases never decay.

    batch: images a step and process. lr: highest learning rate, reached after `warmup` epochs, from where half a cosine
    leads to 0; None for the optimizer's usual one. shift: an image moves by up to so many pixels in each direction,
    None for a sixteenth of its shorter side. flip: half of the images are mirrored left to right. limit: train on so
    many images only, drawn by `seed`.
    """

    epochs: int = 30
    batch: int = 128
    optimizer: OptimizerName = OptimizerName.RMSPROP
    lr: float | None = None
    momentum: float = 0.9
    weight_decay: float = 4e-5
    depthwise_weight_decay: float = 0.0
    warmup: float = 1.0
    shift: int | None = None
    flip: bool = True
    seed: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("batch", self.batch), ("limit", self.limit or 1)):
            if value < 1:
                raise McugenError(f"{name} is {value}; it must be at least 1")
        for name, number in (("lr", self.peak_lr), ("weight decay", self.weight_decay), ("warmup", self.warmup)):
            if not 0 <= number < math.inf:
                raise McugenError(f"{name} is {number:g}; it must be a number, and not negative")

    @property
    def peak_lr(self) -> float:
        """The highest learning rate."""
        return _LEARNING_RATE[self.optimizer] if self.lr is None else self.lr

    def learning_rate(self, step: int, steps_per_epoch: int) -> float:
        """At this step of the whole run: up linearly during the warmup, then half a cosine down to 0."""
        steps, warmup = self.epochs * steps_per_epoch, round(self.warmup * steps_per_epoch)
        warmup = min(warmup, steps // 2)
        if step < warmup:
            return self.peak_lr * (step + 1) / warmup
        return self.peak_lr * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1)))

    def shift_pixels(self, height: int, width: int) -> int:
        """By how many pixels images of this size move at most."""
        return max(1, min(height, width) // 16) if self.shift is None else self.shift
