"""What `mcugen train` leaves beside its checkpoint: pictures of curves and confusion, and a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcugen.cli.console import thousands
from mcugen.cli.errors import complain
from mcugen.text import one_line, shell_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from mcugen.data import Dataset
    from mcugen.training.run import Trained

PAGE = "report.html"
CURVES = "curves.svg"
CONFUSION = "confusion.svg"


def write_classifier_page(
    trained: Trained, directory: Path, test: Dataset, names: tuple[str, ...], doubts: tuple[str, ...]
) -> np.ndarray:
    """Writes page and pictures of a classifier; returns the confusion matrix, int64 [truth, answer].

    names: of the classes.
    """
    from mcugen.output import write_file
    from mcugen.report.training.confusion import confusion_counts, confusion_svg
    from mcugen.report.training.page import RunPage, render_run, wrong_answers

    checkpoint, answers = trained.checkpoint, trained.answers()
    assert answers is not None
    counts = confusion_counts(test.labels, answers, len(names))
    curves = write_curves(directory, checkpoint.epoch)
    if curves is not None:
        write_file(directory / CONFUSION, confusion_svg(counts, names))
    figures = [
        ("top-1 on test images", f"{checkpoint.metrics['top1']:.2%}"),
        ("test images", thousands(len(test.labels))),
        *_validated(trained, "validation_top1"),
        ("kept epoch", f"{checkpoint.epoch} of {trained.epochs}"),
        *net_figures(trained),
    ]
    page = RunPage(
        title=f"{checkpoint.net} on {test.name}",
        subtitle=f"{thousands(trained.images)} images to train on, {len(names)} classes",
        figures=tuple(figures),
        settings=settings(trained),
        commands=next_commands(directory, checkpoint.data),
        curves=curves,
        confusion=counts,
        names=names,
        wrong=wrong_answers(test.images, test.labels, answers, test.files, names),
        wrong_images=int((test.labels != answers).sum()),
        doubts=doubts,
    )
    write_file(directory / PAGE, render_run(page))
    return counts


def write_page(
    trained: Trained,
    directory: Path,
    data: str,
    figures: list[tuple[str, str]],
    subtitle: str,
    doubts: tuple[str, ...],
) -> None:
    """Writes page and curves of a task without classes of images. figures: what was measured on test images."""
    from mcugen.output import write_file
    from mcugen.report.training.page import RunPage, render_run

    checkpoint = trained.checkpoint
    page = RunPage(
        title=f"{checkpoint.net} on {data}",
        subtitle=subtitle,
        figures=(*figures, ("kept epoch", f"{checkpoint.epoch} of {trained.epochs}"), *net_figures(trained)),
        settings=settings(trained),
        commands=next_commands(directory, checkpoint.data, classes=False, objects=not checkpoint.task),
        curves=write_curves(directory, checkpoint.epoch),
        doubts=doubts,
    )
    write_file(directory / PAGE, render_run(page))


def write_curves(directory: Path, kept: int) -> str | None:
    """Writes the learning curves beside metrics.csv, and returns them; None, and says so, without matplotlib."""
    from mcugen.diagnostics import McugenError
    from mcugen.output import write_file
    from mcugen.report.training.curves import curves_svg, read_metrics
    from mcugen.training.log import METRICS

    try:
        curves = curves_svg(read_metrics(directory / METRICS), kept)
    except McugenError as error:
        complain(error.message, error.hint)
        return None
    write_file(directory / CURVES, curves)
    return curves


def net_figures(trained: Trained) -> list[tuple[str, str]]:
    """Parameters and multiply-accumulates."""
    from mcugen.nets.costs import net_cost

    cost = net_cost(trained.checkpoint.architecture)
    return [("parameters", thousands(cost.parameters)), ("multiply-accumulates", thousands(cost.macs))]


def settings(trained: Trained) -> tuple[tuple[str, str], ...]:
    """Net, data and recipe, by name."""
    checkpoint = trained.checkpoint
    given: dict[str, Any] = {"net": checkpoint.net, **checkpoint.options, **checkpoint.data, **checkpoint.recipe}
    return tuple((name.replace("_", " "), _shown(value)) for name, value in given.items() if value is not None)


def camera_words(data: Mapping[str, Any]) -> str:
    """What a command is told of the camera by which the net saw images; "" where it saw them by none. data: of the
    checkpoint."""
    from mcugen.data.reading import camera_options

    camera = camera_options(data)
    return "" if camera is None else one_line(camera.words)


def next_commands(
    directory: Path, data: Mapping[str, Any], *, classes: bool = True, objects: bool = False
) -> tuple[str, ...]:
    """From the checkpoint to C and to figures of it. data: of the checkpoint, images that these are measured on and the
    camera by which the net saw them. classes, objects: whether the net tells classes of images, or finds objects."""
    from mcugen.data.reading import camera_options
    from mcugen.training.run import CHECKPOINT

    checkpoint = shell_word(str(directory / CHECKPOINT))
    images = shell_word(str(data.get("data", "DATA")))
    if data.get("data_dir"):
        images += f" --data-dir {shell_word(str(data['data_dir']))}"
    detect = " --detect 0.5" if objects else ""
    camera = camera_options(data)
    seen_by, in_code = ("", "") if camera is None else (f" {camera.words}", f" {camera.words_for_code}")
    against = "" if objects else f" --float {checkpoint}"
    commands = [f"mcugen quantize {checkpoint} -o net.pt2", f"mcugen validate net.pt2{detect}{in_code}"]
    if not classes or camera is not None:
        float_net = "" if classes else against
        commands.append(f"mcugen accuracy net.pt2 --data {images}{float_net}{detect}{seen_by}")
    commands.append(f"mcugen report net.pt2 --data {images}{against}{detect}{in_code}")
    return (*commands, f"mcugen generate net.pt2 -o net --name net{detect}{in_code}")


def _validated(trained: Trained, name: str) -> list[tuple[str, str]]:
    value = trained.checkpoint.metrics.get(name)
    return [] if value is None else [(f"top-1 on {thousands(trained.validation_images)} held back", f"{value:.2%}")]


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
