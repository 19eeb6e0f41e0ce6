"""Nets that tell vectors or numbers of images: from the images to int8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.data.values import load_values
from mcugen.diagnostics import McugenError
from mcugen.likeness import likeness, recall_at_1
from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform

torch = module("torch")
Image = module("PIL.Image")
module("tensorboard")

from mcugen.training.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from mcugen.training.tasks.embed import contrastive_loss  # noqa: E402

TUNED = ("--qat", 1, "--batch-size", 8, "--learning-rate", 1e-4, "--json")
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
        ("file,x\n0.png,one", "line 2: x is 'one', no finite number"),
        ("file,x\n0.png,inf", "line 2: x is 'inf', no finite number"),
        ("file,x,part\n0.png,1,never", "unknown part"),
        ("file,x\n0.png,1e39", "line 2: x is '1e39', no finite number"),
        ("file,x\n0.png,1,5", "line 2: more values than columns"),
        ("file,x\n0.png,1_0", "line 2: x is '1_0', no finite number"),
        ("file,x, X\n0.png,1,2", "two of its columns have one name"),
        ("file;x\n0.png;1,5", r"x is '1,5', no finite number \(decimals are after a point"),
        ("file;x;y\n0.png;1", "line 2: y is '', no finite number"),
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
    assert [line.partition(":")[0] for line in view["doubts"]] == [
        "16 test images",
        "the same in every image to train on, so that nothing is learned of it",
    ]
    page = Path(view["page"]).read_text(encoding="utf-8")
    assert "mcugen generate net.pt2" in page
    for command in ("accuracy", "report"):
        assert f"mcugen {command} net.pt2 --data {table} --float " in page
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
    told = _checked(tmp_path / "net.pt2", table, tmp_path / "run" / "checkpoint.pt", "regress")
    assert [value["label"] for value in told["values"]] == ["light", "fixed"]
    for value, lost in zip(told["values"], (light, fixed), strict=True):
        assert value["int8"]["mean_absolute_error"] == pytest.approx(lost["int8"], rel=1e-5)
        assert value["float"]["mean_absolute_error"] == pytest.approx(lost["float"], rel=1e-3)
    assert told["values"][0]["int8"]["r2"] < 1
    assert told["values"][1]["int8"]["r2"] is None
    qat = mcugen("quantize", tmp_path / "run" / "checkpoint.pt", "-o", tmp_path / "tuned.pt2", *TUNED)
    assert qat.code == 0, qat.stderr
    # The units of values are no steps of the optimizer's: 500 to 1000 is learned as 0 to 1 would be.
    assert qat.json["mean_absolute_error"][0]["int8"] < light["float"] + 20


def _checked(model: Path, data: Path, checkpoint: Path, task: str) -> dict:
    """What accuracy says of a net that knows its task, once validate, report and analyze have taken it, too."""
    assert mcugen("validate", model, "--cases", 2, "--vectors", data.parent if task == "regress" else data).code == 0
    arguments = ("--data", data, "--float", checkpoint, "--json")
    outcome = mcugen("accuracy", model, *arguments)
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "accuracy")
    assert (outcome.json["top1"], outcome.json["classes"]) == (None, [])
    shown = mcugen("accuracy", model, *arguments[:-1])
    assert "top-1" not in shown.stdout
    assert ("recall at 1" if task == "embed" else "mean error, float") in shown.stdout
    for command in ("analyze", "report"):
        more = ("--no-boards", "-o", model.with_suffix(".html")) if command == "report" else ()
        document = mcugen(command, model, *arguments, *more)
        assert document.code == 0, document.stderr
        conform(document.json, command)
        found = document.json["accuracy"]
        key = "vectors" if task == "embed" else "values"
        assert found[key] == outcome.json[key]
        assert (found["confusion"], found["top1"]) == ([], None)
        assert any(layer["snr_db"] for layer in found["layers"])
    page = model.with_suffix(".html").read_text(encoding="utf-8")
    assert ("vector-table" if task == "embed" else "value-table") in page
    assert "Confusion matrix" not in page
    other = mcugen("accuracy", model, "--data", data, "--task", "classify")
    assert f"says that it was trained for {task}" in other.error
    return outcome.json


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
    told = _checked(tmp_path / "net.pt2", tmp_path / "data", tmp_path / "run" / "checkpoint.pt", "embed")["vectors"]
    assert (told["dimension"], told["int8"]["recall_at_1"]) == (8, found["int8"])
    assert told["float"]["recall_at_1"] == found["float"]
    assert told["cosine"] > 0.9
    qat = mcugen(
        "quantize", tmp_path / "run" / "checkpoint.pt", "-o", tmp_path / "t.pt2", "--onnx", tmp_path / "t.onnx", *TUNED
    )
    assert qat.code == 0, qat.stderr
    assert "fine-tuning, 1 epoch" in qat.json["method"]
    # The ONNX model knows what it is for, too; what says nothing is asked for by --task.
    known = mcugen("accuracy", tmp_path / "t.onnx", "--data", tmp_path / "data", "--json")
    assert known.json["vectors"]["int8"]["recall_at_1"] == qat.json["recall_at_1"]["int8"]
    import onnx

    silent = onnx.load(tmp_path / "t.onnx")
    del silent.metadata_props[:]
    onnx.save(silent, tmp_path / "silent.onnx")
    for command in ("accuracy", "analyze"):
        shown = mcugen(command, tmp_path / "silent.onnx", "--data", tmp_path / "data", "--json")
        assert "silent has 8 outputs without names, data " in shown.stderr
    meant = mcugen("accuracy", tmp_path / "silent.onnx", "--data", tmp_path / "data", "--task", "classify")
    assert (meant.code, "without names" in meant.stderr) == (0, False)


def test_recall_and_loss_of_vectors() -> None:
    vectors = torch.tensor([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [0.1, 5.0], [-1.0, 0.0]])
    classes = torch.tensor([0, 0, 1, 1, 1])
    # The last is nearest to the fourth but one by angle, of its own class; none is its own neighbour.
    assert recall_at_1(vectors.numpy(), classes.numpy()) == pytest.approx(1.0)
    assert recall_at_1(vectors.numpy(), np.array([0, 1, 0, 1, 0])) == pytest.approx(0.2)
    assert recall_at_1(vectors[:1].numpy(), classes[:1].numpy()) == 0.0
    found = likeness(vectors.numpy(), classes.numpy())
    # Pairs of a class: cosines 0.995, 0.9998, 0, -0.02; of different ones: 0, 0.02, -1, 0.0995, 0.12, -0.995.
    assert found.recall_at_1 == 1.0
    assert found.roc_area == pytest.approx((6 + 6 + 2.5 + 2) / 24, abs=0.03)
    assert likeness(vectors.numpy(), np.zeros(5, int)).roc_area is None
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
