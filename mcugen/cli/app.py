"""The application: its commands and `--version`."""

from __future__ import annotations

from typing import Annotated

import typer

from mcugen.cli.accuracy import accuracy
from mcugen.cli.analyze import analyze
from mcugen.cli.boards import boards
from mcugen.cli.diff import diff
from mcugen.cli.errors import Command
from mcugen.cli.fit import fit
from mcugen.cli.flash import flash
from mcugen.cli.generate import generate
from mcugen.cli.nets import nets
from mcugen.cli.new import new
from mcugen.cli.quantize import quantize
from mcugen.cli.report import report
from mcugen.cli.schema import schema
from mcugen.cli.sweep import sweep
from mcugen.cli.targets import targets
from mcugen.cli.train import train
from mcugen.cli.validate import validate
from mcugen.version import __version__

app = typer.Typer(
    name="mcugen",
    help="Compiles int8-quantized MobileNets (.tflite, .onnx, .pt2) to self-contained, exact C99 for microcontrollers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    analyze,
    generate,
    validate,
    accuracy,
    report,
    diff,
    boards,
    targets,
    fit,
    train,
    quantize,
    sweep,
    flash,
    new,
    schema,
):
    app.command(cls=Command)(command)
app.add_typer(nets)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mcugen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
