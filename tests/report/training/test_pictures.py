"""Curves and confusion of a training: the numbers that were given, the same bytes again, and as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen.report.training.confusion import confusion_counts, confusion_lines, confusion_svg
from mcugen.report.training.curves import curves_svg, read_metrics
from tests.support.needs import module

METRICS = """epoch,lr,loss,test_loss,top1,validation_loss,validation_top1,seconds
1,0.1,2.5,,,2.25,0.25,1.0
2,0.05,1.5,1.75,0.5,1.25,0.75,1.0
"""


def test_metrics_that_were_not_measured_are_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(METRICS)
    metrics = read_metrics(tmp_path / "metrics.csv")
    assert metrics["loss"] == [2.5, 1.5]
    assert np.isnan(metrics["top1"][0])
    assert metrics["top1"][1] == 0.5


def test_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    module("matplotlib")
    (tmp_path / "metrics.csv").write_text(METRICS)
    metrics = read_metrics(tmp_path / "metrics.csv")
    assert curves_svg(metrics, 2) == curves_svg(metrics, 2)
    assert curves_svg(metrics, 2) != curves_svg(metrics, 1)
    counts = np.array([[3, 1], [0, 2]])
    assert confusion_svg(counts, ["$a$", "\u4e2d"]).startswith("<?xml")


def test_counts_by_truth_and_answer() -> None:
    counts = confusion_counts(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_a_few_classes_are_a_table() -> None:
    _, head, *rows = confusion_lines(np.array([[3, 1], [0, 1200]]), ["cat\n", "a name that is far too long"])
    assert head.split() == ["0", "1"]
    assert [row.split()[-2:] for row in rows] == [["3", "1"], ["0", "1200"]]
    assert len({len(line) for line in (head, *rows)}) == 1


def test_of_many_classes_the_pairs_most_often_confused() -> None:
    counts = np.diag(np.full(20, 9))
    assert confusion_lines(counts, [str(number) for number in range(20)]) == ["none confused"]
    counts[3, 5], counts[7, 1] = 4, 6
    lines = confusion_lines(counts, [f"c{number}" for number in range(20)])
    assert lines[1:] == ["c7 taken for c1: 6 of 15", "c3 taken for c5: 4 of 13"]
