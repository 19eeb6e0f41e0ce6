"""Images held back from training choose the epoch that is kept, and end the training; test images do neither."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform

torch = module("torch")
module("tensorboard")

from mcugen.data import Dataset  # noqa: E402
from mcugen.nets import architecture  # noqa: E402
from mcugen.training import run  # noqa: E402
from mcugen.training.checkpoint import load_checkpoint  # noqa: E402
from mcugen.training.loop import EpochResult, Trainer  # noqa: E402
from mcugen.training.recipe import Recipe  # noqa: E402
from mcugen.training.subset import Subset, labelled  # noqa: E402
from mcugen.training.tasks.classify import Classify  # noqa: E402

NET = architecture("mobilenet_v1", alpha=0.1, size=16, in_chans=1, num_classes=3)
TOP1 = (0.5, 0.7, 0.6, 0.7, 0.4, 0.4)


def _noise(count: int, seed: int = 0) -> Dataset:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (count, 16, 16, 1)).astype(np.uint8)
    return Dataset("noise", pixels, np.arange(count) % 3, ("a", "b", "c"))


def test_of_every_class_a_like_part_is_held_back() -> None:
    labels = torch.tensor([0] * 50 + [1] * 20 + [2] * 2 + [3])
    part = Subset(torch.zeros(73, 1, 1, 1, dtype=torch.uint8), labels, torch.arange(73))
    kept, held = part.divided(0.1, labels, 3)
    assert torch.bincount(labels[held.chosen], minlength=4).tolist() == [5, 2, 1, 0]
    assert sorted([*kept.chosen.tolist(), *held.chosen.tolist()]) == list(range(73))
    assert torch.equal(part.divided(0.1, labels, 3)[1].chosen, held.chosen)
    assert not torch.equal(part.divided(0.1, labels, 4)[1].chosen, held.chosen)


def test_images_held_back_are_not_trained_on() -> None:
    images = _noise(60)
    recipe = Recipe(batch=8, validation=0.2)
    trainer = Trainer(run.build(NET), Classify(recipe), labelled(images), labelled(images), recipe)
    assert trainer.held is not None
    shown = torch.cat(list(trainer.order(1)))
    assert len(trainer.held) == 12
    assert not set(shown.tolist()) & set(trainer.held.chosen.tolist())


class _Script(Classify):
    """Measures what TOP1 says on images held back, epoch by epoch, and nothing of it on test images."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self.epoch = 0

    def evaluate(self, module, part, device, processes):  # type: ignore[no-untyped-def]
        if len(part) == 6:
            return {"loss": 1.0, "top1": 1.0 - self.epoch / 100}
        self.epoch += 1
        return {"loss": 1.0, "top1": TOP1[self.epoch - 1]}


def _run(directory: Path, epochs: int, patience: int | None, resumed: int = 0) -> tuple[run.Trained, list[EpochResult]]:
    recipe = Recipe(epochs=epochs, batch=8, validation=0.25, patience=patience, lr=0.001)
    objective = _Script(recipe)
    objective.epoch = resumed
    results: list[EpochResult] = []
    trained = run.train_task(
        NET,
        objective,
        labelled(_noise(36)),
        labelled(_noise(6, 1)),
        recipe,
        directory,
        earlier=run.find_run(directory, resume=True),
        listener=run.Listener(on_epoch=results.append),
        test_every=100,
    )
    return trained, results


def test_the_first_best_epoch_is_kept_until_patience_ends(tmp_path: Path) -> None:
    trained, results = _run(tmp_path, 6, patience=3)
    assert [result.epoch for result in results] == [1, 2, 3, 4, 5]
    assert (trained.epochs, trained.checkpoint.epoch) == (5, 2)
    kept = load_checkpoint(tmp_path / "checkpoint.pt")
    # Tested at the end, once, with the weights that are kept.
    assert (kept.epoch, kept.metrics["validation_top1"], kept.metrics["top1"]) == (2, 0.7, 0.95)
    assert load_checkpoint(tmp_path / "last.pt").epoch == 5
    with (tmp_path / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["validation_top1"]) for row in rows] == list(TOP1[:5])


def test_a_resumed_run_remembers_its_best(tmp_path: Path) -> None:
    whole, _ = _run(tmp_path / "whole", 6, None)
    for name in ("whole", "cut"):
        _run(tmp_path / name, 6 if name == "whole" else 3, None)
    trained, results = _run(tmp_path / "cut", 6, None, resumed=3)
    assert [result.epoch for result in results] == [4, 5, 6]
    assert (trained.checkpoint.epoch, whole.checkpoint.epoch) == (2, 2)


def test_of_equal_shares_the_lower_loss_is_better() -> None:
    score = Classify(Recipe()).score
    assert score({"top1": 0.5, "loss": 0.1}) > score({"top1": 0.5, "loss": 0.2})
    assert score({"top1": 0.6, "loss": 9.0}) > score({"top1": 0.5, "loss": 0.1})


def _idx(directory: Path, labels: list[int]) -> Path:
    directory.mkdir()
    random = np.random.default_rng(0)
    for part in ("train", "t10k"):
        pixels = random.integers(0, 256, 64 * len(labels)).astype(np.uint8).tobytes()
        sizes = len(labels).to_bytes(4, "big") + bytes((0, 0, 0, 8)) * 2
        (directory / f"{part}-images-idx3-ubyte").write_bytes(b"\0\0\x08\3" + sizes + pixels)
        (directory / f"{part}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1" + sizes[:4] + bytes(labels))
    return directory


def test_by_the_command(tmp_path: Path) -> None:
    data = _idx(tmp_path / "data", [0, 1, 2] * 10)
    arguments = ("train", "--data", data, "--alpha", 0.1, "--size", 16, "--batch", 8, "--threads", 1, "--epochs", 2)
    outcome = mcugen(*arguments, "--validation", "20%", "--patience", 1, "-o", tmp_path / "run", "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    view = outcome.json
    assert (view["recipe"]["validation"], view["recipe"]["patience"], view["recipe"]["seed"]) == (0.2, 1, 0)
    assert (view["images"], view["validation_images"]) == (30, 6)
    assert view["validation_top1"] is not None
    assert ", validation loss " in outcome.stderr
    again = mcugen(*arguments, "--validation", "20%", "--patience", 1, "-o", tmp_path / "run", "--resume")
    assert f"epoch {view['kept_epoch']} of {view['epochs']}, the best on 6 images held back" in again.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--validation", "ten"), "'ten' is not a part such as 10% or 0.1"),
        (("--validation", "100%"), "is not a part"),
        (("--patience", 3), "patience is with the images held back for validation (add --validation 10%)"),
    ],
)
def test_refusals(tmp_path: Path, options: tuple[object, ...], said: str) -> None:
    data = _idx(tmp_path / "data", [0, 1])
    outcome = mcugen("train", "--data", data, "--size", 16, "-o", tmp_path / "run", *options)
    assert outcome.code == 2
    assert said in outcome.stderr
    assert not (tmp_path / "run").exists()
