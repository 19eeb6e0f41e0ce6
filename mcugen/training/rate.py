"""Finding a learning rate: steps at ever higher ones, and where the loss is then. Importing this file imports torch.

Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv 1506.01186, section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mcugen.diagnostics import McugenError
from mcugen.training.loop import Trainer, epoch_generator

STEPS = 100
_LOWEST, _HIGHEST = 1e-5, 10.0
_SMOOTHING = 0.9
_TOO_HIGH = 4.0
_BELOW_THE_BEST = 10.0


@dataclass(frozen=True)
class RateTest:
    """rates, losses, smoothed: of each step; smoothed is the exponential mean of the losses so far. suggestion: a tenth
    of the rate at which it is least, for the highest rate of a run."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float


def find_rate(trainer: Trainer, on_step: Callable[[int, int, float], None], steps: int = STEPS) -> RateTest:
    """Trains at rates from 1e-5 to 10, evenly on a log scale, until the loss is four times the least one.

    The trainer's net is of no use afterwards. on_step: called with finished steps, their number, and the smoothed loss.
    Raises McugenError where no rate lowers the loss.
    """
    rates: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    mean, epoch = 0.0, 0
    trainer.module.train()
    while len(rates) < steps:
        epoch += 1
        generator = epoch_generator(trainer.recipe.seed, epoch, 0)
        for inputs, targets in trainer.batches(epoch, generator, steps - len(rates)):
            rate = _LOWEST * (_HIGHEST / _LOWEST) ** (len(rates) / (steps - 1))
            loss = trainer.step(inputs, targets, rate).item()
            if not math.isfinite(loss):
                break
            mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
            rates.append(rate)
            losses.append(loss)
            smoothed.append(mean / (1 - _SMOOTHING ** len(rates)))
            on_step(len(rates), steps, smoothed[-1])
            if smoothed[-1] > _TOO_HIGH * min(smoothed):
                break
        else:
            continue
        break
    best = smoothed.index(min(smoothed)) if smoothed else 0
    if best == 0:
        raise McugenError("no learning rate lowers the loss", "are there enough images, and do their labels fit them?")
    return RateTest(tuple(rates), tuple(losses), tuple(smoothed), rates[best] / _BELOW_THE_BEST)
