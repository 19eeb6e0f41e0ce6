"""Five people use mcugen as it is installed, outside the repository, and read what they need in what it prints.

A journey is a script beside this file: commands as a user types them, each followed by lines `#> WORDS` that its output
has to contain, and `#= CODE` where it ends with another exit code than 0. `# needs:` names entries of needs.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.support.needs import ROOT, module, need

JOURNEYS = sorted(Path(__file__).parent.glob("*.sh"))
MODEL = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"


@dataclass
class Step:
    """A command, the words that its output contains, and how it ends."""

    command: str
    words: list[str] = field(default_factory=list)
    code: int = 0


def steps(script: str) -> list[Step]:
    """The commands of a journey, one a line."""
    found: list[Step] = []
    for line in script.splitlines():
        if line.startswith("#> "):
            found[-1].words.append(line[3:])
        elif line.startswith("#= "):
            found[-1].code = int(line[3:])
        elif line and not line.startswith("#"):
            found.append(Step(line))
    return found


def header(script: str, key: str) -> list[str]:
    """The words of a line `# KEY: ...`."""
    match = re.search(rf"^# {key}:(.*)$", script, re.MULTILINE)
    return match[1].split() if match else []


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with mcugen as its wheel installs it, without what it depends on, which the environment has."""
    need("pip", "hatchling")
    directory = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheel = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(directory), str(ROOT)]
    subprocess.run([*pip, *wheel], cwd=directory, check=True)
    (made,) = directory.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(directory / "site"), str(made)], check=True
    )
    return directory / "site"


def photos(directory: Path) -> None:
    """Two classes that a net can tell apart at once."""
    image = module("PIL.Image")
    rng = np.random.default_rng(5)
    for name, brightness in (("bright", 200), ("dark", 50)):
        (directory / name).mkdir(parents=True)
        for number in range(12):
            pixels = np.clip(rng.normal(brightness, 20, (40, 40, 3)), 0, 255).astype(np.uint8)
            image.fromarray(pixels).save(directory / name / f"{number}.png")


@pytest.mark.slow
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda path: path.stem)
def test_journey(journey: Path, installed: Path, tmp_path: Path) -> None:
    script = journey.read_text()
    need(*header(script, "needs"))
    in_checkout = header(script, "in") == ["checkout"]
    shutil.copy(MODEL, tmp_path / "model.onnx")
    shutil.copy(ROOT / "examples" / "fashion_mnist" / "classify.c", tmp_path)
    if "photos" in script:
        photos(tmp_path / "photos")
    path = f"{installed / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("MPY_DIR", "PYTHONPATH", "MAKEFLAGS")},
        "PATH": path,
        "PYTHONPATH": "" if in_checkout else str(installed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "120",
    }
    where = ROOT if in_checkout else tmp_path
    for step in steps(script):
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=where,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        printed = f"$ {step.command}\n{done.stdout}"
        assert done.returncode == step.code, printed
        unsaid = [words for words in step.words if words not in " ".join(done.stdout.split())]
        assert not unsaid, f"{unsaid} is not in\n{printed[-6000:]}"


def test_there_are_five_journeys_whose_output_is_read() -> None:
    assert len(JOURNEYS) == 5
    for journey in JOURNEYS:
        assert sum(len(step.words) for step in steps(journey.read_text())) >= 10
