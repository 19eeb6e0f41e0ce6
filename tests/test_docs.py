"""The documentation site: it builds strict, its references are complete, the commits that it names are there."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mcugen
from mcugen.frontend.tflite.load import supported_operators
from mcugen.schemas.catalog import SCHEMAS, schema_of
from scripts.docs_images import open_browser
from scripts.docs_site import commands_page, operators_page, public_members, python_page
from scripts.documents import ROOT
from tests.test_readme import all_commands

DOCS = ROOT / "docs"


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.needs("mkdocs")
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
    schemas = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "site" / "schemas").glob("*.json")}
    assert schemas == {name: schema_of(name) for name in SCHEMAS}


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


def test_the_python_interface_is_described_whole() -> None:
    page = python_page()
    for name in ("mcugen.compile", "mcugen.Compiled", "mcugen.diagnostics.McugenError"):
        assert f"## `{name}`\n" in page
    members = public_members(mcugen.Compiled)
    assert {"predict", "write", "files", "ram_bytes", "flash_bytes", "cycles"} <= members.keys()
    for name, member in members.items():
        assert f"### `{name}`\n" in page
        assert (inspect.getdoc(member) or "nothing is said") in page
    assert "    target: str | Target = 'generic',\n" in page


def test_messages_that_are_explained_are_those_that_are_printed() -> None:
    """The assembler's own apart."""
    text = (DOCS / "troubleshooting.md").read_text()
    quoted = set(re.findall(r'^\| "([^"]+)" \|', text, flags=re.MULTILINE)) - {
        "CFI instruction used without previous .cfi_startproc"
    }
    sources = [*(ROOT / "mcugen").rglob("*.py"), *(ROOT / "templates").rglob("*.j2")]
    printed = "".join(path.read_text() for path in sources)
    assert len(quoted) >= 4
    assert {message for message in quoted if message not in printed} == set()


@pytest.mark.slow
@pytest.mark.needs("mkdocs", "chromium", "chromedriver", "selenium")
def test_copies_are_commands_and_search_finds_sections(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = run(sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(site))
    assert done.returncode == 0, done.stderr
    found = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    assert any(entry["location"].startswith("placement.html") and "section" in entry["text"] for entry in found)
    with open_browser(tmp_path / "profile") as browser:
        browser.get((site / "tutorial.html").as_uri())
        copied = browser.execute_script(
            "return [...document.querySelectorAll('.highlight code')].filter(c => c.querySelector('.gp')).map(code => {"
            "code.setAttribute('data-md-copying', ''); const text = code.innerText.trimEnd();"
            "code.removeAttribute('data-md-copying'); return [text, code.innerText]; })"
        )
    assert copied
    for text, shown in copied:
        commands = [line.removeprefix("$ ") for line in shown.splitlines() if line.startswith("$ ")]
        assert [line for line in text.splitlines() if line] == commands


@pytest.mark.needs("history")
def test_commits_named_are_there() -> None:
    named = re.findall(r"\*\*`([0-9a-f]{7,})`\*\*\s+\*([^*]+)\*", (DOCS / "contributing.md").read_text())
    assert len(named) >= 5
    for short, title in named:
        assert run("git", "log", "-1", "--format=%s", short).stdout.strip() == " ".join(title.split())
        # A commit that was rebased away stays in the clone it was made in, and in no other.
        assert run("git", "merge-base", "--is-ancestor", short, "HEAD").returncode == 0, short
