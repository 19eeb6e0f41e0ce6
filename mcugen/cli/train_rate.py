"""mcugen train --lr find: a learning rate, from steps at ever higher ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from mcugen.cli.console import emit
from mcugen.cli.errors import complain
from mcugen.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from mcugen.nets import Architecture
    from mcugen.nets.modules import Net
    from mcugen.schemas.train import RateOutput
    from mcugen.training.processes import Processes
    from mcugen.training.rate import RateTest
    from mcugen.training.recipe import Recipe
    from mcugen.training.run import Listener
    from mcugen.training.subset import Subset
    from mcugen.training.tasks.objective import Objective

PICTURE = "lr.svg"
TABLE = "lr.csv"


def search_rate(
    net: Architecture,
    objective: Objective,
    subsets: tuple[Subset, Subset],
    recipe: Recipe,
    directory: Path,
    processes: Processes,
    listener: Listener,
    begin: Callable[[Net], None],
    *,
    device: str,
    workers: int,
    as_json: bool,
    report: Path | None,
) -> None:
    """Prints a suggestion; leaves curve and picture in the run's directory. begin: what is done with the fresh net.

    Raises McugenError for several processes, and where no rate lowers the loss.
    """
    import torch

    from mcugen.diagnostics import McugenError
    from mcugen.nets import build
    from mcugen.schemas.train import RateOutput
    from mcugen.training.loop import Trainer
    from mcugen.training.rate import find_rate

    if processes.count > 1:
        raise McugenError("a learning rate is searched by one process", "run it without torchrun")
    torch.manual_seed(recipe.seed)
    module = build(net)
    begin(module)
    trainer = Trainer(module, objective, *subsets, recipe, processes, device, workers=workers)
    found = find_rate(trainer, lambda step, steps, loss: listener.on_step(0, step, steps, loss))
    picture = _write(found, directory)
    record = RateOutput(
        found.suggestion, found.rates, found.losses, found.smoothed, None if picture is None else str(picture)
    )
    emit(record, lambda: _show(record), as_json=as_json, file=report)


def _write(found: RateTest, directory: Path) -> Path | None:
    from mcugen.diagnostics import McugenError
    from mcugen.output import write_file
    from mcugen.report.training.curves import rates_svg

    directory.mkdir(parents=True, exist_ok=True)
    rows = zip(found.rates, found.losses, found.smoothed, strict=True)
    lines = ["lr,loss,smoothed", *(",".join(f"{value:.6g}" for value in row) for row in rows)]
    write_file(directory / TABLE, "\n".join(lines) + "\n")
    try:
        picture = rates_svg(found.rates, found.losses, found.smoothed, found.suggestion)
    except McugenError as error:
        complain(error.message, error.hint)
        return None
    write_file(directory / PICTURE, picture)
    return directory / PICTURE


def _show(record: RateOutput) -> None:
    typer.echo(
        f"suggested: --lr {record.suggestion:.2g}, after {len(record.rates)} steps at up to {record.rates[-1]:.2g}"
    )
    if record.picture is not None:
        typer.echo(f"{one_line(record.picture)}: the loss by learning rate")
