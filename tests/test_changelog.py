"""CHANGELOG.md and the version move together."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from mcugen import __version__
from tests.support.command import mcugen

CHANGELOG = Path(__file__).resolve().parents[1] / "CHANGELOG.md"


def test_the_section_on_top_is_that_of_the_version() -> None:
    headings = re.findall(r"^## (.+)$", CHANGELOG.read_text(), re.MULTILINE)
    sections = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", heading) for heading in headings]
    assert sections
    assert None not in sections
    versions = [tuple(map(int, section.groups()[:3])) for section in sections if section]
    days = [date.fromisoformat(section[4]) for section in sections if section]
    assert ".".join(map(str, versions[0])) == __version__
    assert versions == sorted(set(versions), reverse=True)
    assert days == sorted(days, reverse=True)


def test_the_command_says_its_version() -> None:
    outcome = mcugen("--version")
    assert (outcome.code, outcome.stdout) == (0, f"mcugen {__version__}\n")
