"""mcugen nets: what there is, and what it costs by the paper's formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.console import emit, output_console, shape_text, thousands
from mcugen.cli.errors import Command
from mcugen.cli.net_options import Alpha, MinDepth, Net, Rho, Size, make_net
from mcugen.cli.options import Json, Report

if TYPE_CHECKING:
    from mcugen.nets import Architecture
    from mcugen.nets.costs import NetCost
    from mcugen.schemas.nets import NetsCostOutput

nets = typer.Typer(name="nets", help="The nets that mcugen knows, and what they cost.", no_args_is_help=True)


@nets.command("list", cls=Command)
def list_nets(as_json: Json = False) -> None:
    """List the nets.

    Example: mcugen nets list
    """
    from mcugen.nets import NETS
    from mcugen.schemas.nets import NetsListOutput

    def show() -> None:
        for name, what in NETS.items():
            typer.echo(f"{name:26}{what}")

    emit(NetsListOutput(dict(NETS)), show, as_json=as_json, file=None)


@nets.command(cls=Command)
def cost(
    net: Net = "mobilenet_v1",
    alpha: Alpha = "1",  # type: ignore[assignment]
    rho: Rho = "1",  # type: ignore[assignment]
    size: Size = None,
    channels: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Channels of the image. Default: as the net has them.")
    ] = None,
    classes: Annotated[int | None, typer.Option(min=1, metavar="N", help="Default: as the net has them.")] = None,
    min_depth: MinDepth = 1,
    cut: Annotated[
        int | None,
        typer.Option(metavar="S", help="Of nets with a class at every position: pixels between them, 4, 8 or 16."),
    ] = None,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Parameters and multiply-accumulates of a net, by the formulas of the paper; needs no model and no torch.

    Parameters are weights and biases, batch norm folded, as the compiler counts them; the paper counts weights only.

    Example: mcugen nets cost mobilenet_v1 --alpha 0.25 --rho 3/7 --classes 10

    Example: mcugen nets cost mobilenet_v2_fomo --alpha 0.35 --size 96 --cut 8
    """
    from mcugen.nets.costs import net_cost

    made = make_net(net, alpha, rho, size, channels, classes, min_depth, cut)
    costs = net_cost(made)
    record = _report(made, costs)
    emit(record, lambda: _show(made, costs), as_json=as_json, file=report)


def _report(net: Architecture, costs: NetCost) -> NetsCostOutput:
    from mcugen.nets import Kind
    from mcugen.nets.costs import WITHOUT_WEIGHTS
    from mcugen.schemas.nets import CostShares, NetLayer, NetOptions, NetsCostOutput

    shares = {kind.value: costs.share([kind]) for kind in Kind if kind not in WITHOUT_WEIGHTS}
    return NetsCostOutput(
        net=net.name,
        options=NetOptions(**net.options),
        parameters=costs.parameters,
        weights=costs.weights,
        macs=costs.macs,
        shares={kind: CostShares(macs, weights) for kind, (macs, weights) in shares.items()},
        layers=tuple(
            NetLayer(
                name=entry.name,
                kind=entry.layer.kind.value,
                kernel=entry.layer.kernel[0],
                kernel_width=entry.layer.kernel[1],
                stride=entry.layer.stride,
                input=(entry.layer.height, entry.layer.width, entry.layer.inputs),
                output=(entry.layer.output_height, entry.layer.output_width, entry.layer.outputs),
                macs=entry.macs,
                weights=entry.weights,
                parameters=entry.parameters,
            )
            for entry in costs.layers
        ),
    )


def _show(net: Architecture, costs: NetCost) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.nets import Kind

    console = output_console()
    console.print(f"[bold]{net.name}[/], alpha {net.options['alpha']:g}, input {shape_text(net.input_shape)}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("layer", "kind", "output"):
        table.add_column(heading)
    for heading in ("MACs", "weights", "parameters"):
        table.add_column(heading, justify="right")
    for entry in costs.layers:
        layer = entry.layer
        output = shape_text((layer.output_height, layer.output_width, layer.outputs))
        kind = layer.kind.value if layer.stride == 1 else f"{layer.kind.value} / {layer.stride}"
        numbers = [thousands(n) if n else "" for n in (entry.macs, entry.weights, entry.parameters)]
        table.add_row(entry.name, kind, output, *numbers)
    table.add_section()
    table.add_row("all", "", "", *map(thousands, (costs.macs, costs.weights, costs.parameters)))
    console.print(table)
    for kind in Kind:
        macs, weights = costs.share([kind])
        if macs:
            console.print(f"{kind.value:10} {macs:7.2%} of MACs, {weights:7.2%} of weights")
