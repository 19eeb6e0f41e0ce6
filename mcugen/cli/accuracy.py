"""mcugen accuracy: top-1 accuracy on a data set, by mcugen's own reference."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcugen.cli.console import emit, progress_bar, thousands
from mcugen.cli.options import DataDir, Deviation, ExternalData, Json, Mean, Model, Report

if TYPE_CHECKING:
    import numpy as np

    from mcugen.data import Dataset, Normalization
    from mcugen.ir import Graph
    from mcugen.schemas.accuracy import AccuracyOutput

_BATCH = 200


class DataName(str, Enum):
    """Data sets that mcugen can read by name."""

    FASHION_MNIST = "fashion-mnist"


def parse_numbers(text: str) -> tuple[float, ...]:
    """Floating-point numbers between commas."""
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number, or several with commas between") from None


def accuracy(
    model: Model,
    images: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="Data set: 'images' (or 'inputs') and 'labels'."),
    ] = None,
    data: Annotated[DataName | None, typer.Option(help="Data set by name; its test images are used.")] = None,
    data_dir: DataDir = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N images.")] = None,
    mean: Mean = None,
    deviation: Deviation = None,
    external_data: ExternalData = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Measure the top-1 accuracy of a model on a data set, with the integer arithmetic that the C code has.

    Pixels are uint8; smaller images get a border of zeros. Floating-point models are given pixel / 255 (changed by
    --mean and --std), int8 models pixel - 128.

    Example: mcugen accuracy fashion.onnx --data fashion-mnist
    """
    # Matrices are small: threads of BLAS only get into each other's way. Must be set before NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from mcugen.diagnostics import McugenError
    from mcugen.frontend import load_model

    if (images is None) == (data is None):
        raise McugenError("accuracy needs a data set", "either --images FILE.npz or --data fashion-mnist")
    dataset = _load(images, data_dir).first(limit)
    with progress_bar() as progress:
        progress("reading the model", 0, 0)
        graph = load_model(model, external_data=external_data)
        predictions = classify(graph, dataset, parse_normalization(mean, deviation), progress)
    view = _report(model, dataset, predictions, graph.labels)
    emit(view, lambda: _show(graph, view), as_json=as_json, file=report)


def _load(images: Path | None, data_dir: Path | None) -> Dataset:
    from mcugen.data import load_archive, load_fashion_mnist

    if images is not None:
        return load_archive(images)
    return load_fashion_mnist() if data_dir is None else load_fashion_mnist(data_dir)


def parse_normalization(mean: str | None, deviation: str | None) -> Normalization | None:
    """What --mean and --std say, None where neither is given."""
    from mcugen.data import Normalization

    if mean is None and deviation is None:
        return None
    return Normalization(parse_numbers(mean or "0"), parse_numbers(deviation or "1"))


def classify(graph: Graph, dataset: Dataset, normalization: Normalization | None, progress: Any) -> np.ndarray:
    """Predicted classes, int [N]."""
    import numpy as np

    from mcugen import reference
    from mcugen.data import prepare
    from mcugen.diagnostics import McugenError

    classes = graph.output_tensor.size
    if dataset.labels.min() < 0 or dataset.labels.max() >= classes:
        raise McugenError(f"{dataset.name} has labels up to {dataset.labels.max()}, the model {classes} classes")
    total = len(dataset.images)
    predictions = np.empty(total, np.int64)
    for start in range(0, total, _BATCH):
        progress("classifying", start, total)
        part = slice(start, start + _BATCH)
        batch = reference.quantize_input(graph, prepare(graph, dataset.images[part], normalization))
        predictions[part] = reference.run(graph, batch).reshape(len(batch), classes).argmax(axis=1)
    return predictions


def _report(model: Path, dataset: Dataset, predictions: np.ndarray, labels: tuple[str, ...]) -> AccuracyOutput:
    from mcugen.schemas.accuracy import AccuracyOutput, ClassAccuracy

    right = predictions == dataset.labels
    classes = sorted(set(dataset.labels.tolist()))
    by_class = []
    for number in classes:
        of_class = dataset.labels == number
        by_class.append(
            ClassAccuracy(
                class_=number,
                label=labels[number] if number < len(labels) else "",
                images=int(of_class.sum()),
                correct=int(right[of_class].sum()),
            )
        )
    return AccuracyOutput(
        model=model.name,
        data=dataset.name,
        images=len(predictions),
        correct=int(right.sum()),
        top1=float(right.mean()),
        classes=tuple(by_class),
    )


def _show(graph: Graph, view: AccuracyOutput) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from mcugen.text import terminal_text

    console = Console(highlight=False)
    console.print(f"[bold]{terminal_text(graph.name)}[/] on {terminal_text(view.data)}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("class")
    for heading in ("images", "right", "top-1"):
        table.add_column(heading, justify="right")
    for entry in view.classes:
        name = f"{entry.class_} {entry.label}".strip()
        share = f"{entry.correct / entry.images:.1%}"
        table.add_row(terminal_text(name), thousands(entry.images), thousands(entry.correct), share)
    table.add_section()
    table.add_row("all", thousands(view.images), thousands(view.correct), f"[bold]{view.top1:.2%}[/]")
    console.print(table)
