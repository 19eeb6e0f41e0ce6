"""The confusion matrix as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcugen.report.plots.rows import WIDTH, begin
from mcugen.schemas.report.document import ReportOutput

_LEFT, _TOP = 172.0, 34.0
_CHARACTERS = 22
_LARGEST = 46.0
_NUMBERS_FROM = 24.0


def confusion(document: ReportOutput) -> dict[str, Any] | None:
    """`confusion_map` of a document, None of one without a data set of classes."""
    accuracy = document.accuracy
    if accuracy is None or not accuracy.classes:
        return None
    return confusion_map(accuracy.confusion, [f"{entry.class_} {entry.label}".strip() for entry in accuracy.classes])


def confusion_map(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> dict[str, Any]:
    """Squares of the pairs of classes that occur, each as strong as its share of the images of its class.

    matrix: images by class and answer. names: of the classes.
    """
    count = len(matrix)
    side = min(_LARGEST, (WIDTH - _LEFT) / count)
    # Of many classes, only every so many have room for a name.
    step = max(1, round(16.0 / side))
    squares = []
    for truth, row in enumerate(matrix):
        for predicted, images in enumerate(row):
            if images:
                share = images / sum(row)
                squares.append(
                    {
                        "x": round(_LEFT + predicted * side, 2),
                        "y": round(_TOP + truth * side, 2),
                        "right": truth == predicted,
                        # Few images of many must still be seen.
                        "strength": round(0.12 + 0.88 * share, 3),
                        "text": f"{images:,}" if side >= _NUMBERS_FROM else "",
                        "title": f"{names[truth]}, taken for {names[predicted]}: {images:,} images, {share:.1%}",
                    }
                )
    return {
        "width": WIDTH,
        "height": _TOP + count * side + 8,
        "left": _LEFT,
        "top": _TOP,
        "side": round(side, 2),
        "size": round(side * count, 2),
        "squares": squares,
        "rows": [
            {
                "y": round(_TOP + (number + 0.5) * side + 4, 2),
                "text": begin(names[number], _CHARACTERS),
                "name": names[number],
            }
            for number in range(0, count, step)
        ],
        "columns": [
            {"x": round(_LEFT + (number + 0.5) * side, 2), "text": str(number), "name": names[number]}
            for number in range(0, count, step)
        ],
    }
