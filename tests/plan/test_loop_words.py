"""docs/loops.md says what the loops of all tables of predictions are."""

from __future__ import annotations

import re
from functools import cache

import pytest

from mcugen.ir import OPERATORS
from mcugen.plan.constants import FOLDER, read_table
from tests.support.needs import ROOT

_FORMS = "exact_double|exact_single|rounded_signed|rounded|truncated"


@cache
def _phrases() -> re.Pattern[str]:
    """A whole name, made of the phrases of the page's tables."""
    page = (ROOT / "docs" / "loops.md").read_text()
    quoted = {
        phrase
        for line in page.splitlines()
        if line.startswith("|")
        # What a turn is, and where it is counted, is no name.
        for phrase in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    operators = "|".join(operator.__name__ for operator in OPERATORS)
    patterns = []
    for phrase in sorted(quoted, key=len, reverse=True):
        pattern = re.sub(r"(?<![A-Za-z])N|(?<=x)N", r"\\d+", re.escape(phrase))
        patterns.append(pattern.replace("FORM", f"(?:{_FORMS})").replace("OPERATOR", rf"(?:{operators})\b.*"))
    one = "|".join(patterns)
    return re.compile(rf"(?:{one})(?: ?(?:{one}))*")


@pytest.mark.parametrize("table", sorted(path.stem for path in FOLDER.glob("*.csv")))
def test_every_loop_is_explained(table: str) -> None:
    functions = read_table((FOLDER / f"{table}.csv").read_text()).functions
    loops = {loop for constants in functions.values() for loop in constants}
    unexplained = sorted(loop for loop in loops if not _phrases().fullmatch(loop))
    assert not unexplained, f"docs/loops.md has no words for: {', '.join(unexplained)}"
