"""A training run: a directory with its checkpoint, metrics and TensorBoard log, that can be taken up again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

from mcugen.data import Dataset
from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture, build
from mcugen.nets.layers import require_classifier
from mcugen.nets.modules import Net
from mcugen.output import write_file
from mcugen.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from mcugen.training.loop import EpochResult, Trainer
from mcugen.training.processes import Processes
from mcugen.training.recipe import Recipe
from mcugen.training.sound import check_optimizer
from mcugen.training.teacher import Teacher

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.csv"
TENSORBOARD = "tensorboard"


@dataclass(frozen=True)
class Listener:
    """Told what goes on: on_step (epoch, step, steps, mean loss so far) and on_epoch (its result)."""

    on_step: Callable[[int, int, int, float], None] = lambda epoch, step, steps, loss: None
    on_epoch: Callable[[EpochResult], None] = lambda result: None


def find_run(directory: Path, resume: bool) -> Checkpoint | None:
    """The checkpoint to go on from, None for a new run.

    Raises McugenError if there is one that `resume` does not ask for.
    """
    path = directory / CHECKPOINT
    if not path.exists():
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
    data: dict[str, Any] | None = None,
    earlier: Checkpoint | None = None,
    processes: Processes | None = None,
    device: str = "cpu",
    listener: Listener | None = None,
    begin: Callable[[Net], None] | None = None,
    test_every: int = 1,
    teacher: Teacher | None = None,
) -> Checkpoint:
    """Trains a net; after every epoch its checkpoint and metrics are in `directory`. Returns the last checkpoint.

    train, test: images uint8 [N, height, width, in_chans] of the net's size. data: how they were made, kept in the
    checkpoint. earlier: a checkpoint of the same run to go on from, see `find_run`; the recipe may have more epochs
    than its own. begin: what is done with the fresh net, such as giving it the weights of another. test_every,
    teacher: as `Trainer` has them. Raises McugenError if it is of another net or recipe, the net is no classifier, the
    loss leaves the finite numbers, or a file cannot be written.
    """
    require_classifier(net)
    processes, listener = processes or Processes(), listener or Listener()
    torch.manual_seed(recipe.seed)
    module = build(net)
    if begin is not None and earlier is None:
        begin(module)
    trainer = Trainer(module, train, test, recipe, processes, device, test_every, teacher)
    checkpoint = Checkpoint(
        net.name,
        dict(net.options),
        module.state_dict(),
        train.classes,
        data or {},
        seed=recipe.seed,
        recipe=_plain(recipe),
    )
    if earlier is not None:
        _check_same(earlier, checkpoint, directory)
        module.load_state_dict(dict(earlier.state))
        if earlier.optimizer is not None:
            _resume_optimizer(trainer.optimizer, earlier.optimizer, directory / CHECKPOINT)
        checkpoint.epoch, checkpoint.metrics = earlier.epoch, earlier.metrics
    log = _Log(directory, checkpoint.epoch) if processes.first else None
    try:
        current = checkpoint.epoch + 1
        results = trainer.epochs(
            checkpoint.epoch, lambda step, steps, loss: listener.on_step(current, step, steps, loss)
        )
        for result in results:
            current = result.epoch + 1
            checkpoint.epoch = result.epoch
            checkpoint.metrics = {name: value for name, value in _plain(result).items() if value is not None}
            checkpoint.state, checkpoint.optimizer = module.state_dict(), trainer.optimizer.state_dict()
            if log is not None:
                # The checkpoint last: what was logged beyond it is dropped when the run is taken up again.
                log.write(result)
                save_checkpoint(directory / CHECKPOINT, checkpoint)
                listener.on_epoch(result)
    finally:
        if log is not None:
            log.close()
    return checkpoint


def _resume_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any], path: Path) -> None:
    try:
        optimizer.load_state_dict(state)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise McugenError(f"{path}: its optimizer's state does not fit its net: {reason}") from error
    check_optimizer(optimizer, str(path))


def _plain(record: Recipe | EpochResult) -> dict[str, Any]:
    """Its fields as numbers and texts, which a checkpoint may hold."""
    return {name: value.value if hasattr(value, "value") else value for name, value in asdict(record).items()}


def _check_same(earlier: Checkpoint, wanted: Checkpoint, directory: Path) -> None:
    # What an earlier version did not know, it did as the defaults do.
    recipe = {**_plain(Recipe()), **earlier.recipe}
    was = {"net": earlier.net, **earlier.options, **recipe, **{f"data {k}": v for k, v in earlier.data.items()}}
    now = {"net": wanted.net, **wanted.options, **wanted.recipe, **{f"data {k}": v for k, v in wanted.data.items()}}
    if wanted.recipe["epochs"] < earlier.epoch:
        raise McugenError(
            f"{directory} holds a run with {earlier.epoch} epochs done, more than {wanted.recipe['epochs']}",
            "to go on, name more --epochs",
        )
    for name in now:
        # A run that is to be longer follows the learning rate of a run of that length from here on.
        if name != "epochs" and was.get(name) != now[name]:
            raise McugenError(
                f"{directory} holds a run with {name} {was.get(name)}, not {now[name]}",
                "give the options that it was begun with, or name another directory",
            )


def _shown(value: object) -> str:
    """As metrics.csv has it; nothing for what was not measured."""
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


class _Log:
    """Metrics of every epoch as CSV and for TensorBoard; those after epoch `done` are dropped."""

    def __init__(self, directory: Path, done: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / METRICS
        self.rows: list[list[str]] = []
        if done and self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as stream:
                self.rows = [row for row in list(csv.reader(stream))[1:] if row and int(row[0]) <= done]
        self.writer = SummaryWriter(str(directory / TENSORBOARD), purge_step=done + 1)

    def write(self, result: EpochResult) -> None:
        """One row, and one point of every curve."""
        values = _plain(result)
        self.rows.append([_shown(value) for value in values.values()])
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow([field.name for field in fields(EpochResult)])
        table.writerows(self.rows)
        write_file(self.path, text.getvalue())
        for name, value in values.items():
            if name != "epoch" and value is not None:
                self.writer.add_scalar(name, value, result.epoch)
        self.writer.flush()

    def close(self) -> None:
        """Closes the TensorBoard log."""
        self.writer.close()
