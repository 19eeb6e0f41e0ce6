"""mcugen sweep: the paper's questions, asked of one's own data."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.errors import BAD_USE, complain
from mcugen.cli.net_options import parse_ratios, parse_sizes
from mcugen.cli.options import BoardOfTarget, Json, Report, chosen_target, complete_target
from mcugen.cli.train_options import Data, DataDir, OptimizerChoice
from mcugen.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcugen.explore.runs import Run
    from mcugen.schemas.sweep import SweepRun


class QuestionChoice(str, Enum):
    """Questions of `mcugen.explore.runs`."""

    GRID = "grid"
    FULL = "full"
    SHALLOW = "shallow"
    DECAY = "decay"


def sweep(
    data: Data,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where results are kept.")],
    alphas: Annotated[
        list, typer.Option(metavar="A,A,...", parser=parse_ratios, help="Width multipliers of the grid.")
    ] = "0.1,0.25,0.5",  # type: ignore[assignment]
    sizes: Annotated[
        list, typer.Option(metavar="S,S,...", parser=parse_sizes, help="Sides of the images of the grid.")
    ] = "24,32,48",  # type: ignore[assignment]
    nets: Annotated[
        list[str] | None,
        typer.Option("--net", metavar="NET", help="A net of the grid, by default mobilenet_v1; may be repeated."),
    ] = None,
    questions: Annotated[
        list[QuestionChoice] | None,
        typer.Option("--question", help="What to ask, all by default; may be given several times."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Core that flash, RAM and cycles are of. Default: cortex-m4.",
            autocompletion=complete_target,
        ),
    ] = None,
    board: BoardOfTarget = None,
    epochs: Annotated[int, typer.Option(min=1, metavar="N")] = 10,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Images a step.")] = 128,
    optimizer: OptimizerChoice = OptimizerChoice.RMSPROP,
    lr: Annotated[float | None, typer.Option(metavar="X", help="Highest learning rate.")] = None,
    weight_decay: Annotated[float, typer.Option(metavar="X")] = 4e-5,
    flip: Annotated[bool, typer.Option("--flip/--no-flip", help="Mirror half of the images; not for digits.")] = True,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Train on N images only.")] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N")] = 0,
    data_dir: DataDir = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://...", help="A Dask cluster to run on, instead of this machine.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Runs at a time on this machine.")] = 1,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="Of the processor, for each run.")] = None,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Train, quantize and compile many nets: what do width and resolution cost, and what do they buy?

    Questions: grid (all alphas times all sizes), full (full against separable convolutions), shallow (against a thin
    net of equal cost), decay (weight decay on depthwise filters); the last three of MobileNetV1 at the greatest alpha
    and size. DIR gets sweep.csv, two plots and a file for every finished run: the same command goes on where it was
    stopped.

    Example: mcugen sweep --data fashion-mnist --alphas 0.1,0.25 --sizes 16,32 --epochs 5 -o runs/sweep
    """
    from mcugen.extras import require
    from mcugen.frontend.torch.quiet import quiet

    needed = (("torch", "torch"), ("torchao", "torch"), ("tensorboard", "torch"), ("distributed", "sweep"))
    with quiet():
        for module, extra in needed:
            require(module, extra, "a sweep")
    require("matplotlib", "plots", "a sweep")
    from mcugen.data import load_splits
    from mcugen.data.splits import is_gray
    from mcugen.explore.measure import Setup
    from mcugen.explore.plots import write_plots
    from mcugen.explore.runs import V1, Question, make_runs
    from mcugen.explore.sweep import TABLE, run_sweep
    from mcugen.schemas.sweep import SweepOutput
    from mcugen.targets import find_target

    core = find_target(chosen_target(target, board, "cortex-m4")).name
    channels = 1 if is_gray(data) else 3
    setup = Setup(
        data=data,
        data_dir=None if data_dir is None else str(data_dir),
        channels=channels,
        target=core,
        epochs=epochs,
        batch=batch,
        optimizer=optimizer.value,
        lr=lr,
        weight_decay=weight_decay,
        flip=flip,
        limit=limit,
        seed=seed,
    )
    asked = [Question(choice.value) for choice in questions or QuestionChoice]
    smallest = min(sizes, default=1)
    # Read once here, in its smallest form, to know the classes and to refuse bad data before anything is trained.
    train, _ = load_splits(data, data_dir=data_dir, height=smallest, width=smallest, channels=channels)
    runs = make_runs(alphas, sizes, asked, channels, int(train.labels.max()) + 1, nets or (V1,))
    ended = 0
    with progress_bar() as progress:
        progress(f"run 1 of {len(runs)}", 0, len(runs))

        def on_run(run: Run, row: SweepRun | None, error: str | None) -> None:
            nonlocal ended
            ended += 1
            outcome = f"failed: {one_line(error or '')}" if row is None else f"top-1 {row.int8_top1:.2%}"
            typer.echo(f"{run.name}: {outcome}", err=True)
            progress("runs", ended, len(runs))

        rows, failed = run_sweep(
            runs,
            setup,
            output,
            scheduler=scheduler,
            jobs=jobs,
            threads=threads,
            on_run=on_run,
            on_step=lambda line: progress(line, ended, len(runs)),
        )
    plots = tuple(str(path) for path in write_plots(rows, output)) if rows else ()
    record = SweepOutput(table=str(output / TABLE), plots=plots, runs=tuple(rows), failed=failed)
    emit(record, lambda: _show(rows), as_json=as_json, file=report)
    if failed:
        complain(f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}", "the same command tries them again")
        raise typer.Exit(BAD_USE)


def _show(rows: Sequence[SweepRun]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("run", no_wrap=True)
    for heading in ("MACs", "params", "float", "int8", "flash", "RAM", "cycles"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        cycles = row.modelled_cycles
        table.add_row(
            row.run.removeprefix("mobilenet_"),
            f"{row.macs / 1e6:.2f}M",
            f"{row.parameters / 1e3:.0f}k",
            *(f"{share:.2%}" for share in (row.float_top1, row.int8_top1)),
            *(thousands(size) for size in (row.flash_bytes, row.ram_bytes)),
            "" if cycles is None else f"{cycles / 1e6:.2f}M",
        )
    output_console().print(table)
