"""500 seeded inputs, and that the fuzzer sees what it looks for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import McugenError
from tests.fuzzing import exactness, judge
from tests.fuzzing.inputs import ROOT, all_models, make_input
from tests.fuzzing.sandbox import Died, apart
from tests.fuzzing.tflite_tables import read_tables
from tests.support.small_net import small_network

# The first 500 inputs of this seed made of small models, without atheris and comparisons: about a minute.
SEED = 1
SMALL = 60_000


def fuzz(*arguments: object, save: Path) -> dict:
    """The figures of a run that found nothing."""
    report = save / "figures.json"
    command = [sys.executable, "-m", "tests.fuzzing", *map(str, arguments), "--save", str(save), "--json", str(report)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return json.loads(report.read_text())


@pytest.mark.slow
def test_500_inputs(tmp_path: Path) -> None:
    figures = fuzz("--seed", SEED, "--inputs", 500, "--guided", 0, "--exact", 0, "--largest", SMALL, save=tmp_path)
    assert figures["inputs"] == 500
    accepted = sum(count for name, count in figures["outcomes"].items() if "accepted" in name)
    # Neither all nothing but noise, nor nothing but sound models.
    assert 50 < accepted < 400


@pytest.mark.exhaustive
@pytest.mark.needs("tflite-micro", "cc")
def test_10000_inputs_of_a_new_seed(tmp_path: Path) -> None:
    figures = fuzz("--inputs", 10_000, "--exact", 200, save=tmp_path)
    assert figures["inputs"] >= 10_000
    assert sum(figures["comparisons"].values()) == 200


def test_an_input_is_the_same_every_time() -> None:
    models = all_models(SMALL)
    for number in range(20):
        assert make_input(models, 3, number) == make_input(models, 3, number)
    assert make_input(models, 3, 0) != make_input(models, 4, 0)


def test_tables_are_written_as_they_were_read() -> None:
    for model in all_models(SMALL):
        if model.suffix == ".tflite":
            once = read_tables(model.data).write()
            assert read_tables(once).write() == once


def test_the_sandbox_sees_a_hang() -> None:
    def spin() -> None:
        while True:
            pass

    with pytest.raises(Died, match="hang"):
        apart(spin, memory=None, cpu_seconds=1)
    with pytest.raises(Died, match="hang"):
        apart(lambda: time.sleep(60), memory=None, wall_seconds=0.5)


def test_the_sandbox_sees_memory_crashes_and_tracebacks() -> None:
    with pytest.raises(Died, match=r"Unable to allocate|MemoryError"):
        apart(lambda: np.ones(1 << 30).sum(), memory=2 << 30)
    with pytest.raises(Died, match="SIGTERM"):
        apart(lambda: os.kill(os.getpid(), signal.SIGTERM), memory=None)
    with pytest.raises(Died, match="ZeroDivisionError"):
        apart(lambda: 1 // 0, memory=None)
    assert apart(lambda: [1, "two"], memory=None) == [1, "two"]


@pytest.mark.parametrize("kind", ["refused", "traceback", "half-written output", "poor message"])
def test_what_a_verdict_is(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, name: str) -> None:
        if kind == "traceback":
            raise KeyError(-1)
        if kind == "half-written output":
            (tmp_path / "out").mkdir()
        raise McugenError("" if kind == "poor message" else "damaged")

    monkeypatch.setattr(judge, "compile_model", fail)
    path = tmp_path / "model.tflite"
    path.write_bytes(b"")
    assert judge.judge(path, tmp_path / "out")[0].outcome == kind


@pytest.mark.needs("tflite-micro", "cc")
def test_a_difference_from_tensorflow_lite_micro_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(small_network(softmax=False))
    verdict, compiled = judge.judge(path, tmp_path / "out")
    assert compiled is not None, verdict
    assert exactness.compare(path, compiled).outcome == "exact"
    other = tmp_path / "other.tflite"
    tables = read_tables(path.read_bytes())
    last = tables.file.tensors[tables.outputs[0]]
    last.scales = [value * 1.5 for value in last.scales]
    other.write_bytes(tables.write())
    assert exactness.compare(other, compiled).outcome == "differs from TensorFlow Lite Micro"
