"""mcugen train: runs are repeatable, and go on after a kill, with more epochs, in two processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.needs import module
from tests.support.training import command_words, gray_classes, metrics, train, weights

torch = module("torch")
module("tensorboard")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gray_classes(tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_the_same_seed_gives_the_same_run_and_a_resumed_one_too(
    folder: Path, tmp_path: Path, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcugen.training import run

    options = ("--epochs", 3, "--optimizer", optimizer, "--seed", 5)
    assert train(folder, tmp_path / "whole", *options).code == 0

    saved = run.save_checkpoint

    def killed(path: Path, checkpoint: object) -> None:
        if checkpoint.epoch == 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        saved(path, checkpoint)  # type: ignore[arg-type]

    # Killed after the metrics of epoch 2 were written and before its checkpoint was.
    monkeypatch.setattr(run, "save_checkpoint", killed)
    assert train(folder, tmp_path / "cut", *options).code == 130
    monkeypatch.undo()
    assert len(metrics(tmp_path / "cut")) == 2
    assert train(folder, tmp_path / "cut", *options, "--resume").code == 0
    assert metrics(tmp_path / "cut") == metrics(tmp_path / "whole")
    whole = weights(tmp_path / "whole")
    for name, tensor in weights(tmp_path / "cut").items():
        assert torch.equal(tensor, whole[name]), name


def test_another_recipe_does_not_go_on_with_a_run(folder: Path, tmp_path: Path) -> None:
    assert train(folder, tmp_path / "run", "--epochs", 1).code == 0
    outcome = train(folder, tmp_path / "run", "--epochs", 1, "--seed", 1, "--resume")
    assert outcome.code == 2
    assert "seed 0, not 1" in outcome.stderr


def test_a_run_with_a_camera_does_not_go_on_without_it(folder: Path, tmp_path: Path) -> None:
    assert train(folder, tmp_path / "run", "--epochs", 1, "--camera", "rgb565be:48x40").code == 0
    outcome = train(folder, tmp_path / "run", "--epochs", 2, "--resume")
    assert outcome.code == 2
    assert "holds a run with data camera" in outcome.stderr


def test_a_finished_run_goes_on_with_more_epochs(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert train(folder, output, "--epochs", 2).code == 0
    # Without --epochs it is as long as it was.
    assert train(folder, output, "--resume", "--json").json["epochs"] == 2
    longer = train(folder, output, "--epochs", 4, "--resume", "--json").json
    assert (longer["epochs"], longer["recipe"]["epochs"]) == (4, 4)
    rates = [float(row["lr"]) for row in metrics(output)]
    # From there on it is the learning rate of a run of 4 epochs.
    assert len(rates) == 4
    assert rates[3] < rates[1] < rates[2]
    shorter = train(folder, output, "--epochs", 3, "--resume")
    assert shorter.code == 2
    assert "4 epochs done, more than 3 (to go on, name more --epochs)" in shorter.stderr


@pytest.mark.slow
def test_a_killed_process_loses_at_most_an_epoch(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    command = command_words(folder, output, "--epochs", 300)
    process = subprocess.Popen([sys.executable, "-m", "mcugen", *command], stderr=subprocess.DEVNULL)
    try:
        while not (output / "checkpoint.pt").exists() or len(metrics(output)) < 2:
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    epochs = len(metrics(output))
    done = torch.load(output / "checkpoint.pt", weights_only=True)["epoch"]
    assert epochs - 1 <= done <= epochs


@pytest.mark.slow
def test_two_processes_by_torchrun(folder: Path, tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "mcugen"]
    command = [*launcher, *command_words(folder, tmp_path / "run", "--epochs", 2, "--json")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs"] == 2
    assert len(metrics(tmp_path / "run")) == 2
    assert not any(name.startswith("module.") for name in weights(tmp_path / "run"))
    assert _test_loss(tmp_path / "run") == pytest.approx(float(metrics(tmp_path / "run")[-1]["test_loss"]), rel=1e-4)


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
