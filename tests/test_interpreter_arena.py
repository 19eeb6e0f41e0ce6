"""The benchmark that sets mcugen's RAM beside an interpreter's arena."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import MODELS

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "interpreter_arena.py"
FOMO = MODELS.parent / "field" / "fomo_r96_gray_c2.tflite"


def _run(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.needs("shared-models", "tflite-micro", "cortex-m4")
def test_a_net_that_finds_objects_takes_a_fifth_of_the_interpreters_maps() -> None:
    done = _run(FOMO)
    assert done.returncode == 0, done.stderr
    cells = done.stdout.splitlines()[-1].strip("| ").split(" | ")
    maps, arena, ram = (int(cell.replace(",", "")) for cell in cells[1:4])
    # Two maps of the largest layer, 48 x 48 of 8 and of 16 channels, of one byte a value.
    assert maps == 48 * 48 * (8 + 16)
    assert maps < arena < maps + 10_000
    assert ram < maps / 5


@pytest.mark.needs("tflite-micro")
def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(b"no model")
    done = _run(tmp_path / "net.tflite")
    assert done.returncode != 0
    assert re.match(r".*net\.tflite: \S", done.stderr.strip().splitlines()[-1])
