"""What `mcugen analyze` says of each layer and each stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcugen.cli.console import ending, shape_text, thousands

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mcugen.analysis import Analysis
    from mcugen.compiler import Compiled
    from mcugen.schemas.costs import StageCost
    from mcugen.waiting import BoardTime


def stage_costs(compiled: Compiled, costs: Analysis, time: BoardTime | None) -> tuple[StageCost, ...] | None:
    """What is predicted of each stage; None for a target that was not measured."""
    from mcugen.schemas.costs import StageCost
    from mcugen.targets.memory import Waits
    from mcugen.waiting.board_time import wait_cycles

    if costs.prediction is None:
        return None
    waits = None if time is None else time.stages
    return tuple(
        StageCost(
            stage=planned.stage.index,
            layers=tuple(op.name for op in planned.stage.operators),
            output=planned.stage.output.shape,
            instructions=instructions,
            modelled_cycles=cycles,
            waits=None if waits is None else wait_cycles(waits.get(planned.stage.index, Waits())),
        )
        for planned, (instructions, cycles) in zip(compiled.plan.stages, costs.prediction.stages, strict=True)
    )


def layer_table(costs: Analysis, width: int) -> RenderableType:
    """One line a layer, as wide as the console: of names that are too long the end is what tells them apart."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    headings = ("kind", "output", "MACs", "live", "weights", "dead")
    rows = [
        (
            layer.kind.removesuffix("2D"),
            shape_text(layer.output_shape),
            *(thousands(n) if n else "" for n in (layer.macs, layer.live_macs, layer.parameters, layer.dead_channels)),
        )
        for layer in costs.layers
    ]
    total = ("", "", thousands(costs.macs), thousands(costs.live_macs), thousands(costs.parameters), "")
    taken = sum(max(map(len, column)) + 2 for column in zip(headings, *rows, total, strict=True))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("layer", *headings):
        table.add_column(heading, justify="left" if heading in ("layer", "kind", "output") else "right", no_wrap=True)
    for layer, texts in zip(costs.layers, rows, strict=True):
        table.add_row(terminal_text(ending(layer.name, width - taken - 2)), *texts)
    table.add_section()
    table.add_row("all", *total)
    return table


def weight_reads_row(costs: Analysis) -> tuple[str, str, str]:
    """How often weights are read, and where most: a row of the summary."""
    from mcugen.text import terminal_text

    busiest = max(costs.layers, key=lambda layer: layer.weight_reads)
    most = f"{busiest.weight_reads:,.0f} times those of {terminal_text(busiest.name)}"
    return "weights", f"{costs.weight_reads:.1f} times", f"each is read in an inference; {most}"
