"""How commands that measure a net on images begin what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcugen.cli.console import output_console, thousands

if TYPE_CHECKING:
    from rich.console import Console

    from mcugen.ir import Graph
    from mcugen.schemas.accuracy import AccuracyOutput


def say_images(graph: Graph, record: AccuracyOutput) -> Console:
    """The net, the images, and those that could not be read; returns where the rest goes."""
    from mcugen.text import terminal_text

    console = output_console()
    some = "" if record.images == record.of else f"{thousands(record.images)} of {thousands(record.of)} test images of "
    console.print(f"[bold]{terminal_text(graph.name)}[/] on {some}{terminal_text(record.data)}")
    for name in record.skipped:
        console.print(f"skipped {terminal_text(name)}")
    return console
