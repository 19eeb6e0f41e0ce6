"""The documentation site: it builds strict, its commands exist and run, the commits that it names are there."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mcugen.cli.app import app
from mcugen.data.idx import DIRECTORY
from mcugen.frontend.tflite.load import supported_operators
from scripts.docs_site import commands_page, operators_page
from tests.test_readme import DOCUMENTS, ROOT, all_commands

DOCS = ROOT / "docs"
COMMAND_LINE = re.compile(r"^(?:    |\$ )?(mcugen [a-z].*)$", flags=re.MULTILINE)
# Tested by tests of their own, which take minutes.
NOT_RUN = {"fit", "sweep"}


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def shown_commands(page: Path) -> list[str]:
    """The command lines of a page's blocks of code, pipes cut off."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```|^((?:    .*\n)+)", page.read_text(), re.MULTILINE | re.DOTALL)
    return [line.split(" | ")[0] for block in blocks for line in COMMAND_LINE.findall("".join(block))]


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="the docs extra is not installed")
def test_the_site_builds_strict_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path / "site").as_posix(): path.read_text() for path in tmp_path.rglob("*.html")}
    assert set(pages) >= {path.with_suffix(".html").name for path in DOCS.glob("*.md")} | {"commands.html"}
    loaded = [
        (name, tag)
        for name, text in pages.items()
        for tag in re.findall(r"<(?:script|img|link|iframe)\b[^>]*(?:https?:)?//[^>]*>", text)
    ]
    assert not loaded
    assert "uint8_t *image, int8_t *scores" in re.sub(r"<[^>]*>", "", pages["c-api.html"])
    assert "CMSIS-NN" in pages["comparison.html"]


def test_the_command_reference_has_every_command_and_option() -> None:
    parts = re.split(r"^##+ `mcugen (.*)`$", commands_page(), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    for name, parameters in all_commands().items():
        for parameter in parameters:
            missing = [option for option in parameter.opts if option.startswith("--") and option not in sections[name]]
            assert not missing, name


def test_the_list_of_operators_explains_each() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", operators_page(), flags=re.MULTILINE)
    assert {"Conv", "conv2d", *supported_operators()} <= {name for name, _ in rows}
    assert all(text for _, text in rows)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_commands_shown_exist(page: Path) -> None:
    commands = all_commands()
    for line in shown_commands(page):
        words = line.split()
        assert words[1] in commands or " ".join(words[1:3]) in commands, line


def test_commits_named_are_there() -> None:
    named = re.findall(r"\*\*`([0-9a-f]{7,})`\*\*\s+\*([^*]+)\*", (DOCS / "contributing.md").read_text())
    assert len(named) >= 5
    if shutil.which("git") is None or run("git", "rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.skip("the whole history is not here")
    for short, title in named:
        assert run("git", "log", "-1", "--format=%s", short).stdout.strip() == " ".join(title.split())


@pytest.mark.slow
@pytest.mark.skipif(not DIRECTORY.is_dir(), reason="Fashion-MNIST is not installed")
def test_the_tutorial_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch instead of ten; boards that are not there are not flashed."""
    pytest.importorskip("torchao")
    pytest.importorskip("tensorboard")
    monkeypatch.chdir(tmp_path)
    program = re.search(r"^```python\n(.*?)^```", (DOCS / "tutorial.md").read_text(), re.MULTILINE | re.DOTALL)
    assert program is not None
    exec(compile(program[1], "tutorial.md", "exec"), {})
    for line in shown_commands(DOCS / "tutorial.md") + shown_commands(DOCS / "choosing.md"):
        words = line.replace("--epochs 10", "--epochs 1").split()[1:]
        if words[0] in NOT_RUN or ("qemu" in words and shutil.which("qemu-system-arm") is None):
            continue
        if words[0] == "flash":
            words = [*words[: words.index("--port")], "--until", "generate"]
        if words[0] == "report":
            words.append("--no-boards")
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, f"{line}\n{done.output}"
    assert {"photos.pt2", "photos.html", "lib", "doorbell"} <= {path.name for path in tmp_path.iterdir()}
