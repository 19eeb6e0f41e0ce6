"""mcugen diff: what grew between two models, two targets, or two versions of the compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.options import BoardOfTarget, ExternalData, Json, Report, chosen_target, complete_target

if TYPE_CHECKING:
    from mcugen.schemas.diff import Change, DiffOutput, LayerChanges

_NAMES = {
    "ram_bytes": "RAM, bytes",
    "flash_constants": "weights and tables, bytes",
    "code_estimate": "code, bytes, estimated",
    "macs": "MACs",
    "live_macs": "MACs, live",
    "parameters": "parameters",
    "instructions": "instructions, predicted",
    "modelled_cycles": "cycles, modelled",
}
_SIDE = "MODEL, MODEL@TARGET (as in vww.tflite@cortex-m3), or the manifest NAME.json of a generated directory."


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_SIDE)],
    b: Annotated[str, typer.Argument(metavar="B", help="The same, compared with A.")],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME",
            help="Core of a side that names none. Default: cortex-m4.",
            autocompletion=complete_target,
        ),
    ] = None,
    board: BoardOfTarget = None,
    target_b: Annotated[str | None, typer.Option("--target-b", metavar="NAME", help="The same, of B only.")] = None,
    external_data: ExternalData = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Say what grew and where, from A to B: RAM, flash, multiply-accumulates, instructions; in all and by layer.

    Manifests were written by whatever version of mcugen generated them: two of them compare compilers.

    Example: mcugen diff vww.tflite@cortex-m4 vww.tflite@cortex-m3

    Example: mcugen diff old/vww.json new/vww.json
    """
    from mcugen.report.comparison import compare, load_side

    with progress_bar() as progress:
        progress("compiling A", 0, 2)
        chosen = chosen_target(target, board, "cortex-m4")
        first = load_side(a, chosen, external_data=external_data)
        progress("compiling B", 1, 2)
        second = load_side(b, target_b or chosen, external_data=external_data)
    view = compare(first, second)
    emit(view, lambda: _show(view), as_json=as_json, file=report)


def _show(view: DiffOutput) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    console = output_console()
    for name, side in (("A", view.a), ("B", view.b)):
        console.print(f"{name}: {terminal_text(side.model)} for {terminal_text(side.target)}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading in ("A", "B", "change", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for key, name in _NAMES.items():
        table.add_row(name, *_cells(getattr(view.totals, key)))
    console.print(table)
    changed = [layer for layer in view.layers if layer.in_ != "both" or _cost(layer).change]
    if not changed:
        return
    layers = Table(box=SIMPLE_HEAD, pad_edge=False)
    layers.add_column("layer", overflow="fold")
    for heading in ("A", "B", "change", ""):
        layers.add_column(heading, justify="right", no_wrap=True)
    for layer in changed:
        layers.add_row(terminal_text(layer.name), *_cells(_cost(layer)))
    timed = view.totals.instructions.change is not None
    console.print(f"layers that differ in {'instructions' if timed else 'live MACs'}")
    console.print(layers)


def _cost(layer: LayerChanges) -> Change:
    """Instructions, or multiply-accumulates where those are not known."""
    known = layer.instructions.a is not None or layer.instructions.b is not None
    return layer.instructions if known else layer.live_macs


def _cells(figure: Change) -> tuple[str, str, str, str]:
    a, b, by = figure.a, figure.b, figure.change
    share = f"{by / a:+.1%}" if by and a else ""
    texts = ["" if value is None else thousands(value) for value in (a, b)]
    return texts[0], texts[1], "" if by is None else f"{by:+,}" if by else "0", share
