"""What a reader asks first: does it fit, how fast is it; and of each class how often its answer is right."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.schemas.explanation import AccuracyExplanation
from mcugen.schemas.report.document import BoardFit


@dataclass(frozen=True)
class BoardAnswer:
    """named: whether one board was asked for. asked: it, None where it is no physical board. holding: the boards that
    hold the net, fastest first."""

    named: bool
    asked: BoardFit | None
    holding: tuple[BoardFit, ...]
    boards: int


@dataclass(frozen=True)
class ClassRates:
    """images: of the class. precision: of the images that were taken for it, those that are of it. recall: of its
    images, those that were taken for it. f1: their harmonic mean. None where nothing was counted."""

    name: str
    images: int
    precision: float | None
    recall: float | None
    f1: float | None


def board_answer(boards: tuple[BoardFit, ...], asked: str | None) -> BoardAnswer:
    """asked: a board's name."""
    holding = sorted(
        (board for board in boards if board.fits), key=lambda board: board.expected_milliseconds or float("inf")
    )
    found = next((board for board in boards if board.name == asked), None)
    return BoardAnswer(asked is not None, found, tuple(holding), len(boards))


def speed_text(board: BoardFit) -> str:
    """Milliseconds, with wait states where those are known, and frames a second; the core where neither is known."""
    milliseconds = board.expected_milliseconds
    if milliseconds is None:
        return board.core
    rate = 1000 / milliseconds
    frames = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
    time = f"{milliseconds:.1f}" if milliseconds >= 0.1 else f"{milliseconds:.2g}"
    return f"{time} ms, {frames} frames a second"


def class_rates(accuracy: AccuracyExplanation | None) -> tuple[ClassRates, ...]:
    """Of each class of the confusion matrix that occurs, as truth or as answer."""
    if accuracy is None:
        return ()
    found = []
    for number, entry in enumerate(accuracy.classes):
        images = sum(accuracy.confusion[number])
        taken = sum(row[number] for row in accuracy.confusion)
        right = accuracy.confusion[number][number]
        if images or taken:
            name = f"{entry.class_} {entry.label}".strip()
            found.append(
                ClassRates(name, images, _share(right, taken), _share(right, images), _share(2 * right, taken + images))
            )
    return tuple(found)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
