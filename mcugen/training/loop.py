"""Training of a net, epoch by epoch, for whatever task. Importing this file imports torch."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mcugen.diagnostics import McugenError
from mcugen.nets.modules import Net
from mcugen.training.augment import to_input
from mcugen.training.augment.draws import draw
from mcugen.training.loader import Loader
from mcugen.training.processes import Processes
from mcugen.training.recipe import OptimizerName, Recipe
from mcugen.training.subset import Subset, held_back
from mcugen.training.tasks.objective import Objective

_BATCHES_OF_STATISTICS = 10


@dataclass(frozen=True)
class EpochResult:
    """epoch: from 1. lr: at its end. loss: mean while training, by the task. test, validation: what the task measures
    on test images and on those held back from training; None where the epoch was not tested, or none are held back.
    seconds: wall clock.
    """

    epoch: int
    lr: float
    loss: float
    test: dict[str, float] | None
    validation: dict[str, float] | None
    seconds: float


def parameter_groups(module: nn.Module, recipe: Recipe) -> list[dict]:
    """Parameters by weight decay: full, pointwise and dense weights; depthwise ones; batch norm and biases."""
    decayed, depthwise, kept = [], [], []
    for part in module.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if name != "weight" or not isinstance(part, nn.Conv2d | nn.Linear):
                kept.append(parameter)
            elif isinstance(part, nn.Conv2d) and part.groups > 1:
                depthwise.append(parameter)
            else:
                decayed.append(parameter)
    return [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": depthwise, "weight_decay": recipe.depthwise_weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]


def make_optimizer(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over all parameters of the module."""
    groups = parameter_groups(module, recipe)
    if recipe.optimizer is OptimizerName.SGD:
        return torch.optim.SGD(groups, lr=recipe.peak_lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0)
    # Decay 0.9, as in Inception V3, whose training the paper follows. Its epsilon of 1.0 stands inside the root.
    return torch.optim.RMSprop(groups, lr=recipe.peak_lr, alpha=0.9, eps=0.1, momentum=recipe.momentum)


class Trainer:
    """Trains a module in place. Every epoch draws its own random numbers from seed, epoch and rank.

    So a run that was interrupted after an epoch goes on exactly as it would have.
    """

    def __init__(
        self,
        module: Net,
        objective: Objective,
        train: Subset,
        test: Subset,
        recipe: Recipe,
        processes: Processes | None = None,
        device: str = "cpu",
        test_every: int = 1,
        workers: int = 0,
    ) -> None:
        """train: with the images that the recipe holds back for validation. test_every: every so many epochs, and after
        the last, the net is tested. workers: processes beside this one that make its batches.

        Raises McugenError if there are fewer images than a batch has, or no workers.
        """
        self.recipe, self.objective = recipe, objective
        self.processes = processes or Processes()
        self.device = torch.device(device)
        self.module: Net = module.to(self.device, memory_format=torch.channels_last)
        self.optimizer = make_optimizer(self.module, recipe)
        self.test = test
        self.subset, self.held = held_back(train, objective.kinds(train), recipe)
        if self.held is not None and not len(self.held):
            raise McugenError("no image is left for validation", "it takes two of a class at least")
        self.steps_per_epoch = len(self.subset) // (recipe.batch * self.processes.count)
        if self.steps_per_epoch == 0:
            batch = recipe.batch * self.processes.count
            raise McugenError(f"{len(self.subset)} training images do not fill a batch of {batch}", "lower --batch")
        self.test_every = test_every
        self.loader = Loader(
            self.subset,
            lambda pixels, targets, draws: objective.show(pixels, targets, draws, recipe),
            workers,
            pinned=self.device.type == "cuda",
        )
        self.replica: nn.Module = self.module
        self._freeze(False)

    def epochs(self, done: int = 0, on_step: Callable[[int, int, float], None] | None = None) -> Iterator[EpochResult]:
        """Trains one epoch after the other, from `done` + 1 on, each until its result is asked for.

        on_step: called with finished steps of the epoch, their number in all, and the mean loss so far. Raises
        McugenError when the loss or the weights are no longer finite.
        """
        for epoch in range(done + 1, self.recipe.epochs + 1):
            start = time.perf_counter()
            loss, lr = self._train_epoch(epoch, on_step)
            if not math.isfinite(loss):
                raise McugenError(
                    f"the loss is {loss} in epoch {epoch}", f"lower --lr, which is {self.recipe.peak_lr:g}"
                )
            if not all(torch.isfinite(values).all() for values in self.module.state_dict().values()):
                raise McugenError(
                    f"the weights are not finite after epoch {epoch}",
                    f"lower --lr, which is {self.recipe.peak_lr:g}, or take larger images",
                )
            validation = None if self.held is None else self.evaluate(self.held)
            tested = epoch % self.test_every == 0 or epoch == self.recipe.epochs
            test = self.evaluate(self.test) if tested else None
            yield EpochResult(epoch, lr, loss, test, validation, time.perf_counter() - start)

    def evaluate(self, subset: Subset) -> dict[str, float]:
        """What the task measures of the net as it is; every process takes its share of the images."""
        return self.objective.evaluate(self.module, subset, self.device, self.processes)

    def _train_epoch(self, epoch: int, on_step: Callable[[int, int, float], None] | None) -> tuple[float, float]:
        """Mean loss of the epoch over all processes, and the last learning rate."""
        frozen = epoch <= self.recipe.freeze
        if frozen != self.frozen:
            self._freeze(frozen)
        self.replica.train()
        if frozen:
            # Its batch norm goes on with the statistics that it has.
            for part in self._trunk():
                part.eval()
        generator = epoch_generator(self.recipe.seed, epoch, self.processes.rank)
        total = torch.zeros(())
        lr = 0.0
        for step, (inputs, targets) in enumerate(self.batches(epoch, generator)):
            lr = self.recipe.learning_rate((epoch - 1) * self.steps_per_epoch + step, self.steps_per_epoch)
            total += self.step(inputs, targets, lr).cpu()
            if on_step is not None:
                on_step(step + 1, self.steps_per_epoch, total.item() / (step + 1))
        if not frozen:
            self._measure_statistics(epoch, generator)
        summed = self.processes.total(total.to(self.device)).item()
        return summed / (self.steps_per_epoch * self.processes.count), lr

    def step(self, inputs: torch.Tensor, targets: torch.Tensor, lr: float) -> torch.Tensor:
        """One step of the optimizer on a batch; returns its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.amp):
            outputs = self.replica(inputs)
        loss = self.objective.loss(inputs, outputs.float(), targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def _freeze(self, frozen: bool) -> None:
        """Whether only the head is trained."""
        self.frozen = frozen
        if frozen or not all(parameter.requires_grad for parameter in self.module.parameters()):
            for part in self._trunk():
                part.requires_grad_(not frozen)
        if self.processes.count > 1:
            # It looks once at what is trained.
            self.replica = DistributedDataParallel(self.module)

    def _trunk(self) -> list[nn.Module]:
        """What is not the head: of a classifier its features, of a net with a class at every position their blocks but
        for the one of that name."""
        features = self.module.features
        if self.module.architecture.is_classifier:
            return [features]
        return [part for name, part in features.named_children() if name != "head"]

    def _measure_statistics(self, epoch: int, generator: torch.Generator) -> None:
        """Batch norm's mean and variance, over some batches of every process, of the weights as they are.

        What was averaged while training is of earlier weights: in the first epochs, when these change fast, it makes a
        net that learns look as if it did not. See Wu and Johnson, "Rethinking 'Batch' in BatchNorm", arXiv 2105.07576,
        section 3.
        """
        norms = [part for part in self.module.modules() if isinstance(part, nn.BatchNorm2d)]
        usual = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            # Every batch counts alike.
            norm.momentum = None
        with torch.no_grad():
            for inputs, _ in self.batches(epoch, generator, _BATCHES_OF_STATISTICS):
                self.module(inputs)
        for norm, momentum in zip(norms, usual, strict=True):
            norm.momentum = momentum
            # Each process saw other batches, of as many images.
            for statistic in (norm.running_mean, norm.running_var):
                if statistic is not None:
                    self.processes.total(statistic).div_(self.processes.count)

    def batches(
        self, epoch: int, generator: torch.Generator, most: int | None = None
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Inputs float [N, C, H, W] and targets of the batches of this process, or of the first `most`, changed by
        random numbers of `generator`."""
        height, width = self.subset.images.shape[1:3]
        draws = (
            draw(index, self.recipe, (height, width), generator) for index in itertools.islice(self.order(epoch), most)
        )
        for pixels, targets in self.loader.batches(draws):
            inputs = to_input(pixels.to(self.device, non_blocking=True))
            yield inputs.contiguous(memory_format=torch.channels_last), targets.to(self.device, non_blocking=True)

    def order(self, epoch: int) -> Iterator[torch.Tensor]:
        """Indices of the batches of this process, into the images of the data set: all processes shuffle alike and take
        turns."""
        generator = epoch_generator(self.recipe.seed, epoch, -1)
        if self.recipe.balance:
            kinds = self.objective.kinds(self.subset)[self.subset.chosen]
            weights = 1 / torch.bincount(kinds).double()[kinds]
            order = torch.multinomial(weights, len(kinds), replacement=True, generator=generator)
        else:
            order = torch.randperm(len(self.subset), generator=generator)
        count, batch = self.processes.count, self.recipe.batch
        whole = self.subset.chosen[order[: self.steps_per_epoch * batch * count]]
        yield from whole[self.processes.rank :: count].split(batch)


def epoch_generator(seed: int, epoch: int, rank: int) -> torch.Generator:
    """Random numbers of an epoch and process; rank -1 is what all processes have in common."""
    (state,) = np.random.SeedSequence((seed, epoch, rank + 1)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state))
