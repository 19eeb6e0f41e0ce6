"""scripts/fingerprint.py: it sees any change of a file, and none where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.targets import find_target
from scripts import fingerprint

MODEL = Path(__file__).parents[1] / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"


def test_files_are_named_and_their_fingerprints_do_not_change(tmp_path: Path) -> None:
    """The same twice; every variant; what is kept is what was fingerprinted."""
    targets = [find_target("cortex-m4")]
    found = dict(fingerprint.fingerprints(MODEL, targets, tmp_path))
    assert found == dict(fingerprint.fingerprints(MODEL, targets, None))
    assert {of.split(" ")[2] for of in found} == {"shipped", "traced", "micropython"}
    assert all((tmp_path / Path(*of.split(" "))).is_file() for of in found)
    other = dict(fingerprint.fingerprints(MODEL, [replace(targets[0], optimization="-O3")], None))
    changed = fingerprint.report(found, other)
    assert any(line.endswith(".json") for line in changed)
    assert not any(line.endswith("_weights.c") for line in changed)


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"m t v f": "1"}, {"m t v f": "2"}, "differs: m t v f"),
        ({"m t v f": "1"}, {}, "missing: m t v f"),
        ({}, {"m t v f": "1"}, "new: m t v f"),
        ({"m t v f": "1"}, {"m": "refused: why"}, "new: m refused: why"),
    ],
)
def test_differences_are_named(before: dict[str, str], after: dict[str, str], line: str) -> None:
    """Whatever its kind."""
    assert line in fingerprint.report(before, after)
    assert fingerprint.report(after, after) == [f"{len(after)} files: nothing differs"]
