"""mcugen diff: what grew between two models, two targets, or two versions of the compiler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.budgets import MaxCycles, MaxMs, board_with_clock, end_over_budget
from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.options import BoardOfTarget, ExternalData, Json, Report, chosen_target, complete_target

if TYPE_CHECKING:
    from mcugen.schemas.diff import Change, DiffOutput, LayerChanges

_NAMES = {
    "ram_bytes": "RAM, bytes",
    "constant_bytes": "weights and tables, bytes",
    "code_bytes": "code, bytes, estimated",
    "macs": "MACs",
    "live_macs": "MACs, live",
    "parameters": "parameters",
    "instructions": "instructions, predicted",
    "modelled_cycles": "cycles, modelled",
}
_SIDE = "MODEL, MODEL@TARGET (as in vww.tflite@cortex-m3), or a generated directory, or its manifest NAME.json."


def parse_share(text: str) -> float:
    """0.02 from "2%" or "2"."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", text, flags=re.ASCII)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no share; shares are like 2% or 0.5%")
    return float(found[1]) / 100


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
    max_growth: Annotated[
        float | None,
        typer.Option(
            "--max-growth",
            metavar="SHARE",
            parser=parse_share,
            help="Exit with 3 if RAM, flash, instructions or cycles grow by more (2%).",
        ),
    ] = None,
    max_cycles: MaxCycles = None,
    max_ms: MaxMs = None,
    external_data: ExternalData = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Say what grew and where, from A to B: RAM, flash, multiply-accumulates, instructions; in all and by layer.

    Layers are matched by what they compute and by name, so that a model whose layers have other names lines up.
    Manifests were written by whatever version of mcugen generated them: two of them compare compilers. With
    --max-growth, --max-cycles or --max-ms it is a gate: exit code 3, and a line for each figure that grew too much, or
    that is too large in B.

    Example: mcugen diff vww.tflite@cortex-m4 vww.tflite@cortex-m3

    Example: mcugen diff old/vww.json new/vww.json

    Example: mcugen diff lib/vww vww.tflite --max-growth 2%

    Example: mcugen diff old.tflite new.tflite --board nucleo_f446re --max-ms 40
    """
    import msgspec

    from mcugen.budget import Budgets, Taken, time_overruns
    from mcugen.report.comparison import compare, growth, load_side

    with progress_bar() as progress:
        progress("compiling A", 0, 2)
        chosen = chosen_target(target, board, "cortex-m4")
        first = load_side(a, chosen, external_data=external_data)
        progress("compiling B", 1, 2)
        second = load_side(b, target_b or chosen, external_data=external_data)
    record = compare(first, second)
    budgets, clocked = Budgets(cycles=max_cycles, milliseconds=max_ms), board_with_clock(board)
    taken = Taken(second.side.target, second.totals["modelled_cycles"], second.busiest, second.compiled)
    over = time_overruns(taken, budgets, clocked)
    grown = growth(record.totals, max_growth) if max_growth is not None else ()
    record = msgspec.structs.replace(record, grown=grown, over_budget=tuple(over))
    emit(record, lambda: _show(record), as_json=as_json, file=report)
    end_over_budget([*record.grown, *record.over_budget])


def _show(record: DiffOutput) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    console = output_console()
    for name, side in (("A", record.a), ("B", record.b)):
        console.print(f"{name}: {terminal_text(side.model)} for {terminal_text(side.target)}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading in ("A", "B", "change", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for key, name in _NAMES.items():
        table.add_row(name, *_texts(getattr(record.totals, key)))
    console.print(table)
    changed = [layer for layer in record.layers if layer.in_ != "both" or _cost(layer).change]
    if not changed:
        return
    layers = Table(box=SIMPLE_HEAD, pad_edge=False)
    layers.add_column("layer", overflow="fold")
    for heading in ("A", "B", "change", ""):
        layers.add_column(heading, justify="right", no_wrap=True)
    for layer in changed:
        layers.add_row(terminal_text(_name(layer)), *_texts(_cost(layer)))
    timed = record.totals.instructions.change is not None
    console.print(f"layers that differ in {'instructions' if timed else 'live MACs'}")
    console.print(layers)


def _name(layer: LayerChanges) -> str:
    """With a sign before it where one side alone has the layer, and both names where it was renamed."""
    if layer.in_ != "both":
        return f"{'+' if layer.in_ == 'b' else '-'} {layer.name}"
    return layer.name if layer.name_in_b == layer.name else f"{layer.name} → {layer.name_in_b}"


def _cost(layer: LayerChanges) -> Change:
    """Instructions, or live multiply-accumulates where those are not known."""
    known = layer.instructions.a is not None or layer.instructions.b is not None
    return layer.instructions if known else layer.live_macs


def _texts(figure: Change) -> tuple[str, str, str, str]:
    a, b, by = figure.a, figure.b, figure.change
    share = f"{by / a:+.1%}" if by and a else ""
    texts = ["" if value is None else thousands(value) for value in (a, b)]
    return texts[0], texts[1], "" if by is None else f"{by:+,}" if by else "0", share
