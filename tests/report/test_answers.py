"""What stands at the top of the page, and what is said of each class."""

from __future__ import annotations

import html
import re
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from mcugen.report.answers import board_answer, speed_text
from mcugen.schemas.report.document import BoardFit
from tests.report.test_report import embedded
from tests.support.command import mcugen
from tests.support.needs import ROOT

pytestmark = pytest.mark.slow
EXAMPLE = ROOT / "examples" / "fashion_mnist"
MODEL = next((ROOT / "examples" / "fashion_mnist_tiny").glob("*.onnx"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the small model for a board, with the bundled images."""
    page = tmp_path_factory.mktemp("report") / "page.html"
    vectors = next(EXAMPLE.glob("*_32.npz"))
    outcome = mcugen("report", MODEL, "-o", page, "--board", "NUCLEO_F446RE", "--data", vectors)
    assert outcome.code == 0, outcome.stderr
    return page


def paragraphs(page: Path, name: str) -> list[str]:
    """The text of paragraphs of a class, without elements."""
    found = re.findall(rf'<p class="{name}">(.*?)</p>', page.read_text(), re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]*>", "", text)) for text in found]


def test_the_board_that_was_asked_for_is_answered_first(page: Path) -> None:
    (board,) = (board for board in embedded(page)["boards"] if board["name"] == "nucleo_f446re")
    (answer,) = paragraphs(page, "verdict answer")
    assert board["fits"]
    milliseconds = board["milliseconds_with_waits"]
    assert milliseconds > board["milliseconds"]
    assert answer == f"Fits {board['title']}: {milliseconds:.1f} ms, {1000 / milliseconds:.0f} frames a second."
    text = page.read_text()
    assert text.index(answer.split(":")[0].removeprefix("Fits ")) < text.index('class="figures"')


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.04, "0.04 ms, 25,000 frames a second"),
        (0.6, "0.6 ms, 1,667 frames a second"),
        (21.74, "21.7 ms, 46 frames a second"),
        (None, "Cortex-M55"),
    ],
)
def test_speed_is_said_in_plain_figures(milliseconds: float | None, text: str) -> None:
    board = create_autospec(BoardFit, instance=True, expected_milliseconds=milliseconds, core="Cortex-M55")
    assert speed_text(board) == text


def test_without_a_board_all_are_counted(page: Path, tmp_path: Path) -> None:
    other = tmp_path / "page.html"
    assert mcugen("report", MODEL, "-o", other).code == 0
    boards = embedded(other)["boards"]
    fitting = [board for board in boards if board["fits"]]
    waiting = (board["milliseconds_with_waits"] or board["milliseconds"] for board in fitting)
    fastest = min(milliseconds for milliseconds in waiting if milliseconds is not None)
    (answer,) = paragraphs(other, "verdict answer")
    assert answer.startswith(f"Fits {len(fitting)} of {len(boards)} boards, the fastest ")
    assert f"{fastest:.1f} ms" in answer
    assert board_answer((), "nucleo_f446re").boards == 0


def test_rates_of_a_class_are_those_of_the_confusion_matrix(page: Path) -> None:
    accuracy = embedded(page)["accuracy"]
    table = re.search(r'<table class="sortable narrow" id="class-table">(.*?)</table>', page.read_text(), re.DOTALL)
    assert table is not None
    rows = [re.findall(r'data-value="([^"]*)"', row) for row in table[1].split("<tr>")[2:]]
    matrix = accuracy["confusion"]
    assert len(rows) == len(matrix)
    for number, (name, images, *rates) in enumerate(rows):
        right, taken = matrix[number][number], sum(row[number] for row in matrix)
        assert name.startswith(f"{number} ")
        assert int(images) == sum(matrix[number]) > 0
        if taken:
            precision, recall, f1 = map(float, rates)
            assert precision == pytest.approx(right / taken)
            assert recall == pytest.approx(right / int(images))
            assert f1 == pytest.approx(2 * precision * recall / (precision + recall) if right else 0)
        else:
            assert list(map(float, rates)) == [0, 0]


def test_many_proofs_are_folded_under_their_sum(page: Path) -> None:
    proofs = embedded(page)["proofs"]
    assert len(proofs) > 8
    assert f"{len(proofs)} requantizations are proved" in page.read_text()
    assert re.search(r"<details>\s*<summary>The proof of each layer</summary>\s*<div", page.read_text())
