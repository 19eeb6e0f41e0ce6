"""mcugen flash from a model to the proof, where no board is needed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from tests.detection.test_detector import map_network
from tests.firmware.conftest import flash
from tests.support.schemas import conform


@pytest.mark.slow
def test_native_is_built_run_and_validated(platformio: dict[str, str], small_model: Path, tmp_path: Path) -> None:
    arguments = (str(small_model), "--board", "native", "--project", str(tmp_path / "p"), "--json")
    done = flash(platformio, *arguments)
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    conform(view, "flash")
    assert view["done"] == ["generated", "built", "validated"]
    assert view["per_layer_checksums"]
    assert view["validation"]["passed"]
    assert view["validation"]["bit_exact"]
    assert view["validation"]["board"] == "native"
    assert view["validation"]["milliseconds"] > 0
    # Once more into the same project, with nothing left over and nothing refused.
    assert flash(platformio, *arguments).returncode == 0


@pytest.mark.slow
@pytest.mark.needs("cc")
def test_native_with_output_rows_has_the_planned_context(platformio: dict[str, str], tmp_path: Path) -> None:
    """Whose pointers to the program's function are as wide as the host's there."""
    model = tmp_path / "cells.tflite"
    model.write_bytes(map_network(softmax=True))
    options = ("--board", "native", "--project", str(tmp_path / "p"), "--output-rows", "--json")
    done = flash(platformio, str(model), *options)
    assert done.returncode == 0, done.stderr
    validated = json.loads(done.stdout)["validation"]
    assert (validated["ram_as_planned"], validated["passed"]) == (True, True)
    assert validated["ram_bytes"] == compile_model(model, output_rows=True).ram_bytes


def _fake_platformio(directory: Path, script: str) -> dict[str, str]:
    """A `pio` on PATH, and a Python that has no platformio of its own."""
    directory.mkdir()
    (directory / "pio").write_text(f"#!/bin/sh\n{script}\n")
    (directory / "pio").chmod((directory / "pio").stat().st_mode | stat.S_IXUSR)
    return os.environ | {"PATH": f"{directory}:{os.environ['PATH']}"}


def test_upload_asks_platformio_for_the_board_and_its_port(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcugen.firmware import platformio as module
    from tests.support.command import mcugen

    log = tmp_path / "log"
    environment = _fake_platformio(tmp_path / "bin", f'echo "$@" >> {log}')
    monkeypatch.setenv("PATH", environment["PATH"])
    monkeypatch.setattr(module, "platformio_command", lambda: ["pio"])
    project = tmp_path / "p"
    arguments = [str(small_model), "--project", str(project), "--until", "upload"]
    done = mcugen("flash", *arguments, "--board", "nucleo_f446re", "--port", "/dev/ttyACM7", "--json")
    conform(done.json, "flash")
    assert done.json["done"] == ["generated", "built", "uploaded"]
    assert mcugen("flash", *arguments, "--board", "esp32dev", "--port", "/dev/ttyUSB7").code == 0
    where = f"--project-dir {project}"
    assert log.read_text().splitlines() == [
        f"run --environment nucleo_f446re {where}",
        f"run --environment nucleo_f446re --target upload {where}",
        f"run --environment esp32dev {where}",
        f"run --environment esp32dev --target upload --upload-port /dev/ttyUSB7 {where}",
    ]


def test_a_failed_build_is_one_clear_line(small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcugen.firmware import platformio as module
    from tests.support.command import mcugen

    environment = _fake_platformio(tmp_path / "bin", "exit 1")
    monkeypatch.setenv("PATH", environment["PATH"])
    monkeypatch.setattr(module, "platformio_command", lambda: ["pio"])
    outcome = mcugen("flash", str(small_model), "--board", "nucleo_f446re", "--project", str(tmp_path / "p"))
    assert outcome.code == 2
    assert "building for nucleo_f446re failed" in outcome.stderr
