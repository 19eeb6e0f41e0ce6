"""mcugen fit: the nets that fit a board, found before any of them is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.board_time import MODEL
from mcugen.cli.camera import CameraText, Crop, Mirror, ResizeBy, ResizeOption, chosen_camera
from mcugen.cli.console import emit, output_console, progress_bar, thousands
from mcugen.cli.errors import OVER_BUDGET
from mcugen.cli.net_options import parse_ratios, parse_sizes
from mcugen.cli.options import Json, Report, complete_board, complete_target, parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcugen.explore.fit import Candidate, Costs, Fit, Limits, Platform
    from mcugen.schemas.fit import FitCandidate, FitOutput

_SHOWN = 15

BoardName = Annotated[
    str | None, typer.Option("--board", metavar="B", help="A board of `mcugen boards`.", autocompletion=complete_board)
]
Target = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help="A core, instead of a board.", autocompletion=complete_target),
]
Flash = Annotated[
    int | None,
    typer.Option("--flash", metavar="SIZE", parser=parse_size, help="Flash that there is, instead of the board's."),
]
Ram = Annotated[
    int | None,
    typer.Option("--ram", metavar="SIZE", parser=parse_size, help="RAM that there is, instead of the board's."),
]
Latency = Annotated[
    float | None,
    typer.Option("--latency-ms", metavar="MS", help="The longest that an inference may take, wait states included."),
]
Classes = Annotated[int, typer.Option("--classes", min=2, help="Number of classes.")]
Channels = Annotated[int, typer.Option("--channels", min=1, help="Channels of the image: 3 for color, 1 for gray.")]
Sweep = Annotated[
    Path | None,
    typer.Option("--sweep", metavar="CSV", help="Accuracies, as `mcugen sweep` writes them; its nets are tried too."),
]
Nets = Annotated[list[str] | None, typer.Option("--net", metavar="NET", help="Try this one only; may be repeated.")]
Alphas = Annotated[
    list | None, typer.Option(metavar="A,A,...", parser=parse_ratios, help="Width multipliers, instead of 0.1 to 1.")
]
Sizes = Annotated[
    list | None, typer.Option(metavar="S,S,...", parser=parse_sizes, help="Sides of images, instead of 32 to 224.")
]


def fit(
    board: BoardName = None,
    target: Target = None,
    flash: Flash = None,
    ram: Ram = None,
    latency_ms: Latency = None,
    classes: Classes = 10,
    channels: Channels = 3,
    sweep: Sweep = None,
    nets: Nets = None,
    alphas: Alphas = None,
    sizes: Sizes = None,
    camera: CameraText = None,
    crop: Crop = "center",
    resize: ResizeOption = ResizeBy.AREA,
    mirror: Mirror = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Find the MobileNets that fit: width and resolution multipliers and variants, through the compiler itself.

    Each candidate is planned and generated with random weights; flash and cycles are what `mcugen analyze` would say,
    RAM is the context, exact, and an estimate of the stack. They are those of the library in a program of your own:
    --flash and --ram say how much that leaves. Whether the firmware of `mcugen flash` fits as well stands beside.
    With --board, milliseconds also come with the wait states of its memories, by a model, and --latency-ms is held
    against those. Listed is what no other candidate beats in everything, the most accurate first where a sweep knows
    accuracies, else the one with most multiply-accumulates. Exit code 3 if nothing fits. With --camera the library has
    the camera path to each net's image, whose bytes are in RAM and whose cycles are in those of the net.

    Example: mcugen fit --board nucleo_f446re --latency-ms 100 --classes 2
    """
    from mcugen.explore.fit import ALPHAS, NETS, SIZES, candidates, search
    from mcugen.explore.known_accuracy import read_accuracies

    seen_by = chosen_camera(camera, crop, resize, 0, mirror)
    platform, limits = _platform(board, target, flash, ram, latency_ms)
    platform = replace(platform, camera=seen_by)
    accuracy = read_accuracies(sweep) if sweep else {}
    grid = candidates(nets or NETS, alphas or ALPHAS, sizes or SIZES)
    with progress_bar() as progress:
        found = search(
            list(dict.fromkeys([*grid, *accuracy])),
            platform,
            limits,
            channels=channels,
            classes=classes,
            accuracy=accuracy,
            progress=lambda done, every: progress("compiling candidates", done, every),
        )
    record = _record(found, platform, limits, accuracy, board, classes, channels)
    emit(record, lambda: _show(record, board or platform.target), as_json=as_json, file=report)
    if not found.fitting:
        raise typer.Exit(OVER_BUDGET)


def _platform(
    board: str | None, target: str | None, flash: int | None, ram: int | None, latency_ms: float | None
) -> tuple[Platform, Limits]:
    from math import isfinite

    from mcugen.diagnostics import McugenError
    from mcugen.explore.fit import Limits, Platform
    from mcugen.targets import find_target
    from mcugen.targets.boards import find_board

    if (board is None) == (target is None):
        raise McugenError("give a board or a target", "such as --board nucleo_f446re; `mcugen boards` lists them")
    for option, size in (("--flash", flash), ("--ram", ram)):
        if size == 0:
            raise McugenError(f"{option} is 0; it must be greater than 0")
    if board is not None:
        found = find_board(board)
        platform = Platform(found.target, found.clock_hz, found)
        flash = found.flash_bytes or None if flash is None else flash
        ram = found.ram_bytes or None if ram is None else ram
    else:
        platform = Platform(find_target(target or "").name, 0)
    if latency_ms is not None and not (latency_ms > 0 and isfinite(latency_ms)):
        raise McugenError(f"--latency-ms is {latency_ms:g}; it must be greater than 0")
    if latency_ms is not None and (not platform.clock_hz or not find_target(platform.target).costs):
        raise McugenError(
            f"there is no prediction of latency for {board or target}",
            "leave out --latency-ms, or name a board that has a clock in `mcugen boards`",
        )
    return platform, Limits(flash, ram, latency_ms)


def _record(
    found: Fit,
    platform: Platform,
    limits: Limits,
    accuracy: Mapping[Candidate, float],
    board: str | None,
    classes: int,
    channels: int,
) -> FitOutput:
    from msgspec import UNSET

    from mcugen.schemas.fit import FitLimits, FitOutput

    return FitOutput(
        target=platform.target,
        clock_hz=platform.clock_hz or None,
        limits=FitLimits(limits.flash, limits.ram, limits.milliseconds),
        candidates=found.tried,
        compiled=found.compiled,
        fitting=tuple(_entry(costs, limits, accuracy) for costs in found.fitting),
        nearest=_entry(found.nearest, limits, accuracy) if found.nearest else None,
        board=board,
        classes=classes,
        channels=channels,
        camera=UNSET if platform.camera is None else platform.camera.words,
    )


def _entry(costs: Costs, limits: Limits, accuracy: Mapping[Candidate, float]) -> FitCandidate:
    from math import isfinite

    from mcugen.schemas.fit import Exceeded, FitCandidate

    candidate = costs.candidate
    excess = {name: round(ratio, 4) if isfinite(ratio) else None for name, ratio in costs.excess(limits).items()}
    return FitCandidate(
        net=candidate.net,
        alpha=candidate.alpha,
        rho=candidate.rho,
        size=candidate.size,
        macs=costs.macs,
        parameters=costs.parameters,
        flash_bytes=costs.flash,
        ram_bytes=costs.ram,
        stack_bytes=costs.stack,
        firmware_flash_bytes=costs.firmware_flash,
        firmware_ram_bytes=costs.firmware_ram,
        firmware_fits=costs.firmware_fits,
        instructions=costs.instructions,
        modelled_cycles=costs.cycles,
        milliseconds=costs.milliseconds,
        milliseconds_with_waits=costs.milliseconds_with_waits,
        unknown=costs.unknown,
        accuracy=accuracy.get(candidate),
        exceeds=Exceeded(**excess),
    )


def _show(record: FitOutput, name: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    console = output_console()
    limits = record.limits
    sizes = ((limits.flash_bytes, "flash"), (limits.ram_bytes, "RAM"))
    parts = [f"{thousands(size)} bytes of {name}" for size, name in sizes if size is not None]
    if limits.milliseconds is not None:
        parts.append(f"{limits.milliseconds:g} ms")
    seen = f", with {terminal_text(record.camera)}" if record.camera else ""
    console.print(f"[bold]{name}[/] ({record.target}), at most {', '.join(parts) or 'anything'}{seen}")
    others = ", the others too large by their weights alone" if record.compiled < record.candidates else ""
    tried = f"{record.candidates} candidates, {record.compiled} compiled{others}"
    nearest = record.nearest
    if nearest is not None:
        binding = ", ".join(
            f"{what} {ratio:.2f} times too much" if ratio else f"{what} unknown"
            for what, ratio in nearest.exceeds.known().items()
        )
        console.print(f"Nothing fits ({tried}).")
        console.print(f"Nearest: {nearest.net} alpha {nearest.alpha:g}, {nearest.size}x{nearest.size}: {binding}.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("net", no_wrap=True)
    known = any(entry.accuracy is not None for entry in record.fitting)
    waits = any(entry.milliseconds_with_waits is not None for entry in record.fitting)
    headings = ["alpha", "size", "MACs", "flash", "RAM", "cycles", "ms", *["with waits"] * waits]
    headings += ["top-1"] * known + ["firmware"] * bool(record.board)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for entry in record.fitting[:_SHOWN]:
        cycles = entry.instructions if entry.modelled_cycles is None else entry.modelled_cycles
        texts = [
            entry.net,
            f"{entry.alpha:g}",
            str(entry.size),
            f"{entry.macs / 1e6:.2f}M",
            thousands(entry.flash_bytes),
            thousands(entry.ram_bytes + entry.stack_bytes),
            f"{cycles / 1e6:.2f}M" if cycles is not None else "",
            *(
                f"{milliseconds:.1f}" if milliseconds is not None else ""
                for milliseconds in (entry.milliseconds, *[entry.milliseconds_with_waits] * waits)
            ),
        ]
        if known:
            texts.append(f"{entry.accuracy:.2%}" if entry.accuracy is not None else "")
        if record.board:
            texts.append("fits" if entry.firmware_fits else "too large")
        table.add_row(*texts)
    console.print(table)
    more = len(record.fitting) - _SHOWN
    stack = max(entry.stack_bytes for entry in record.fitting[:_SHOWN])
    console.print(f"flash, RAM: of the library in your own program, with at most {thousands(stack)} bytes of stack")
    if record.board:
        first = record.fitting[0]
        flash, ram = thousands(first.firmware_flash_bytes or 0), thousands(first.firmware_ram_bytes or 0)
        console.print(f"firmware: of `mcugen flash`, which tests itself; with the first, {flash} and {ram} bytes")
    console.print(_of_cycles(record.target, record.fitting))
    if waits:
        console.print(f"with waits: ms with what the board's memories add; {MODEL}")
    console.print(f"{tried}" + (f"; {more} more that fit: --json" if more > 0 else ""))


def _of_cycles(target: str, entries: Sequence[FitCandidate]) -> str:
    """What the cycles of the table are."""
    from mcugen.targets import find_target

    if all(entry.instructions is None for entry in entries):
        return "cycles: there is no prediction for these nets on this core"
    modelled = any(entry.modelled_cycles is not None for entry in entries)
    kind = "predicted, without wait states or cache misses" if modelled else "instructions, predicted; one each at best"
    stand_in = find_target(target).stand_in
    unknown = dict.fromkeys(kind for entry in entries for kind in entry.unknown)
    estimated = f"; estimated, high rather than low, as never counted on this core: {', '.join(unknown)}"
    return f"cycles: {kind}" + (f"; of {stand_in}" if stand_in else "") + (estimated if unknown else "")
