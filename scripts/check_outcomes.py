"""Fails where a test was skipped in every configuration, unless for want of what no configuration has.

python -m scripts.check_outcomes REPORT.xml...     JUnit files of pytest, one a configuration
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tests.support.needs import reasons_of


def outcomes(report: Path) -> dict[str, str]:
    """Why each test was skipped, or "" for one that ran; a module that was skipped whole counts as one test."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
        skipped = case.find("skipped")
        is_skip = skipped is not None and skipped.get("type") != "pytest.xfail"
        found[name] = str(skipped.get("message")) if skipped is not None and is_skip else ""
    return found


def never_run(reports: Sequence[dict[str, str]]) -> dict[str, str]:
    """The tests that no report has as run and that some configuration should have run, with the last reason."""
    ran = {name for report in reports for name, reason in report.items() if not reason}
    skipped: dict[str, list[str]] = {}
    for report in reports:
        for name, reason in report.items():
            if reason and name not in ran and not any(other.startswith(f"{name}.") for other in ran):
                skipped.setdefault(name, []).append(reason)
    # What a configuration lacks only for want of what cannot be had is as good as run there.
    return {
        name: reasons[-1]
        for name, reasons in skipped.items()
        if all(any(entry.in_ci for entry in reasons_of(reason)) for reason in reasons)
    }


def main(files: Sequence[str]) -> int:
    """The exit code: 1 where a test was never run."""
    reports = [outcomes(Path(file)) for file in files]
    if not any(reports):
        print("no outcomes are recorded", file=sys.stderr)
        return 1
    found = never_run(reports)
    for name, reason in sorted(found.items()):
        print(f"run by no configuration: {name}: {reason}", file=sys.stderr)
    print(f"{len(found)} of {len({name for report in reports for name in report})} tests are run by no configuration")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
