"""How a net is trained: as data, without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from mcugen.diagnostics import McugenError
from mcugen.training.augmentations import AUGMENTATIONS, DEFAULT


class OptimizerName(str, Enum):
    """RMSPROP as the paper trained, SGD with Nesterov momentum."""

    RMSPROP = "rmsprop"
    SGD = "sgd"


_AFTER_FREEZING = 0.1
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
    many images only, drawn by `seed`. init: the file with the weights that the net began with. freeze: in so many
    epochs, the first ones, the head alone is trained, all of it afterwards at a tenth of `lr`. balance: every class is
    shown equally often, images of small ones several times an epoch. teacher: the file of the net whose logits are
    learned besides the labels, which are teacher_weight (0 to 1) of the loss. validation: the part of the images to
    train on, of every class alike, drawn by `seed`, that is held back: the best epoch by it is kept. patience: so many
    epochs without a better one end the training; None for never. augment: how images are changed, of AUGMENTATIONS, in
    its order; shift and flip do nothing where their names are not among these. object_weight: of cells with an object,
    beside 1 of the background, of nets that find objects; None for the usual one. amp: layers are computed in
    bfloat16 while training; weights, the optimizer and all that is measured stay in float32.
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
    init: str | None = None
    freeze: int = 0
    balance: bool = False
    teacher: str | None = None
    teacher_weight: float = 0.9
    validation: float = 0.0
    patience: int | None = None
    augment: tuple[str, ...] = DEFAULT
    object_weight: float | None = None
    amp: bool = False

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("batch", self.batch), ("limit", self.limit or 1)):
            if value < 1:
                raise McugenError(f"{name} is {value}; it must be at least 1")
        for name, number in (
            ("lr", self.peak_lr),
            ("weight decay", self.weight_decay),
            ("depthwise weight decay", self.depthwise_weight_decay),
            ("warmup", self.warmup),
        ):
            if not 0 <= number < math.inf:
                raise McugenError(f"{name} is {number:g}; it must be a number, and not negative")
        if not 0 <= self.teacher_weight <= 1:
            raise McugenError(f"the teacher's weight is {self.teacher_weight:g}; it is a part of the loss, 0 to 1")
        unknown = [name for name in self.augment if name not in AUGMENTATIONS]
        if unknown:
            raise McugenError(f"there is no augmentation {unknown[0]!r}", f"there are {', '.join(AUGMENTATIONS)}")
        if not 0 <= self.validation < 1:
            raise McugenError(f"validation is {self.validation:g}; it is a part of the images, such as 0.1 or 10%")
        if self.patience is not None and not self.validation:
            raise McugenError("patience is with the images held back for validation", "add --validation 10%")
        if self.freeze < 0 or self.freeze > self.epochs:
            raise McugenError(f"freeze is {self.freeze}, of {self.epochs} epochs")

    @property
    def peak_lr(self) -> float:
        """The highest learning rate."""
        return _LEARNING_RATE[self.optimizer] if self.lr is None else self.lr

    def learning_rate(self, step: int, steps_per_epoch: int) -> float:
        """At this step of the whole run: up linearly during the warmup, then half a cosine down to 0; once for the head
        alone, and once for all of the net, where the first epochs are for the head."""
        frozen = self.freeze * steps_per_epoch
        if step < frozen:
            return self.peak_lr * self._part(step, frozen, steps_per_epoch)
        peak = self.peak_lr * (_AFTER_FREEZING if frozen else 1.0)
        return peak * self._part(step - frozen, self.epochs * steps_per_epoch - frozen, steps_per_epoch)

    def _part(self, step: int, steps: int, steps_per_epoch: int) -> float:
        """Of the highest rate, 0 to 1, at this step of so many."""
        warmup = round(min(self.warmup * steps_per_epoch, steps // 2))
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1)))

    def shift_pixels(self, height: int, width: int) -> int:
        """By how many pixels images of this size move at most."""
        if "shift" not in self.augment:
            return 0
        return max(1, min(height, width) // 16) if self.shift is None else self.shift

    @property
    def mirrors(self) -> bool:
        """Whether half of the images are mirrored."""
        return self.flip and "flip" in self.augment

    @property
    def changes_more(self) -> bool:
        """Whether images are changed beyond a move and a mirror."""
        return not set(self.augment) <= set(DEFAULT)
