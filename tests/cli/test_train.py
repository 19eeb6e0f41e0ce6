"""mcugen train: runs are repeatable, go on after a kill, and say what is wrong with their data."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import Outcome, mcugen
from tests.support.needs import module
from tests.support.schemas import conform

torch = module("torch")
Image = module("PIL.Image")
module("tensorboard")

OPTIONS = ("--alpha", 0.1, "--size", 32, "--batch", 8, "--threads", 1)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 16 images each: noise around a gray, one corrupt file besides."""
    root = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for number, name in enumerate(("dark", "gray", "light")):
        (root / name).mkdir()
        for index in range(16):
            pixels = random.integers(0, 60, (20, 24, 3)) + 80 * number
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{index}.png")
    (root / "gray" / "broken.png").write_bytes(b"\x89PNG\r\n")
    return root


def _train(data: Path, output: Path, *options: object) -> Outcome:
    return mcugen("train", "--data", data, "-o", output, *OPTIONS, *options)


def _metrics(directory: Path) -> list[dict[str, str]]:
    with (directory / "metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        del row["seconds"]
    return rows


def _weights(directory: Path) -> dict:
    return torch.load(directory / "checkpoint.pt", weights_only=True)["state"]


@pytest.mark.parametrize("net", ["mobilenet_v1_fomo", "fc_autoencoder"])
def test_what_is_no_classifier_is_not_trained(folder: Path, tmp_path: Path, net: str) -> None:
    outcome = mcugen("train", "--data", folder, "-o", tmp_path / "run", "--net", net)
    assert outcome.code == 2
    assert f"{net} does not tell classes of images apart" in outcome.error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("net", ["ds_cnn", "resnet8"])
def test_nets_of_mlperf_tiny_are_trained(folder: Path, tmp_path: Path, net: str) -> None:
    outcome = _train(folder, tmp_path / "run", "--net", net, "--size", 16, "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["options"]["size"] == [16, 16]
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["net"] == net


def test_a_run(folder: Path, tmp_path: Path) -> None:
    outcome = _train(folder, tmp_path / "run", "--epochs", 2, "--json")
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
    assert [row["epoch"] for row in _metrics(tmp_path / "run")] == ["1", "2"]
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    assert [sum(row) for row in report["confusion"]] == [3, 3, 3]
    right = sum(row[number] for number, row in enumerate(report["confusion"]))
    assert right / 9 == pytest.approx(report["top1"])
    page = Path(report["page"]).read_text()
    assert page.count("<figure>") == 9 - right
    assert "mcugen quantize" in page
    again = _train(folder, tmp_path / "run", "--epochs", 2)
    assert again.code == 2
    assert "--resume" in again.error
    finished = _train(folder, tmp_path / "run", "--epochs", 2, "--resume")
    assert finished.code == 0
    assert "left out 1 file that could not be read\n" in finished.stdout
    assert "\ndark " in finished.stdout


def test_without_matplotlib_there_are_no_pictures(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = _train(folder, tmp_path / "run", "--epochs", 1)
    assert outcome.code == 0, outcome.stderr
    assert "learning curves needs matplotlib, which is not installed" in outcome.stderr
    assert not list((tmp_path / "run").glob("*.svg"))
    assert "matplotlib is not installed" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_the_same_seed_gives_the_same_run_and_a_resumed_one_too(
    folder: Path, tmp_path: Path, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcugen.training import run

    options = ("--epochs", 3, "--optimizer", optimizer, "--seed", 5)
    assert _train(folder, tmp_path / "whole", *options).code == 0

    saved = run.save_checkpoint

    def killed(path: Path, checkpoint: object) -> None:
        if checkpoint.epoch == 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        saved(path, checkpoint)  # type: ignore[arg-type]

    # Killed after the metrics of epoch 2 were written and before its checkpoint was.
    monkeypatch.setattr(run, "save_checkpoint", killed)
    assert _train(folder, tmp_path / "cut", *options).code == 130
    monkeypatch.undo()
    assert len(_metrics(tmp_path / "cut")) == 2
    assert _train(folder, tmp_path / "cut", *options, "--resume").code == 0
    assert _metrics(tmp_path / "cut") == _metrics(tmp_path / "whole")
    whole = _weights(tmp_path / "whole")
    for name, tensor in _weights(tmp_path / "cut").items():
        assert torch.equal(tensor, whole[name]), name


def test_another_recipe_does_not_go_on_with_a_run(folder: Path, tmp_path: Path) -> None:
    assert _train(folder, tmp_path / "run", "--epochs", 1).code == 0
    outcome = _train(folder, tmp_path / "run", "--epochs", 1, "--seed", 1, "--resume")
    assert outcome.code == 2
    assert "seed 0, not 1" in outcome.stderr


def test_a_finished_run_goes_on_with_more_epochs(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert _train(folder, output, "--epochs", 2).code == 0
    # Without --epochs it is as long as it was.
    assert _train(folder, output, "--resume", "--json").json["epochs"] == 2
    longer = _train(folder, output, "--epochs", 4, "--resume", "--json").json
    assert (longer["epochs"], longer["recipe"]["epochs"]) == (4, 4)
    rates = [float(row["lr"]) for row in _metrics(output)]
    # From there on it is the learning rate of a run of 4 epochs.
    assert len(rates) == 4
    assert rates[3] < rates[1] < rates[2]
    shorter = _train(folder, output, "--epochs", 3, "--resume")
    assert shorter.code == 2
    assert "4 epochs done, more than 3 (to go on, name more --epochs)" in shorter.stderr


def test_too_few_images_for_a_batch(folder: Path, tmp_path: Path) -> None:
    assert "--batch" in _train(folder, tmp_path / "run", "--batch", 64).stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("labels", "test_labels", "told"),
    [
        ([0, 1, 2], [3], "digits has test images of class 3, and none to train"),
        ([], [1], "digits has no images to train on"),
        ([0, 1], [], "digits has no images to test on"),
        ([0, 0], [0], "digits has one class only (a net tells two or more apart)"),
    ],
    ids=["beyond", "none to train", "none to test", "one class"],
)
def test_labels_that_do_not_fit(tmp_path: Path, labels: list[int], test_labels: list[int], told: str) -> None:
    _idx_files(tmp_path / "digits", labels, test_labels)
    outcome = _train(tmp_path / "digits", tmp_path / "run")
    assert (outcome.code, outcome.error) == (2, f"mcugen: error: {told}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("labels", "test_labels", "told"),
    [
        ([0, 10], [0], "fashion-mnist has images of class 10, and names of classes 0 to 9"),
        ([0, 9], [11], "fashion-mnist has test images of class 11, and none to train"),
    ],
    ids=["train", "test"],
)
def test_labels_beyond_the_names_of_classes(
    tmp_path: Path, labels: list[int], test_labels: list[int], told: str
) -> None:
    _idx_files(tmp_path / "data", labels, test_labels)
    outcome = _train(Path("fashion-mnist"), tmp_path / "run", "--data-dir", tmp_path / "data")
    assert (outcome.code, outcome.error) == (2, f"mcugen: error: {told}")


def _idx_files(directory: Path, labels: list[int], test_labels: list[int]) -> None:
    """MNIST's files, of blank images with these labels."""
    directory.mkdir()
    for part, numbers in (("train", labels), ("t10k", test_labels)):
        count = len(numbers).to_bytes(4, "big")
        images = b"\0\0\x08\3" + count + bytes((0, 0, 0, 8)) * 2 + bytes(64 * len(numbers))
        (directory / f"{part}-images-idx3-ubyte").write_bytes(images)
        (directory / f"{part}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1" + count + bytes(numbers))


def test_a_loss_that_explodes(folder: Path, tmp_path: Path) -> None:
    outcome = _train(folder, tmp_path / "run", "--optimizer", "sgd", "--lr", 1e30, "--epochs", 2)
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
    outcome = _train(folder, tmp_path / "run", "--epochs", 1)
    assert outcome.code == 2
    assert "the weights are not finite after epoch 1" in outcome.stderr
    assert not (tmp_path / "run").exists()


def test_a_learning_rate_is_found(folder: Path, tmp_path: Path) -> None:
    outcome = _train(folder, tmp_path / "run", "--lr", "find", "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    view = outcome.json
    lowest = view["smoothed"].index(min(view["smoothed"]))
    assert view["suggestion"] == pytest.approx(view["rates"][lowest] / 10)
    assert 1e-5 < view["suggestion"] < 0.1
    with (tmp_path / "run" / "lr.csv").open(newline="") as stream:
        assert [float(row["lr"]) for row in csv.DictReader(stream)] == pytest.approx(view["rates"], rel=1e-5)
    assert not (tmp_path / "run" / "checkpoint.pt").exists()
    outcome = _train(folder, tmp_path / "run", "--lr", "much")
    assert "'much' is not a learning rate such as 0.02, or find" in outcome.stderr


def test_bfloat16_while_training(folder: Path, tmp_path: Path) -> None:
    outcome = _train(folder, tmp_path / "run", "--amp", "--device", "auto", "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.stderr
    assert outcome.json["recipe"]["amp"]
    assert _train(folder, tmp_path / "plain", "--epochs", 1).code == 0
    plain = _weights(tmp_path / "plain")
    half = _weights(tmp_path / "run")
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
    outcome = _train(folder, tmp_path / "run", "--device", name)
    assert outcome.code == 2
    assert told in outcome.error
    assert not (tmp_path / "run").exists()


def test_absent_data(tmp_path: Path) -> None:
    assert "CLASS" in _train(tmp_path / "absent", tmp_path / "run").error
    fashion = mcugen("train", "--data", "fashion-mnist", "--data-dir", tmp_path, "-o", tmp_path / "run")
    assert "dataset-fashion-mnist" in fashion.error


def test_depthwise_filters_do_not_decay() -> None:
    from mcugen.nets import mobilenet_v2
    from mcugen.training.loop import parameter_groups
    from mcugen.training.recipe import Recipe

    module = mobilenet_v2(alpha=0.35, size=32, num_classes=4)
    decayed, depthwise, kept = parameter_groups(module, Recipe(weight_decay=0.1))
    assert (decayed["weight_decay"], depthwise["weight_decay"], kept["weight_decay"]) == (0.1, 0.0, 0.0)
    assert len(depthwise["params"]) == 17
    assert all(parameter.shape[1] == 1 for parameter in depthwise["params"])
    assert {parameter.ndim for parameter in kept["params"]} == {1}
    assert sum(len(group["params"]) for group in (decayed, depthwise, kept)) == len(list(module.parameters()))


def test_batch_norm_is_measured_with_the_weights_at_the_end_of_an_epoch() -> None:
    from mcugen.data import Dataset
    from mcugen.nets import mobilenet_v1
    from mcugen.training.augment import to_input
    from mcugen.training.loop import Trainer
    from mcugen.training.parts import labelled
    from mcugen.training.recipe import Recipe
    from mcugen.training.tasks.classify import Classify

    pixels = np.random.default_rng(0).integers(0, 256, (32, 16, 16, 1)).astype(np.uint8)
    images = labelled(Dataset("noise", pixels, np.arange(32) % 2))
    recipe = Recipe(epochs=1, batch=8, shift=0, flip=False)
    net = mobilenet_v1(alpha=0.1, size=16, in_chans=1, num_classes=2)
    next(Trainer(net, Classify(recipe), images, images, recipe).epochs())
    convolution, norm = next((part.conv, part.bn) for part in net.modules() if hasattr(part, "bn"))
    with torch.no_grad():
        maps = convolution(to_input(torch.from_numpy(pixels)))
    assert torch.allclose(norm.running_mean, maps.mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    assert norm.momentum == 0.1


def test_a_net_begins_with_the_weights_of_another_and_its_trunk_rests(folder: Path, tmp_path: Path) -> None:
    assert _train(folder, tmp_path / "first", "--epochs", 1).code == 0
    begun = ("--init", tmp_path / "first" / "checkpoint.pt", "--freeze", 1)
    outcome = _train(folder, tmp_path / "next", "--epochs", 1, *begun, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["beginning"]["fresh"] == ["classifier.dense"]
    assert "27 layers of the net begin with its weights; new: classifier.dense" in outcome.stderr
    first, then = _weights(tmp_path / "first"), _weights(tmp_path / "next")
    for name, tensor in first.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, then[name]) != name.startswith("classifier"), name
    # All of it in the second epoch.
    assert _train(folder, tmp_path / "next", "--epochs", 2, *begun, "--resume").code == 0
    assert not torch.equal(
        first["features.stem.conv.conv.weight"], _weights(tmp_path / "next")["features.stem.conv.conv.weight"]
    )
    other = _train(folder, tmp_path / "other", *begun, "--alpha", 0.5)
    assert (other.code, (tmp_path / "other").exists()) == (2, False)
    assert "holds mobilenet_v1 with alpha 0.1, not mobilenet_v1 with alpha 0.5" in other.error


def test_a_net_is_taught_by_another(folder: Path, tmp_path: Path) -> None:
    assert _train(folder, tmp_path / "large", "--epochs", 1).code == 0
    teacher = ("--teacher", tmp_path / "large" / "checkpoint.pt")
    outcome = _train(folder, tmp_path / "small", "--epochs", 1, "--size", 16, *teacher, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert (outcome.json["recipe"]["teacher"], outcome.json["recipe"]["teacher_weight"]) == ("checkpoint.pt", 0.9)


def test_a_run_with_a_camera_does_not_go_on_without_it(folder: Path, tmp_path: Path) -> None:
    assert _train(folder, tmp_path / "run", "--epochs", 1, "--camera", "rgb565be:48x40").code == 0
    outcome = _train(folder, tmp_path / "run", "--epochs", 2, "--resume")
    assert outcome.code == 2
    assert "holds a run with data camera" in outcome.stderr


def test_a_teachers_weight_without_a_teacher(folder: Path, tmp_path: Path) -> None:
    outcome = _train(folder, tmp_path / "run", "--teacher-weight", 0.5)
    assert (outcome.code, (tmp_path / "run").exists()) == (2, False)
    assert "--teacher-weight is of what a --teacher tells" in outcome.error


def test_few_images_of_each_class_tested_at_the_end(folder: Path, tmp_path: Path) -> None:
    outcome = _train(folder, tmp_path / "run", "--per-class", 4, "--epochs", 3, "--test-every", 2, "--json")
    assert [entry["images"] for entry in outcome.json["classes"]] == [4, 4, 4]
    assert [bool(row["top1"]) for row in _metrics(tmp_path / "run")] == [False, True, True]


def test_what_is_wrong_with_the_images_is_said(tmp_path: Path) -> None:
    """Two classes of 40 images and 4, one image on both sides of the split."""
    random = np.random.default_rng(0)
    for name, count in (("many", 40), ("few", 4)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for index in range(count):
            pixels = random.integers(0, 256, (16, 16, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{index}.png")
    rows = [f"many/{index}.png,many,train" for index in range(40)] + [
        f"few/{index}.png,few,train" for index in range(4)
    ]
    table = tmp_path / "set" / "labels.csv"
    table.write_text("\n".join(["file,label,part", *rows, "many/7.png,many,test"]))
    outcome = _train(table, tmp_path / "run", "--balance", "--epochs", 1, "--json")
    assert outcome.code == 0, outcome.stderr
    conform(outcome.json, "train")
    assert outcome.json["recipe"]["balance"]
    assert [line.partition(":")[0] for line in outcome.json["doubts"]] == [
        "1 test image is among those to train on",
        "fewer than 50 images to train on",
        "1 test image",
        "classes have 4 to 40 images",
    ]
    assert "many/7.png is many/7.png" in outcome.stderr


def test_balance_shows_small_classes_as_often() -> None:
    from mcugen.data import Dataset
    from mcugen.nets import mobilenet_v1
    from mcugen.training.loop import Trainer
    from mcugen.training.parts import labelled
    from mcugen.training.recipe import Recipe
    from mcugen.training.tasks.classify import Classify

    images = labelled(Dataset("two", np.zeros((400, 16, 16, 1), np.uint8), (np.arange(400) < 40).astype(np.int64)))
    recipe = Recipe(batch=8, balance=True)
    net = mobilenet_v1(alpha=0.1, size=16, in_chans=1, num_classes=2)
    trainer = Trainer(net, Classify(recipe), images, images, recipe)
    shown = images.targets[torch.cat(list(trainer.order(1)))]
    assert 0.4 < shown.double().mean().item() < 0.6


def _command(data: Path, output: Path, *options: object) -> list[str]:
    return [str(word) for word in ("train", "--data", data, "-o", output, *OPTIONS, *options)]


@pytest.mark.slow
def test_a_killed_process_loses_at_most_an_epoch(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    command = _command(folder, output, "--epochs", 300)
    process = subprocess.Popen([sys.executable, "-m", "mcugen", *command], stderr=subprocess.DEVNULL)
    try:
        while not (output / "checkpoint.pt").exists() or len(_metrics(output)) < 2:
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    epochs = len(_metrics(output))
    done = torch.load(output / "checkpoint.pt", weights_only=True)["epoch"]
    assert epochs - 1 <= done <= epochs


@pytest.mark.slow
def test_two_processes_by_torchrun(folder: Path, tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "mcugen"]
    command = [*launcher, *_command(folder, tmp_path / "run", "--epochs", 2, "--json")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs"] == 2
    assert len(_metrics(tmp_path / "run")) == 2
    assert not any(name.startswith("module.") for name in _weights(tmp_path / "run"))
    assert _test_loss(tmp_path / "run") == pytest.approx(float(_metrics(tmp_path / "run")[-1]["test_loss"]), rel=1e-4)


def _test_loss(directory: Path) -> float:
    """Of the net as it is in the checkpoint, on all test images."""
    from mcugen.data.splits import load_splits
    from mcugen.nets import architecture, build
    from mcugen.training.augment import to_input
    from mcugen.training.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(directory / "checkpoint.pt")
    module = build(architecture(checkpoint.net, **checkpoint.options)).eval()
    module.load_state_dict(dict(checkpoint.state))
    height, width = checkpoint.options["size"]
    test = load_splits(**checkpoint.data, height=height, width=width, channels=3)[1]
    with torch.no_grad():
        logits = module(to_input(torch.from_numpy(test.images)))
    return torch.nn.functional.cross_entropy(logits, torch.from_numpy(test.labels)).item()


@pytest.mark.slow
@pytest.mark.needs("fashion-mnist")
def test_a_short_training_on_a_part_of_fashion_mnist_learns(tmp_path: Path) -> None:
    options = ("--alpha", 0.25, "--size", 24, "--limit", 6000, "--batch", 64, "--epochs", 5, "--threads", 1)
    outcome = mcugen("train", "--data", "fashion-mnist", "-o", tmp_path / "run", *options, "--json")
    assert outcome.code == 0
    assert outcome.json["top1"] > 0.72
