"""Which classes a net takes for which others: as text, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.extras import require
from mcugen.report.training.curves import svg_text
from mcugen.text import one_line

_MOST_IN_A_TABLE = 12
_MOST_PAIRS = 8
_MOST_NUMBERS = 20
_MOST_NAMES = 60
_CHARACTERS = 18


def confusion_counts(truth: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Images by class and answer, int64 [truth, answer]."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, answers), 1)
    return counts


def confusion_lines(counts: np.ndarray, names: Sequence[str]) -> list[str]:
    """For people: the whole matrix of up to 12 classes; of more, the pairs that are confused most often."""
    if len(counts) > _MOST_IN_A_TABLE:
        return _pairs(counts, names)
    shown = [_short(name) for name in names]
    width = max(map(len, shown))
    wide = max(5, len(str(counts.max())) + 1)
    head = " " * width + "".join(f"{number:>{wide}}" for number in range(len(counts)))
    rows = [
        f"{name:<{width}}" + "".join(f"{count:>{wide}}" for count in row)
        for name, row in zip(shown, counts.tolist(), strict=True)
    ]
    return ["images of each class (rows) by the class that the net says (columns, in the same order):", head, *rows]


def confusion_svg(counts: np.ndarray, names: Sequence[str]) -> str:
    """Shares of the images of each class, as SVG. Raises McugenError if matplotlib is not installed."""
    require("matplotlib", "plots", "a picture of the confusion matrix")
    from matplotlib.figure import Figure

    count = len(counts)
    side = min(3.0 + 0.4 * count, 14.0)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xlabel("class that the net says")
    axes.set_ylabel("right class")
    if count <= _MOST_NAMES:
        # A dollar sign would begin a formula.
        labels = [_short(name).replace("$", r"\$") for name in names]
        axes.set_xticks(range(count), labels, rotation=90, fontsize=8)
        axes.set_yticks(range(count), labels, fontsize=8)
    if count <= _MOST_NUMBERS:
        for (row, column), images in np.ndenumerate(counts):
            if images:
                color = "white" if shares[row, column] > 0.5 else "black"
                axes.text(column, row, str(images), ha="center", va="center", fontsize=7, color=color)
    return svg_text(figure)


def _pairs(counts: np.ndarray, names: Sequence[str]) -> list[str]:
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_PAIRS]
    found = [(wrong.flat[place], *divmod(int(place), len(counts))) for place in order if wrong.flat[place]]
    return ["most often confused:" if found else "none confused"] + [
        f"{one_line(names[truth])} taken for {one_line(names[answer])}: {images:,} of {counts[truth].sum():,}"
        for images, truth, answer in found
    ]


def _short(name: str) -> str:
    line = one_line(name)
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"
