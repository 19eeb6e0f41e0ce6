"""Training of a net, epoch by epoch. Importing this file imports torch."""

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

from mcugen.data import Dataset
from mcugen.diagnostics import McugenError
from mcugen.training.augment import augment, to_input
from mcugen.training.processes import Processes
from mcugen.training.recipe import OptimizerName, Recipe
from mcugen.training.teacher import Teacher, loss_function

_EVALUATION_BATCH = 500
_BATCHES_OF_STATISTICS = 10


@dataclass(frozen=True)
class EpochResult:
    """epoch: from 1. lr: at its end. loss: mean while training, cross entropy where there is no teacher. test_loss,
    top1 (0 to 1): on test images, None where the epoch was not tested. seconds: wall clock.
    """

    epoch: int
    lr: float
    loss: float
    test_loss: float | None
    top1: float | None
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
        module: nn.Module,
        train: Dataset,
        test: Dataset,
        recipe: Recipe,
        processes: Processes | None = None,
        device: str = "cpu",
        test_every: int = 1,
        teacher: Teacher | None = None,
    ) -> None:
        """train, test: images uint8 [N, H, W, C]. test_every: every so many epochs, and after the last, the net is
        tested. teacher: of a recipe that has one. Raises McugenError if there are fewer images than a batch has."""
        self.recipe = recipe
        self.processes = processes or Processes()
        self.device = torch.device(device)
        self.module = module.to(self.device, memory_format=torch.channels_last)
        self.optimizer = make_optimizer(self.module, recipe)
        self.images, self.labels = _subset(train, recipe)
        self.test_images, self.test_labels = torch.from_numpy(test.images), torch.from_numpy(test.labels)
        self.steps_per_epoch = len(self.labels) // (recipe.batch * self.processes.count)
        if self.steps_per_epoch == 0:
            batch = recipe.batch * self.processes.count
            raise McugenError(f"{len(self.labels)} training images do not fill a batch of {batch}", "lower --batch")
        self.test_every = test_every
        self.loss = loss_function(recipe, teacher)
        self.replica: nn.Module = self.module
        self._freeze(False)

    def epochs(self, done: int = 0, on_step: Callable[[int, int, float], None] | None = None) -> Iterator[EpochResult]:
        """Trains one epoch after the other, from `done` + 1 on, each until its result is asked for.

        on_step: called with finished steps of the epoch, their number in all, and the mean loss so far. Raises
        McugenError when the loss is no longer finite.
        """
        for epoch in range(done + 1, self.recipe.epochs + 1):
            start = time.perf_counter()
            loss, lr = self._train_epoch(epoch, on_step)
            if not math.isfinite(loss):
                raise McugenError(
                    f"the loss is {loss} in epoch {epoch}", f"lower --lr, which is {self.recipe.peak_lr:g}"
                )
            tested = epoch % self.test_every == 0 or epoch == self.recipe.epochs
            test_loss, top1 = self.evaluate() if tested else (None, None)
            yield EpochResult(epoch, lr, loss, test_loss, top1, time.perf_counter() - start)

    def _train_epoch(self, epoch: int, on_step: Callable[[int, int, float], None] | None) -> tuple[float, float]:
        """Mean loss of the epoch over all processes, and the last learning rate."""
        frozen = epoch <= self.recipe.freeze
        if frozen != self.frozen:
            self._freeze(frozen)
        self.replica.train()
        if frozen:
            # Its batch norm goes on with the statistics that it has.
            self.module.get_submodule("features").eval()
        height, width = self.images.shape[1:3]
        shift = self.recipe.shift_pixels(height, width)
        generator = _generator(self.recipe.seed, epoch, self.processes.rank)
        total = torch.zeros(())
        lr = 0.0
        for step, index in enumerate(self._batches(epoch)):
            lr = self.recipe.learning_rate((epoch - 1) * self.steps_per_epoch + step, self.steps_per_epoch)
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            images = augment(self.images[index], shift, self.recipe.flip, generator).to(self.device)
            inputs = to_input(images).contiguous(memory_format=torch.channels_last)
            loss = self.loss(inputs, self.replica(inputs), self.labels[index].to(self.device))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach().cpu()
            if on_step is not None:
                on_step(step + 1, self.steps_per_epoch, total.item() / (step + 1))
        if not frozen:
            self._measure_statistics(epoch, shift, generator)
        summed = self.processes.total(total.to(self.device)).item()
        return summed / (self.steps_per_epoch * self.processes.count), lr

    def _freeze(self, frozen: bool) -> None:
        """Whether only the head is trained."""
        self.frozen = frozen
        if frozen or not all(parameter.requires_grad for parameter in self.module.parameters()):
            self.module.get_submodule("features").requires_grad_(not frozen)
        if self.processes.count > 1:
            # It looks once at what is trained.
            self.replica = DistributedDataParallel(self.module)

    def _measure_statistics(self, epoch: int, shift: int, generator: torch.Generator) -> None:
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
            for index in itertools.islice(self._batches(epoch), _BATCHES_OF_STATISTICS):
                images = augment(self.images[index], shift, self.recipe.flip, generator).to(self.device)
                self.module(to_input(images).contiguous(memory_format=torch.channels_last))
        for norm, momentum in zip(norms, usual, strict=True):
            norm.momentum = momentum
            # Each process saw other batches, of as many images.
            for statistic in (norm.running_mean, norm.running_var):
                if statistic is not None:
                    self.processes.total(statistic).div_(self.processes.count)

    def _batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Indices of the batches of this process: all of them shuffle alike and take turns."""
        generator = _generator(self.recipe.seed, epoch, -1)
        if self.recipe.balance:
            weights = 1 / torch.bincount(self.labels).double()[self.labels]
            order = torch.multinomial(weights, len(self.labels), replacement=True, generator=generator)
        else:
            order = torch.randperm(len(self.labels), generator=generator)
        count, batch = self.processes.count, self.recipe.batch
        whole = order[: self.steps_per_epoch * batch * count]
        yield from whole[self.processes.rank :: count].split(batch)

    def evaluate(self) -> tuple[float, float]:
        """Mean loss and top-1 accuracy on all test images; every process takes its share of them."""
        self.module.eval()
        totals = torch.zeros(2, dtype=torch.float64, device=self.device)
        rank, count = self.processes.rank, self.processes.count
        images, labels = self.test_images[rank::count], self.test_labels[rank::count]
        with torch.inference_mode():
            for pixels, wanted in zip(images.split(_EVALUATION_BATCH), labels.split(_EVALUATION_BATCH), strict=True):
                wanted = wanted.to(self.device)
                logits = self.module(to_input(pixels.to(self.device)).contiguous(memory_format=torch.channels_last))
                totals[0] += nn.functional.cross_entropy(logits, wanted, reduction="sum")
                totals[1] += (logits.argmax(1) == wanted).sum()
        loss, right = (self.processes.total(totals) / len(self.test_labels)).tolist()
        return loss, right


def _subset(train: Dataset, recipe: Recipe) -> tuple[torch.Tensor, torch.Tensor]:
    if recipe.limit is None or recipe.limit >= len(train.images):
        # What can be written to is not copied: it may be larger than memory.
        return torch.from_numpy(np.require(train.images, requirements="W")), torch.from_numpy(train.labels)
    chosen = np.sort(np.random.default_rng(recipe.seed).permutation(len(train.images))[: recipe.limit])
    return torch.from_numpy(train.images[chosen]), torch.from_numpy(train.labels[chosen])


def _generator(seed: int, epoch: int, rank: int) -> torch.Generator:
    """Random numbers of an epoch and process; rank -1 is what all processes have in common."""
    (state,) = np.random.SeedSequence((seed, epoch, rank + 1)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state))
