"""mcugen train: runs, what they leave, and options of how the machine computes them."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform
from tests.support.training import gray_classes, metrics, train, weights

torch = module("torch")
module("tensorboard")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gray_classes(tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize("net", ["mobilenet_v1_fomo", "fc_autoencoder"])
def test_what_is_no_classifier_is_not_trained(folder: Path, tmp_path: Path, net: str) -> None:
    outcome = mcugen("train", "--data", folder, "-o", tmp_path / "run", "--net", net)
    assert outcome.code == 2
    assert f"{net} does not tell classes of images apart" in outcome.error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("net", ["ds_cnn", "resnet8"])
def test_nets_of_mlperf_tiny_are_trained(folder: Path, tmp_path: Path, net: str) -> None:
    outcome = train(folder, tmp_path / "run", "--net", net, "--size", 16, "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["options"]["size"] == [16, 16]
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["net"] == net


def test_a_run(folder: Path, tmp_path: Path) -> None:
    outcome = train(folder, tmp_path / "run", "--epochs", 2, "--json")
    assert outcome.code == 0
    report = outcome.json
    conform(report, "train")
    assert report["labels"] == ["dark", "gray", "light"]
    assert (report["images"], report["test_images"], report["epochs"]) == (39, 9, 2)
    assert len(report["skipped"]) == 1
    assert [tuple(entry.values()) for entry in report["classes"]] == [(n, 13, 3) for n in ("dark", "gray", "light")]
    assert "images to train + to test: dark 13 + 3, gray 13 + 3, light 13 + 3\n" in outcome.stderr
    assert "broken.png" in outcome.stderr
    assert [line for line in outcome.stderr.splitlines() if line.startswith("epoch 2: loss")]
    assert [row["epoch"] for row in metrics(tmp_path / "run")] == ["1", "2"]
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    assert [sum(row) for row in report["confusion"]] == [3, 3, 3]
    right = sum(row[number] for number, row in enumerate(report["confusion"]))
    assert right / 9 == pytest.approx(report["top1"])
    page = Path(report["page"]).read_text()
    assert page.count("<figure>") == 9 - right
    assert "mcugen quantize" in page
    again = train(folder, tmp_path / "run", "--epochs", 2)
    assert again.code == 2
    assert "--resume" in again.error
    finished = train(folder, tmp_path / "run", "--epochs", 2, "--resume")
    assert finished.code == 0
    assert "left out 1 file that could not be read\n" in finished.stdout
    assert "\ndark " in finished.stdout


def test_without_matplotlib_there_are_no_pictures(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = train(folder, tmp_path / "run", "--epochs", 1)
    assert outcome.code == 0, outcome.stderr
    assert "learning curves needs matplotlib, which is not installed" in outcome.stderr
    assert not list((tmp_path / "run").glob("*.svg"))
    assert "matplotlib is not installed" in (tmp_path / "run" / "report.html").read_text()


def test_a_loss_that_explodes(folder: Path, tmp_path: Path) -> None:
    outcome = train(folder, tmp_path / "run", "--optimizer", "sgd", "--lr", 1e30, "--epochs", 2)
    assert outcome.code == 2
    assert "lower --lr" in outcome.stderr
    assert not (tmp_path / "run").exists()


def test_weights_that_are_not_finite_are_not_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are after a last step whose gradients were not: the loss before it is still a number."""
    from mcugen.training.loop import Trainer

    step = Trainer.step

    def too_far(self: Trainer, *arguments: object) -> object:
        loss = step(self, *arguments)  # type: ignore[arg-type]
        with torch.no_grad():
            self.module.classifier.weight.fill_(np.nan)
        return torch.zeros_like(loss)

    monkeypatch.setattr(Trainer, "step", too_far)
    outcome = train(folder, tmp_path / "run", "--epochs", 1)
    assert outcome.code == 2
    assert "the weights are not finite after epoch 1" in outcome.stderr
    assert not (tmp_path / "run").exists()


def test_a_learning_rate_is_found(folder: Path, tmp_path: Path) -> None:
    outcome = train(folder, tmp_path / "run", "--lr", "find", "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    view = outcome.json
    lowest = view["smoothed"].index(min(view["smoothed"]))
    assert view["suggestion"] == pytest.approx(view["rates"][lowest] / 10)
    assert 1e-5 < view["suggestion"] < 0.1
    with (tmp_path / "run" / "lr.csv").open(newline="") as stream:
        assert [float(row["lr"]) for row in csv.DictReader(stream)] == pytest.approx(view["rates"], rel=1e-5)
    assert not (tmp_path / "run" / "checkpoint.pt").exists()
    outcome = train(folder, tmp_path / "run", "--lr", "much")
    assert "'much' is not a learning rate such as 0.02, or find" in outcome.stderr


def test_bfloat16_while_training(folder: Path, tmp_path: Path) -> None:
    outcome = train(folder, tmp_path / "run", "--amp", "--device", "auto", "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.stderr
    assert outcome.json["recipe"]["amp"]
    assert train(folder, tmp_path / "plain", "--epochs", 1).code == 0
    plain = weights(tmp_path / "plain")
    half = weights(tmp_path / "run")
    assert all(tensor.dtype == plain[name].dtype for name, tensor in half.items())
    assert not torch.equal(half["classifier.weight"], plain["classifier.weight"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("cuda:99", "there is no device 'cuda:99' here (leave --device away, or name cpu or auto)"),
        ("abacus", "there is no kind of device 'abacus'"),
        ("meta", "nets are not trained on meta"),
    ],
)
def test_devices_that_are_not_here(folder: Path, tmp_path: Path, name: str, told: str) -> None:
    outcome = train(folder, tmp_path / "run", "--device", name)
    assert outcome.code == 2
    assert told in outcome.error
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.needs("fashion-mnist")
def test_a_short_training_on_a_part_of_fashion_mnist_learns(tmp_path: Path) -> None:
    options = ("--alpha", 0.25, "--size", 24, "--limit", 6000, "--batch", 64, "--epochs", 5, "--threads", 1)
    outcome = mcugen("train", "--data", "fashion-mnist", "-o", tmp_path / "run", *options, "--json")
    assert outcome.code == 0
    assert outcome.json["top1"] > 0.72
