"""Outputs that are no class: how well the angles of vectors go with classes, how far numbers are off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mcugen.cli.measured import say_images

if TYPE_CHECKING:
    from msgspec import UnsetType
    from rich.console import Console

    from mcugen.accuracy import FloatTwin
    from mcugen.accuracy.outputs import TargetSample
    from mcugen.data import Normalization
    from mcugen.ir import Graph
    from mcugen.schemas.accuracy import AccuracyOutput
    from mcugen.schemas.explanation import ValueAccuracy, VectorAccuracy, VectorMeasures


def measure_outputs(
    graph: Graph,
    model: str,
    sample: TargetSample,
    twin: FloatTwin | None,
    normalization: Normalization | None,
    progress: Callable[[str, int, int], None],
) -> AccuracyOutput:
    """What a graph and its twin make of a sample. model: the file's name."""
    from mcugen.accuracy.outputs import find_outputs
    from mcugen.accuracy.records import output_fields
    from mcugen.schemas.accuracy import AccuracyOutput

    outputs = find_outputs(graph, sample, twin, normalization, progress)
    return AccuracyOutput(model=model, **output_fields(outputs))


def show_measured_outputs(graph: Graph, record: AccuracyOutput) -> None:
    """The same for people."""
    show_outputs(say_images(graph, record), record.vectors, record.values)


def show_outputs(
    console: Console, vectors: VectorAccuracy | UnsetType, values: tuple[ValueAccuracy, ...] | UnsetType
) -> None:
    """For people: a table of int8 and, where there is one, float."""
    from msgspec import UNSET

    if vectors is not UNSET:
        _show_vectors(console, vectors)
    if values is not UNSET:
        _show_values(console, values)


def _show_vectors(console: Console, record: VectorAccuracy) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    sides: list[VectorMeasures] = [record.int8, *([record.float_] if record.float_ is not None else [])]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"vectors of {record.dimension:,} numbers")
    for heading in ("int8", "float")[: len(sides)]:
        table.add_column(heading, justify="right")
    table.add_row("recall at 1", *(f"[bold]{side.recall_at_1:.2%}[/]" for side in sides))
    table.add_row("same or different, area below ROC", *(_number(side.roc_area, ".4f") for side in sides))
    table.add_row("equal error rate", *(_number(side.equal_error_rate, ".2%") for side in sides))
    table.add_row("alike from a cosine of", *(_number(side.threshold, ".3f") for side in sides))
    console.print(table)
    if record.cosine is not None:
        console.print(f"int8's vectors are at a mean cosine of {record.cosine:.4f} to float's")


def _show_values(console: Console, values: tuple[ValueAccuracy, ...]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.text import terminal_text

    compared = any(value.float_ is not None for value in values)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("value")
    for side in ("int8", "float") if compared else ("int8",):
        table.add_column(f"mean error, {side}", justify="right")
        table.add_column(f"R2, {side}", justify="right")
    table.add_column("int8's step", justify="right")
    for value in values:
        texts = []
        for measured in (value.int8, value.float_):
            if measured is not None:
                texts += [f"{measured.mean_absolute_error:.4g}", _number(measured.r2, ".4f")]
        table.add_row(terminal_text(value.label), *texts, f"{value.step:.3g}")
    console.print(table)


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
