"""Nets that tell vectors or numbers of images: from the images to int8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.data.values import load_values
from mcugen.diagnostics import McugenError
from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform

torch = module("torch")
Image = module("PIL.Image")
module("tensorboard")

from mcugen.training.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from mcugen.training.tasks.embed import contrastive_loss, recall_at_1  # noqa: E402

NET = ("--alpha", 0.1, "--size", 16, "--channels", 1, "--batch", 16, "--threads", 1)


def _table(folder: Path, count: int = 80) -> Path:
    """Gray images with how bright they are, 500 to 1000, and a value that never changes."""
    random = np.random.default_rng(0)
    folder.mkdir()
    lines = ["file,light,fixed"]
    for index in range(count):
        light = random.uniform(0, 1)
        pixels = (random.integers(0, 56, (16, 16)) + 200 * light).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
        lines.append(f"{index}.png,{500 + 500 * light},7")
    (folder / "values.csv").write_text("\n".join(lines))
    return folder / "values.csv"


def test_values_go_with_their_images(tmp_path: Path) -> None:
    table = _table(tmp_path / "data", 20)
    (tmp_path / "data" / "3.png").write_bytes(b"no image")
    train, test = load_values(table, height=16, width=16, channels=1, seed=1)
    assert (len(train.images) + len(test.images), train.names) == (19, ("light", "fixed"))
    assert len(train.skipped + test.skipped) == 1
    for part in (train, test):
        seen = part.images.mean((1, 2, 3))
        assert np.abs((part.values[:, 0] - 500) / 500 - (seen - 27.5) / 200).max() < 0.05
        assert len(part.files) == len(part.values) == len(part.images)
    lines = table.read_text().splitlines()
    parts = ["part", *(["train", "val"] * 10)]
    table.write_text("\n".join(f"{line},{part}" for line, part in zip(lines, parts, strict=True)))
    _, test = load_values(table, height=16, width=16, channels=1)
    assert test.files == tuple(f"{index}.png" for index in range(1, 20, 2) if index != 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,x\n0.png,one", "line 2: no file, no finite numbers"),
        ("file,x\n0.png,inf", "line 2: no file, no finite numbers"),
        ("file,x,part\n0.png,1,never", "unknown part"),
        ("file,x\n0.png,1e39", "line 2: no file, no finite numbers"),
        ("file,x\n0.png,1,5", "line 2: more values than columns"),
        ("file,x, X\n0.png,1,2", "two of its columns have one name"),
        ("file\n0.png", "has 1 lines of the columns file"),
        ("name,x\n0.png,1", "has 1 lines of the columns name, x"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "values.csv").write_text(text)
    with pytest.raises(McugenError, match=said):
        load_values(tmp_path / "values.csv", height=16, width=16, channels=1)


def test_from_images_with_values_to_int8(tmp_path: Path) -> None:
    table = _table(tmp_path / "data")
    arguments = ("train", "--task", "regress", "--data", table, *NET, "--epochs", 8, "--lr", 0.01)
    outcome = mcugen(*arguments, "--validation", "10%", "-o", tmp_path / "run", "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    view = outcome.json
    assert (view["task"], view["values"], view["recall_at_1"]) == ("regress", ["light", "fixed"], None)
    page = Path(view["page"]).read_text(encoding="utf-8")
    assert "mcugen generate net.pt2" in page
    assert "mcugen report" not in page
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint.pt")
    _, test = load_values(table, height=16, width=16, channels=1)
    with torch.no_grad():
        told = checkpoint.module()(torch.from_numpy(test.images).permute(0, 3, 1, 2).float() / 255).numpy()
    # In the values' own units, as the checkpoint's module tells them.
    assert np.abs(told - test.values).mean() == pytest.approx(view["mean_absolute_error"], rel=1e-4)
    assert view["mean_absolute_error"] < 100
    quantized = mcugen("quantize", tmp_path / "run" / "checkpoint.pt", "-o", tmp_path / "net.pt2", "--json")
    assert quantized.code == 0, quantized.stderr
    conform(quantized.json, "quantize")
    light, fixed = quantized.json["mean_absolute_error"]
    assert (light["label"], fixed["label"]) == ("light", "fixed")
    assert (light["float"] + fixed["float"]) / 2 == pytest.approx(view["mean_absolute_error"], rel=1e-3)
    assert abs(light["int8"] - light["float"]) < 20


def test_from_classes_to_vectors_in_int8(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number, name in enumerate(("dark", "gray", "light")):
        (tmp_path / "data" / name).mkdir(parents=True)
        for index in range(20):
            pixels = (random.integers(0, 56, (16, 16)) + 80 * number).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{index}.png")
    arguments = ("train", "--task", "embed", "--data", tmp_path / "data", *NET, "--dimension", 8, "--epochs", 3)
    outcome = mcugen(*arguments, "-o", tmp_path / "run", "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["options"]["num_classes"] == 8
    assert outcome.json["mean_absolute_error"] is None
    longer = mcugen(*arguments, "-o", tmp_path / "run", "--resume", "--epochs", 4)
    assert "recall at 1" in longer.stdout
    other = mcugen("train", "--data", tmp_path / "data", *NET, "-o", tmp_path / "run", "--resume")
    assert other.code == 2
    quantized = mcugen("quantize", tmp_path / "run" / "checkpoint.pt", "-o", tmp_path / "net.pt2", "--json")
    assert quantized.code == 0, quantized.stderr
    conform(quantized.json, "quantize")
    found = quantized.json["recall_at_1"]
    assert abs(found["int8"] - found["float"]) < 0.35
    assert mcugen("validate", tmp_path / "net.pt2", "--cases", 2).code == 0
    qat = mcugen("quantize", tmp_path / "run" / "checkpoint.pt", "-o", tmp_path / "net.pt2", "--qat", 1)
    assert "--qat is of classifiers" in qat.error


def test_recall_and_loss_of_vectors() -> None:
    vectors = torch.tensor([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [0.1, 5.0], [-1.0, 0.0]])
    classes = torch.tensor([0, 0, 1, 1, 1])
    # The last is nearest to the fourth but one by angle, of its own class; none is its own neighbour.
    assert recall_at_1(vectors, classes) == pytest.approx(1.0)
    assert recall_at_1(vectors, torch.tensor([0, 1, 0, 1, 0])) == pytest.approx(0.2)
    assert recall_at_1(vectors[:1], classes[:1]) == 0.0
    apart = contrastive_loss(vectors, torch.tensor([0, 1, 0, 1, 0]))
    assert contrastive_loss(vectors[:4], classes[:4]) < 0.1 < apart
    assert contrastive_loss(vectors[:2], torch.tensor([0, 1])).item() == 0.0
    assert contrastive_loss(vectors, classes) == pytest.approx(contrastive_loss(vectors * 3, classes).item())


@pytest.mark.parametrize(
    "task", [{"name": "guess"}, {"name": "regress", "mean": [0.0], "deviation": [1.0]}, {"name": "regress"}]
)
def test_a_checkpoints_task_is_sound(tmp_path: Path, task: dict) -> None:
    from mcugen.nets import architecture, build
    from mcugen.training.checkpoint import Checkpoint

    net = architecture("mobilenet_v1", alpha=0.1, size=16, in_chans=1, num_classes=2)
    save_checkpoint(tmp_path / "net.pt", Checkpoint(net.name, dict(net.options), build(net).state_dict(), task=task))
    with pytest.raises(McugenError, match="not a sound checkpoint"):
        load_checkpoint(tmp_path / "net.pt")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--task", "regress", "--balance"), "--balance is not of --task regress"),
        (("--dimension", 8), "--dimension is not of --task classify"),
        (("--task", "regress", "--net", "mobilenet_v1_fomo"), "does not tell classes of images apart"),
    ],
)
def test_refusals(tmp_path: Path, options: tuple[object, ...], said: str) -> None:
    outcome = mcugen("train", "--data", tmp_path, "-o", tmp_path / "run", *options)
    assert outcome.code == 2
    assert said in outcome.error
