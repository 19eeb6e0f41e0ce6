"""mcugen targets, and --target and --board of other commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcugen.targets import TARGETS
from mcugen.targets.boards import find_board
from tests.support.command import mcugen


def test_the_table_has_every_target() -> None:
    shown = mcugen("targets").stdout
    entries = mcugen("targets", "--json").json["targets"]
    assert [entry["name"] for entry in entries] == [target.name for target in TARGETS]
    assert all(entry["name"] in shown for entry in entries)
    (m4,) = (entry for entry in entries if entry["name"] == "cortex-m4")
    assert (m4["compiler"], m4["emulated"], m4["predicted"]) == ("arm-none-eabi-gcc", True, True)
    assert "nucleo_f446re" in m4["boards"]


@pytest.mark.parametrize("command", ["analyze", "generate", "report", "validate"])
def test_a_board_stands_for_its_target(tflite_model: Path, tmp_path: Path, command: str) -> None:
    board = "bluepill_f103c8"
    options: dict[str, tuple[object, ...]] = {
        "generate": ("-o", tmp_path / "out"),
        "report": ("--no-boards",),
        "validate": ("--cases", 1),
    }
    outcome = mcugen(command, tflite_model, "--board", board, "--json", *options.get(command, ()))
    found = outcome.json["target"]
    assert (found["name"] if command == "report" else found) == find_board(board).target == "cortex-m3"
    both = mcugen(command, tflite_model, "--board", board, "--target", "generic", *options.get(command, ()))
    assert both.code == 2
    assert "--target and --board" in both.error


def test_names_of_targets_are_completed() -> None:
    environment = {
        **os.environ,
        "_MCUGEN_COMPLETE": "complete_bash",
        "COMP_WORDS": "mcugen generate net.tflite --target cortex-m3",
        "COMP_CWORD": "4",
    }
    command = [sys.executable, "-c", "from mcugen.cli import main; main()"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["cortex-m3", "cortex-m33"]
