"""The page that a training ends with: one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

from mcugen.report.page import environment
from mcugen.report.pictures import MOST, data_uri
from mcugen.report.plots.confusion import confusion_map
from mcugen.version import __version__


@dataclass(frozen=True)
class Wrong:
    """An image that the net gets wrong. name: its file, or its number. picture: a data URI."""

    name: str
    truth: str
    answer: str
    picture: str


@dataclass(frozen=True, eq=False)
class RunPage:
    """What the page shows.

    figures: pairs of a name and a value, the most important first. settings: the same of what it was trained by.
    curves: SVG, None where matplotlib is absent. confusion: int64 [truth, answer] of test images, None for tasks
    without classes; names: of the classes. wrong: the first images that are wrong, of `wrong_images`. doubts: what
    makes the figures worth less. commands: what comes next.
    """

    title: str
    subtitle: str
    figures: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    curves: str | None = None
    confusion: np.ndarray | None = None
    names: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    wrong_images: int = 0
    doubts: tuple[str, ...] = ()


def wrong_answers(
    images: np.ndarray, truth: np.ndarray, answers: np.ndarray, files: tuple[str, ...], names: tuple[str, ...]
) -> tuple[Wrong, ...]:
    """The first 60 images uint8 [N, H, W, C] whose answer is not the truth, both int64 [N]."""
    return tuple(
        Wrong(
            files[index] if files else str(index), names[truth[index]], names[answers[index]], data_uri(images[index])
        )
        for index in np.flatnonzero(truth != answers)[:MOST].tolist()
    )


def render_run(page: RunPage) -> str:
    """The page as HTML."""
    curves = None
    if page.curves is not None:
        curves = "data:image/svg+xml;base64," + base64.b64encode(page.curves.encode()).decode("ascii")
    plot = None if page.confusion is None else confusion_map(page.confusion.tolist(), page.names)
    return environment().get_template("run.html.j2").render(page=page, curves=curves, plot=plot, version=__version__)
