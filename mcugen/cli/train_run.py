"""What `mcugen train` does for every task alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mcugen.cli.console import counted, progress_bar
from mcugen.cli.train_rate import search_rate
from mcugen.text import one_line

if TYPE_CHECKING:
    from mcugen.nets import Architecture
    from mcugen.nets.modules import Net
    from mcugen.training.checkpoint import Checkpoint
    from mcugen.training.loop import EpochResult
    from mcugen.training.pretrained.beginning import Beginning
    from mcugen.training.processes import Processes
    from mcugen.training.recipe import Recipe
    from mcugen.training.run import Listener, Trained
    from mcugen.training.subset import Subset
    from mcugen.training.tasks.objective import Objective

_MOST_SHOWN = 8


@dataclass(frozen=True)
class Wanted:
    """What the options ask for.

    make: the net with so many outputs. source: where the images are and how they become the net's, for the checkpoint.
    earlier: the run to go on with. init: the file that the net begins with. find_rate: a learning rate is searched, and
    nothing trained. teacher: the file of a larger net. dimension: of vectors.
    """

    make: Callable[[int], Architecture]
    recipe: Recipe
    source: dict[str, Any]
    output: Path
    earlier: Checkpoint | None
    init: Path | None
    device: str
    workers: int
    test_every: int
    find_rate: bool
    teacher: Path | None
    dimension: int
    as_json: bool
    report: Path | None

    def beginning(self, outline: Architecture) -> Beginning | None:
        """Layers of the file that are the net's; None without a file, or for a run that goes on."""
        from mcugen.training.pretrained.beginning import find_beginning

        return None if self.init is None or self.earlier is not None else find_beginning(self.init, outline)

    def train(
        self,
        net: Architecture,
        objective: Objective,
        subsets: tuple[Subset, Subset],
        labels: tuple[str, ...],
        processes: Processes,
        listener: Listener,
        beginning: Beginning | None,
    ) -> Trained | None:
        """Trains the net on the first part and tests it on the second; None where a learning rate was searched."""
        from mcugen.training.run import train_task

        if beginning is not None and processes.first:
            typer.echo(beginning_line(beginning), err=True)

        def begin(module: Net) -> None:
            if beginning is not None:
                beginning.give(module, subsets[0].images.numpy())

        if self.find_rate:
            search_rate(
                net,
                objective,
                subsets,
                self.recipe,
                self.output,
                processes,
                listener,
                begin,
                device=self.device,
                workers=self.workers,
                as_json=self.as_json,
                report=self.report,
            )
            return None
        return train_task(
            net,
            objective,
            *subsets,
            self.recipe,
            self.output,
            labels=labels,
            data=self.source,
            earlier=self.earlier,
            processes=processes,
            device=self.device,
            listener=listener,
            begin=begin,
            test_every=self.test_every,
            workers=self.workers,
        )


def refuse(given: dict[str, bool], task: str) -> None:
    """Raises McugenError for an option that was given and that the task does not have."""
    from mcugen.diagnostics import McugenError

    for option, wanted in given.items():
        if wanted:
            raise McugenError(f"{option} is not of --task {task}", "leave it out")


@contextmanager
def shown_training(first: bool, described: Callable[[dict[str, float]], str]) -> Iterator[tuple[Any, Listener]]:
    """Progress and, for every epoch, a line on stderr; nothing in any process but the first. described: by the task."""
    from mcugen.training.run import Listener

    if not first:
        yield (lambda what, done, total: None), Listener()
        return

    def on_epoch(result: EpochResult) -> None:
        held = "" if result.validation is None else f", validation {described(result.validation)}"
        tested = "" if result.test is None else f", test {described(result.test)}"
        typer.echo(f"epoch {result.epoch}: loss {result.loss:.4f}{held}{tested}, {result.seconds:.1f} s", err=True)

    with progress_bar() as progress:

        def on_step(epoch: int, step: int, steps: int, loss: float) -> None:
            progress(f"epoch {epoch}, loss {loss:.3f}", step, steps)

        yield progress, Listener(on_step, on_epoch)


def tell(skipped: list[str], doubts: tuple[str, ...]) -> None:
    """What was left out, and what makes the result worth less, one line each on stderr."""
    for line in skipped:
        typer.echo(f"mcugen: left out: {one_line(line)}", err=True)
    for line in doubts:
        typer.echo(f"mcugen: {one_line(line)}", err=True)


def beginning_line(beginning: Beginning) -> str:
    """How many layers have weights of the file, which do not, and what of the file has no place."""
    matches = beginning.matches
    fresh = f"; new: {some(matches.fresh)}" if matches.fresh else ""
    unused = f"; not used: {some(matches.unused)}" if matches.unused else ""
    found = counted(len(matches.pairs), "layer")
    return f"{one_line(str(beginning.path))}: {found} of the net begin with its weights{fresh}{unused}"


def some(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(map(one_line, names[:_MOST_SHOWN]))
    return shown if len(names) <= _MOST_SHOWN else f"{shown} and {len(names) - _MOST_SHOWN} more"


def show_camera(words: str) -> None:
    """Which options the commands that follow take, of a net that saw images by a camera. words: "" of one that did
    not."""
    if words:
        typer.echo(f"trained by a camera: mcugen accuracy, report and generate take the same {words}")


def kept_epoch(kept: int, done: int, validation_images: int, best: str) -> str:
    """After which epoch the weights are that are kept. best: what was measured on the images held back."""
    if not validation_images:
        return counted(done, "epoch")
    return f"epoch {kept} of {done}, the best on {counted(validation_images, 'image')} held back ({best})"
