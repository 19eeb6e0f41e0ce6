"""A training run: a directory with its checkpoint, metrics and TensorBoard log, that can be taken up again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mcugen.data import Dataset
from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture, build
from mcugen.nets.layers import require_classifier
from mcugen.nets.modules import Net
from mcugen.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from mcugen.training.log import METRICS, TENSORBOARD, Log, numbers, test_name, validation_name
from mcugen.training.loop import EpochResult, Trainer
from mcugen.training.processes import Processes
from mcugen.training.recipe import Recipe
from mcugen.training.sound import check_optimizer
from mcugen.training.subset import Subset, labelled
from mcugen.training.tasks.classify import Classify
from mcugen.training.tasks.objective import Objective
from mcugen.training.teacher import Teacher

__all__ = ["CHECKPOINT", "LAST", "METRICS", "TENSORBOARD", "Listener", "Trained", "find_run", "train_net", "train_task"]

CHECKPOINT = "checkpoint.pt"
LAST = "last.pt"
"""Where the run stands, if `checkpoint.pt` is of its best epoch."""


@dataclass(frozen=True)
class Listener:
    """Told what goes on: on_step (epoch, step, steps, mean loss so far) and on_epoch (its result)."""

    on_step: Callable[[int, int, int, float], None] = lambda epoch, step, steps, loss: None
    on_epoch: Callable[[EpochResult], None] = lambda result: None


@dataclass(frozen=True)
class Trained:
    """checkpoint: what is kept, of the best epoch where images are held back, else of the last. epochs: that are done.
    images, validation_images: trained on, and held back. answers: computes the class, int64 [N], that it says of each
    test image; None of tasks without classes."""

    checkpoint: Checkpoint
    epochs: int
    images: int
    validation_images: int
    answers: Callable[[], np.ndarray | None]


def find_run(directory: Path, resume: bool) -> Checkpoint | None:
    """The checkpoint to go on from, None for a new run.

    Raises McugenError if there is one that `resume` does not ask for.
    """
    path = next((directory / name for name in (LAST, CHECKPOINT) if (directory / name).exists()), None)
    if path is None:
        return None
    checkpoint = load_checkpoint(path, cells=True)
    if not resume:
        done = f"{checkpoint.epoch} of {checkpoint.recipe.get('epochs')} epochs"
        raise McugenError(f"{directory} holds a run with {done}", "add --resume to go on, or name another directory")
    return checkpoint


def train_net(
    net: Architecture,
    train: Dataset,
    test: Dataset,
    recipe: Recipe,
    directory: Path,
    *,
    listener: Listener | None = None,
    teacher: Teacher | None = None,
) -> Checkpoint:
    """Trains a classifier on images uint8 [N, height, width, in_chans] of the net's size; see `train_task`."""
    require_classifier(net)
    objective = Classify(recipe, teacher)
    subsets = labelled(train), labelled(test)
    return train_task(net, objective, *subsets, recipe, directory, labels=train.classes, listener=listener).checkpoint


def train_task(
    net: Architecture,
    objective: Objective,
    train: Subset,
    test: Subset,
    recipe: Recipe,
    directory: Path,
    *,
    labels: tuple[str, ...] = (),
    data: dict[str, Any] | None = None,
    earlier: Checkpoint | None = None,
    processes: Processes | None = None,
    device: str = "cpu",
    listener: Listener | None = None,
    begin: Callable[[Net], None] | None = None,
    test_every: int = 1,
    workers: int = 0,
) -> Trained:
    """Trains a net; after every epoch its checkpoint and metrics are in `directory`.

    train, test: images of the net's size. labels: names of classes. data: how the images were made, kept in the
    checkpoint. earlier: a checkpoint of the same run to go on from, see `find_run`; the recipe may have more epochs
    than its own. begin: what is done with the fresh net, such as giving it the weights of another. test_every,
    workers: as `Trainer` has them. Where the recipe holds images back, `checkpoint.pt` is of the epoch that is best on
    them, and `last.pt` goes on. Raises McugenError if `earlier` is of another net or recipe, the loss leaves the finite
    numbers, or a file cannot be written.
    """
    processes, listener = processes or Processes(), listener or Listener()
    torch.manual_seed(recipe.seed)
    module = build(net)
    if begin is not None and earlier is None:
        begin(module)
    trainer = Trainer(module, objective, train, test, recipe, processes, device, test_every, workers)
    current = Checkpoint(
        net.name, dict(net.options), module.state_dict(), labels, data or {}, seed=recipe.seed, recipe=_plain(recipe)
    )
    current.task = objective.task
    keeper = _Keeper(objective, recipe, directory)
    if earlier is not None:
        _check_same(earlier, current, directory)
        module.load_state_dict(dict(earlier.state))
        if earlier.optimizer is not None:
            _resume_optimizer(trainer.optimizer, earlier.optimizer, keeper.path)
        current.epoch, current.metrics = earlier.epoch, earlier.metrics
        keeper.resume(earlier)
    log = Log(directory, current.epoch, objective.measures, trainer.held is not None) if processes.first else None
    try:
        going = current.epoch + 1
        results = trainer.epochs(current.epoch, lambda step, steps, loss: listener.on_step(going, step, steps, loss))
        while not keeper.out_of_patience(current.epoch):
            result = next(results, None)
            if result is None:
                break
            going = result.epoch + 1
            current.epoch, current.metrics = result.epoch, numbers(result)
            current.state, current.optimizer = module.state_dict(), trainer.optimizer.state_dict()
            better = keeper.look(current, result)
            if log is not None:
                # What the run goes on from last: what was logged beyond it is dropped when it is taken up again.
                log.write(result)
                keeper.save(current, better)
                listener.on_epoch(result)
    finally:
        if log is not None:
            log.close()
    return Trained(
        _tested(keeper.kept or current, trainer, directory, processes),
        current.epoch,
        len(trainer.subset),
        0 if trainer.held is None else len(trainer.held),
        lambda: objective.answers(trainer.module, trainer.test, trainer.device),
    )


class _Keeper:
    """Which epoch's weights are kept, and in which files: the last one's, or where images are held back, the best."""

    def __init__(self, objective: Objective, recipe: Recipe, directory: Path) -> None:
        self.objective, self.recipe, self.directory = objective, recipe, directory
        self.path = directory / (LAST if recipe.validation else CHECKPOINT)
        self.kept: Checkpoint | None = None

    def resume(self, earlier: Checkpoint) -> None:
        """Goes on with the best epoch of an earlier run."""
        if self.recipe.validation and earlier.epoch:
            self.kept = load_checkpoint(self.directory / CHECKPOINT, cells=True)

    def look(self, current: Checkpoint, result: EpochResult) -> bool:
        """Whether the epoch is the best so far, by the images held back; it is then remembered."""
        if result.validation is None:
            return False
        if self.kept is not None and self.objective.score(result.validation) <= self._score(self.kept):
            return False
        # The net goes on changing; and a run does not go on from here, but from where it stands.
        self.kept = replace(
            current, state=copy.deepcopy(dict(current.state)), metrics=dict(current.metrics), optimizer=None
        )
        return True

    def save(self, current: Checkpoint, better: bool) -> None:
        """Writes what changed."""
        if better and self.kept is not None:
            save_checkpoint(self.directory / CHECKPOINT, self.kept)
        save_checkpoint(self.path, current)

    def out_of_patience(self, epoch: int) -> bool:
        """Whether so many epochs were no better that the recipe ends here."""
        if self.recipe.patience is None or self.kept is None:
            return False
        return epoch - self.kept.epoch >= self.recipe.patience

    def _score(self, checkpoint: Checkpoint) -> tuple[float, ...]:
        names = self.objective.measures
        return self.objective.score({name: checkpoint.metrics[validation_name(name)] for name in names})


def _tested(kept: Checkpoint, trainer: Trainer, directory: Path, processes: Processes) -> Checkpoint:
    """What is kept, with what the task measures of it on test images, which chose nothing."""
    names = trainer.objective.measures
    trainer.module.load_state_dict(dict(kept.state))
    if not all(test_name(name) in kept.metrics for name in names):
        measured = trainer.evaluate(trainer.test)
        kept.metrics |= {test_name(name): value for name, value in measured.items()}
        if processes.first:
            save_checkpoint(directory / CHECKPOINT, kept)
    return kept


def _resume_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any], path: Path) -> None:
    try:
        optimizer.load_state_dict(state)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise McugenError(f"{path}: its optimizer's state does not fit its net: {reason}") from error
    check_optimizer(optimizer, str(path))


def _plain(record: Recipe) -> dict[str, Any]:
    """Its fields as numbers and texts, which a checkpoint may hold."""
    return {name: value.value if hasattr(value, "value") else value for name, value in asdict(record).items()}


def _check_same(earlier: Checkpoint, wanted: Checkpoint, directory: Path) -> None:
    # What an earlier version did not know, it did as the defaults do.
    recipe = {**_plain(Recipe()), **earlier.recipe}
    was = {"net": earlier.net, **earlier.options, **recipe, **{f"data {k}": v for k, v in earlier.data.items()}}
    now = {"net": wanted.net, **wanted.options, **wanted.recipe, **{f"data {k}": v for k, v in wanted.data.items()}}
    was |= {f"task's {name}": value for name, value in {"name": None, **earlier.task}.items()}
    now |= {f"task's {name}": value for name, value in {"name": None, **wanted.task}.items()}
    if wanted.recipe["epochs"] < earlier.epoch:
        raise McugenError(
            f"{directory} holds a run with {earlier.epoch} epochs done, more than {wanted.recipe['epochs']}",
            "to go on, name more --epochs",
        )
    for name in now | was:
        # A run that is to be longer follows the learning rate of a run of that length from here on.
        if name != "epochs" and was.get(name) != now.get(name):
            raise McugenError(
                f"{directory} holds a run with {name} {was.get(name)}, not {now.get(name)}",
                "give the options that it was begun with, or name another directory",
            )
