"""mcugen train: nets that begin with the weights of others, or learn from them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.needs import module
from tests.support.schemas import conform
from tests.support.training import gray_classes, train, weights

torch = module("torch")
module("tensorboard")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gray_classes(tmp_path_factory.mktemp("images"))


def test_a_net_begins_with_the_weights_of_another_and_its_trunk_rests(folder: Path, tmp_path: Path) -> None:
    assert train(folder, tmp_path / "first", "--epochs", 1).code == 0
    begun = ("--init", tmp_path / "first" / "checkpoint.pt", "--freeze", 1)
    outcome = train(folder, tmp_path / "next", "--epochs", 1, *begun, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["beginning"]["fresh"] == ["classifier.dense"]
    assert "27 layers of the net begin with its weights; new: classifier.dense" in outcome.stderr
    first, then = weights(tmp_path / "first"), weights(tmp_path / "next")
    for name, tensor in first.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, then[name]) != name.startswith("classifier"), name
    # All of it in the second epoch.
    assert train(folder, tmp_path / "next", "--epochs", 2, *begun, "--resume").code == 0
    assert not torch.equal(
        first["features.stem.conv.conv.weight"], weights(tmp_path / "next")["features.stem.conv.conv.weight"]
    )
    other = train(folder, tmp_path / "other", *begun, "--alpha", 0.5)
    assert (other.code, (tmp_path / "other").exists()) == (2, False)
    assert "holds mobilenet_v1 with alpha 0.1, not mobilenet_v1 with alpha 0.5" in other.error


def test_a_net_is_taught_by_another(folder: Path, tmp_path: Path) -> None:
    assert train(folder, tmp_path / "large", "--epochs", 1).code == 0
    teacher = ("--teacher", tmp_path / "large" / "checkpoint.pt")
    outcome = train(folder, tmp_path / "small", "--epochs", 1, "--size", 16, *teacher, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert (outcome.json["recipe"]["teacher"], outcome.json["recipe"]["teacher_weight"]) == ("checkpoint.pt", 0.9)
    assert re.search(r"^teacher: top-1 [\d.]+% on \d+ test images, made as the small net's are", outcome.stderr, re.M)


def test_a_teachers_weight_without_a_teacher(folder: Path, tmp_path: Path) -> None:
    outcome = train(folder, tmp_path / "run", "--teacher-weight", 0.5)
    assert (outcome.code, (tmp_path / "run").exists()) == (2, False)
    assert "--teacher-weight is of what a --teacher tells" in outcome.error
