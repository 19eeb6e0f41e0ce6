"""What nets that tell a vector or numbers are measured by, and how commands know that they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.accuracy.outputs import net_task, require_values, value_measures
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.frontend.recorded_task import with_recorded_task
from mcugen.likeness import likeness, mean_cosine, recall_at_1
from tests.support.command import mcugen

FASHION = Path("examples/fashion_mnist/fashion_mnist_mnv1_a025_32.onnx").resolve()
IMAGES = Path("examples/fashion_mnist/images.npz").resolve()


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 4))
def test_likeness_is_that_of_all_pairs(seed: int, count: int, kinds: int) -> None:
    random = np.random.default_rng(seed)
    vectors, classes = random.normal(size=(count, 3)), random.integers(0, kinds, count)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = [(a, b) for a in range(count) for b in range(a)]
    alike = [unit[a] @ unit[b] for a, b in pairs if classes[a] == classes[b]]
    others = [unit[a] @ unit[b] for a, b in pairs if classes[a] != classes[b]]
    found = likeness(vectors, classes)
    assert found.recall_at_1 == recall_at_1(vectors, classes)
    if not alike or not others:
        assert (found.roc_area, found.error, found.threshold) == (None, None, None)
        return
    area = np.mean([[(one > other) + (one == other) / 2 for other in others] for one in alike])
    # Cosines within a step of each other count as ties.
    close = np.mean([[abs(one - other) <= 1 / 8192 for other in others] for one in alike])
    assert found.roc_area == pytest.approx(area, abs=close / 2 + 1e-6)
    assert found.threshold is not None
    assert -1 <= found.threshold <= 1
    wrong = np.mean(np.array(alike) < found.threshold), np.mean(np.array(others) >= found.threshold)
    assert found.error == pytest.approx(np.mean(wrong), abs=1e-3 + 1 / min(len(alike), len(others)))


def test_vectors_of_two_directions() -> None:
    vectors, classes = np.array([[1, 0], [5, 0], [0, 1], [0, 0.1]]), np.array([0, 0, 1, 1])
    found = likeness(vectors, classes)
    assert (found.recall_at_1, found.roc_area, found.error) == (1.0, 1.0, 0.0)
    assert mean_cosine(vectors, vectors * 3) == pytest.approx(1)
    assert likeness(np.zeros((3, 2)), np.array([0, 0, 1])).roc_area == 0.5


def test_numbers_by_column() -> None:
    wanted = np.array([[0, 0.1], [2, 0.1], [4, 0.1]], np.float32)
    exact, constant = value_measures(wanted, wanted)
    assert (exact.mean_absolute_error, exact.r2) == (0, 1)
    assert (constant.mean_absolute_error, constant.r2) == (0, None)
    mean, off = value_measures(np.array([[2, 0.2]] * 3, np.float32), wanted)
    assert mean.r2 == pytest.approx(0)
    assert mean.mean_absolute_error == pytest.approx(4 / 3)
    assert off.mean_absolute_error == pytest.approx(0.1)
    with pytest.raises(McugenError, match="t has values of b, a; the net tells a, b"):
        require_values(("a", "b"), 2, ("b", "a"), "t")
    with pytest.raises(McugenError, match="the net tells 2 without names"):
        require_values((), 2, ("a",), "t")


def test_the_task_is_known_from_the_file_or_asked_for() -> None:
    graph = load_model(FASHION)
    assert net_task(graph, None) == "classify"
    assert net_task(graph, "embed") == "embed"
    known = with_recorded_task(graph, "embed", "net")
    assert net_task(known, None) == "embed"
    with pytest.raises(McugenError, match="says that it was trained for embed"):
        net_task(known, "regress")
    with pytest.raises(McugenError, match=r"its mcugen\.task is 'guess'"):
        with_recorded_task(graph, "guess", "net")


def test_a_model_that_says_nothing_is_measured_as_asked() -> None:
    """A classifier's scores are a vector, too."""
    outcome = mcugen("accuracy", FASHION, "--images", IMAGES, "--task", "embed", "--json")
    assert outcome.code == 0, outcome.stderr
    assert outcome.json["vectors"]["int8"]["recall_at_1"] > 0.5
    assert outcome.json["vectors"]["float"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--task", "detect"), "--task detect is of mcugen train"),
        (("--task", "embed", "--detect", "0.5", "--data", "x"), "--detect finds objects"),
        (("--task", "regress"), "--images holds labels, not numbers"),
        (("--float", "x.pt"), "--float is of --task embed and regress"),
    ],
)
def test_refusals(options: tuple[str, ...], said: str) -> None:
    source = () if "--data" in options else ("--images", IMAGES)
    outcome = mcugen("accuracy", FASHION, *source, *options)
    assert outcome.code == 2
    assert said in outcome.error
