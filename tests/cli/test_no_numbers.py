"""Options of train and quantize that take a number refuse what is none, before anything is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import mcugen
from tests.support.needs import module

pytestmark = pytest.mark.needs("torch")
module("torch")
module("tensorboard")

# What float() takes, and is too small or no number; 1e400 is beyond all of them.
_WRONG = ("nan", "inf", "-inf", "-1", "1e400")


def _refused(arguments: tuple[object, ...], directory: Path) -> str:
    """What is said, without the frame around it."""
    before = sorted(directory.rglob("*"))
    outcome = mcugen(*arguments, columns=200)
    assert outcome.code == 2, outcome.stderr
    assert sorted(directory.rglob("*")) == before
    return " ".join(outcome.stderr.replace("│", " ").split())


@pytest.mark.parametrize("value", _WRONG)
@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--lr", "lr is"),
        ("--weight-decay", "weight decay is"),
        ("--depthwise-weight-decay", "depthwise weight decay is"),
        ("--warmup", "warmup is"),
        ("--split", "Invalid value for '--split'"),
        ("--validation", "Invalid value for '--validation'"),
        ("--teacher-weight", "Invalid value for '--teacher-weight'"),
        ("--object-weight", "Invalid value for '--object-weight'"),
        ("--alpha", "alpha"),
        ("--rho", "rho"),
    ],
)
def test_of_train(option: str, value: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    arguments = ("train", "--data", tmp_path, "-o", tmp_path / "run", "--size", 32, option, value)
    assert told in _refused(arguments, tmp_path)


@pytest.mark.parametrize("value", _WRONG)
def test_of_fine_tuning(value: str, tmp_path: Path) -> None:
    arguments = ("quantize", tmp_path / "net.pt", "-o", tmp_path / "net.pt2", "--qat", 1, "--learning-rate", value)
    assert "Invalid value for '--learning-rate'" in _refused(arguments, tmp_path)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "0.5,nan,0.5"])
@pytest.mark.parametrize("option", ["--mean", "--std"])
def test_of_normalization(option: str, value: str, tmp_path: Path) -> None:
    arguments = ("quantize", tmp_path / "net.onnx", "-o", tmp_path / "int8.onnx", f"{option}={value}")
    assert f"'{value}' is not a number" in _refused(arguments, tmp_path)


def test_of_negative_deviations(tmp_path: Path) -> None:
    arguments = ("quantize", tmp_path / "net.onnx", "-o", tmp_path / "int8.onnx", "--std", "0.5,-1,0.5")
    assert "--std is -1" in _refused(arguments, tmp_path)


@pytest.mark.parametrize("text", ["1e999999999", "nan/1", "1/0", "9" * 400 + "/1", "1e400"])
def test_ratios_of_any_size_are_refused_at_once(text: str, tmp_path: Path) -> None:
    arguments = ("train", "--data", tmp_path, "-o", tmp_path / "run", "--alpha", text)
    assert "is not a number or a fraction such as 3/7" in _refused(arguments, tmp_path)


def test_a_warmup_longer_than_any_training_is_half_of_it() -> None:
    from mcugen.training.recipe import Recipe

    endless, half = Recipe(epochs=2, warmup=1e308), Recipe(epochs=2, warmup=1)
    assert [endless.learning_rate(step, 100) for step in range(200)] == [
        half.learning_rate(step, 100) for step in range(200)
    ]
