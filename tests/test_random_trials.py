"""`make test-fresh`: a random trial takes the time that it was given, and what fails is reported, not shrunk away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.support.needs import ROOT

TRIALS = """
import time
from hypothesis import given, settings, strategies as st

@given(number=st.integers(0, 10**9))
@settings(max_examples=200)
def test_passes(number):
    time.sleep(0.05)

@given(number=st.integers(0, 10**9))
@settings(max_examples=200)
def test_fails(number):
    # Shrinking would take longer than the time that there is.
    time.sleep(0.05)
    print("tried", number)
    assert number < 1000
"""


def _run(directory: Path, seed: int) -> str:
    (directory / "test_some.py").write_text(TRIALS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rA"]
    fresh = ["--hypothesis-profile=fresh", f"--hypothesis-seed={seed}", "--trial-seconds=0.5"]
    # Where CI is set, Hypothesis would take the same examples every time.
    environment = os.environ | {"CI": "true", "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [*command, *fresh, "--rootdir", str(directory), "-c", str(ROOT / "pyproject.toml"), "test_some.py"],
        cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_time_ends_a_trial_and_a_failure_is_told_at_once(tmp_path: Path) -> None:
    start = time.monotonic()
    told = _run(tmp_path, 1)
    assert time.monotonic() - start < 60
    assert "1 failed, 1 passed" in told
    assert "test_fails(" in told
    assert "reproduce_failure" in told


def test_seeds_are_what_differs(tmp_path: Path) -> None:
    one, other, again = (
        [line for line in _run(tmp_path, seed).splitlines() if line.startswith("tried")] for seed in (1, 2, 1)
    )
    assert one == again
    assert one != other
