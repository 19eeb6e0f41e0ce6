"""mcugen sweep: which runs there are, and that finished ones stay while failed ones are reported and tried again."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcugen.diagnostics import McugenError
from mcugen.explore.runs import Question, make_runs, matching_alpha
from mcugen.nets import architecture
from mcugen.nets.costs import net_cost
from tests.support.command import Outcome, mcugen
from tests.support.needs import module
from tests.support.schemas import conform


def test_every_question_has_its_runs() -> None:
    runs = make_runs([0.25, 0.5], [16, 32], list(Question), 1, 10)
    names = [run.name for run in runs]
    assert len(set(names)) == len(names) == 8
    reference = next(run for run in runs if run.name == "mobilenet_v1-a0.5-32")
    assert reference.questions == (Question.GRID, Question.FULL, Question.DECAY)
    macs = [net_cost(run.architecture(1, 10)).macs for run in runs]
    assert macs == sorted(macs)
    only = make_runs([0.25], [16], [Question.DECAY], 1, 10)
    assert [run.decay for run in only] == [False, True]


def test_a_grid_of_several_nets() -> None:
    nets = ("mobilenet_v3_small", "mobilenet_v2")
    runs = make_runs([0.25, 0.5], [32], [Question.GRID], 1, 10, nets)
    assert {(run.net, run.alpha) for run in runs} == {(net, alpha) for net in nets for alpha in (0.25, 0.5)}
    (full, separable) = make_runs([0.5], [32], [Question.FULL], 1, 10, nets)
    assert {full.net, separable.net} == {"mobilenet_v1", "mobilenet_v1_full"}
    with pytest.raises(McugenError, match="no net 'mobilenet_v9'"):
        make_runs([0.5], [32], [Question.GRID], 1, 10, ("mobilenet_v9",))


def test_thin_matches_shallow() -> None:
    """The paper compares a shallow net with a thin one of alpha 0.75: 307 against 325 million."""
    shallow = architecture("mobilenet_v1_shallow")
    alpha = matching_alpha(shallow)
    assert alpha == pytest.approx(0.73, abs=0.02)
    thin = net_cost(architecture("mobilenet_v1", alpha=alpha)).macs
    assert thin == pytest.approx(net_cost(shallow).macs, rel=0.02)


torch = module("torch")
module("torchao")
module("tensorboard")
module("distributed")
module("matplotlib")
Image = module("PIL.Image")

from mcugen.explore import measure  # noqa: E402

OPTIONS = ("--alphas", "0.1", "--sizes", "16", "--question", "decay", "--epochs", 1, "--batch", 8, "--threads", 1)
NAMES = ["mobilenet_v1-a0.1-16", "mobilenet_v1-a0.1-16-decay"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 12 images each."""
    root = tmp_path_factory.mktemp("images")
    for name, color in (("dark", (30, 20, 10)), ("light", (200, 210, 220))):
        (root / name).mkdir()
        for index in range(12):
            Image.new("RGB", (16, 16), tuple(c + index for c in color)).save(root / name / f"{index}.png")
    return root


def _sweep(folder: Path, output: Path, *options: object) -> Outcome:
    return mcugen("sweep", "--data", folder, "-o", output, *OPTIONS, *options)


@pytest.mark.slow
def test_a_killed_sweep_goes_on_and_a_failed_run_does_not_stop_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sweep's own process trains: what it calls can be replaced.
    real, decays = measure.train_net, []

    def failing(net: Any, train: Any, test: Any, recipe: Any, directory: Path, **others: Any) -> Any:
        decays.append(recipe.depthwise_weight_decay > 0)
        if not decays[-1]:
            raise ValueError("out of luck\nsecond line")
        return real(net, train, test, recipe, directory, **others)

    def counting(*given: Any, **others: Any) -> Any:
        decays.append(given[3].depthwise_weight_decay > 0)
        return real(*given, **others)

    monkeypatch.setattr(measure, "train_net", failing)
    outcome = _sweep(folder, tmp_path / "out", "--json")
    assert outcome.code == 2
    assert outcome.json["failed"] == {NAMES[0]: "out of luck"}
    assert "1 of 2 runs failed" in outcome.stderr
    assert sorted(decays) == [False, True]
    conform(outcome.json, "sweep")
    (row,) = outcome.json["cells"]
    assert row["cell"] == NAMES[1]

    decays.clear()
    monkeypatch.setattr(measure, "train_net", counting)
    again = _sweep(folder, tmp_path / "out", "--json")
    assert again.code == 0
    assert decays == [False]
    conform(again.json, "sweep")
    rows = again.json["cells"]
    assert [entry["cell"] for entry in rows] == NAMES
    assert rows[1] == row
    plain = rows[0]
    cost = net_cost(architecture("mobilenet_v1", alpha=0.1, size=16, num_classes=2))
    assert (plain["macs"], plain["parameters"]) == (cost.macs, cost.parameters)
    assert plain["ram_bytes"] > 0
    assert plain["modelled_cycles"] > plain["instructions"] > 0
    assert 0 <= plain["int8_top1"] <= 1

    with (tmp_path / "out" / "sweep.csv").open(newline="") as stream:
        assert [entry["cell"] for entry in csv.DictReader(stream)] == NAMES
    for plot in again.json["plots"]:
        assert Path(plot).read_text().startswith("<?xml")
    decays.clear()
    assert NAMES[0].removeprefix("mobilenet_") in _sweep(folder, tmp_path / "out").stdout
    assert decays == []


@pytest.mark.slow
def test_torch_says_nothing_as_it_is_loaded(folder: Path, tmp_path: Path) -> None:
    """In a process of its own, as what is imported once is silent."""
    command = ["sweep", "--data", str(folder), "-o", str(tmp_path / "out"), "--board", "bluepil"]
    done = subprocess.run([sys.executable, "-m", "mcugen", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "did you mean bluepill_f103c8?" in line


def test_another_setup_does_not_go_on_with_a_sweep(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "setup.json").write_text(json.dumps({"data": str(folder), "data_dir": None, "channels": 3}))
    outcome = _sweep(folder, tmp_path / "out")
    assert outcome.code == 2
    assert "holds a sweep with target None" in outcome.stderr


def test_no_scheduler(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    def unreachable(*_: object, **__: object) -> Client:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr("distributed.Client", unreachable)
    outcome = _sweep(folder, tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9")
    assert outcome.code == 2
    assert "tcp://127.0.0.1:9" in outcome.stderr


@pytest.mark.slow
def test_on_a_scheduler(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    shown = []

    @contextmanager
    def recorded() -> Iterator[Callable[[str, int, int], None]]:
        yield lambda what, done, total: shown.append(what)

    monkeypatch.setattr("mcugen.cli.sweep.progress_bar", recorded)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=40
    ) as cluster:
        outcome = _sweep(folder, tmp_path / "out", "--scheduler", cluster.scheduler_address, "--json")
    assert outcome.code == 0
    assert len(outcome.json["cells"]) == 2
    # The workers of the cluster tell how far each training is.
    for name in NAMES:
        assert any(line.startswith(f"{name}, epoch 1 of 1, step 1 of ") for line in shown), shown
