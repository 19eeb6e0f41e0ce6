"""Skips: by the one list of reasons only, counted by reason; and a test that ran nowhere is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.check_outcomes import main, never_run
from tests.support.needs import NEEDS, ROOT, missing, module, need, reasons_of, summary

TESTS = """
import pytest
from mcugen.simulate.emulator.errors import find_tool
from tests.support.needs import need

@pytest.mark.needs("{tool}")
@pytest.mark.parametrize("tool", ["cortex-m4", "clang"])
def test_marked(tool):
    raise AssertionError("not skipped")

def test_asks():
    need("cmake")

def test_product_finds_nothing():
    find_tool("qemu-system-arm")

@pytest.mark.skip(reason="rainy day")
def test_another_reason():
    pass

def test_runs():
    pass
"""


def _run(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """pytest with this repository's hooks on TESTS, where PATH is empty."""
    (directory / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", *options]
    environment = os.environ | {"PATH": str(directory), "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [*command, "--rootdir", str(directory), "-c", str(ROOT / "pyproject.toml"), str(directory / "test_some.py")],
        cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_what_is_missing_is_skipped_and_counted_and_other_reasons_fail(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    done = _run(tmp_path, f"--junitxml={report}")
    assert "1 passed, 4 skipped, 1 error" in done.stdout, done.stdout + done.stderr
    assert "a reason that tests/support/needs.py does not list: rainy day" in done.stdout
    assert "4 tests, or modules of tests, were skipped:" in done.stdout
    assert "    2 because qemu-system-arm is not installed: apt-get install qemu-system-arm" in done.stdout
    assert "    1 because clang is not installed: apt-get install clang" in done.stdout
    assert main([str(report)]) == 1


def test_where_nothing_is_missing_nothing_is_skipped() -> None:
    need("pyyaml")
    assert module("yaml").safe_load("1") == 1
    with pytest.raises(KeyError):
        missing("no such entry")


def test_reasons_are_told_apart() -> None:
    reasons = [entry.reason for entry in NEEDS.values()]
    assert len(set(reasons)) == len(reasons)
    assert reasons_of("Skipped: " + "; ".join(reasons)) == list(NEEDS.values())
    with pytest.raises(ValueError, match="does not list: rain"):
        reasons_of(f"{reasons[0]}; rain")
    clang, torch = NEEDS["clang"].reason, NEEDS["torch"].reason
    assert [line.split()[0] for line in summary([clang, f"{clang}; {torch}"])] == ["2", "1"]


def test_a_test_that_ran_nowhere_is_found() -> None:
    clang, source = NEEDS["clang"].reason, NEEDS["micropython-source"].reason
    bare = {"a.runs": "", "a.clang": clang, "a.never": clang, "a.source": f"{clang}; {source}", "tests.module": clang}
    whole = {"a.runs": "", "a.clang": "", "a.never": clang, "a.source": source, "tests.module.test": ""}
    assert never_run([bare, whole]) == {"a.never": clang}
