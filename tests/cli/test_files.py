"""Files in the place of what a command reads or writes that are something else: one line each."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mcugen.bounded import read_json
from mcugen.diagnostics import McugenError
from mcugen.report.comparison import compare, load_side
from tests.support.command import mcugen

_WRONG: tuple[Any, ...] = (None, "text", [], {}, [5], 1.5, True, float("inf"), {"a": {}})


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "", "\xff", "nul", "[1" + "0" * 5000 + "]", '{"files": {}, "costs": 5}'],
    ids=range(7),
)
def test_a_manifest_that_is_none(tmp_path: Path, tflite_model: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="latin-1")
    outcome = mcugen("diff", path, tflite_model)
    assert outcome.code == 2
    assert outcome.error.startswith(f"mcugen: error: {path}: not a manifest of mcugen")


def test_what_is_no_file(tmp_path: Path, tflite_model: Path) -> None:
    (tmp_path / "x.json").mkdir()
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "loop.tflite").symlink_to("loop.tflite")
    (tmp_path / "x.npz").mkdir()
    for arguments in (
        ("diff", tmp_path / "x.json", tflite_model),
        ("diff", tmp_path / "loop.json", tflite_model),
        ("diff", tmp_path / "absent.json", tflite_model),
        ("analyze", tmp_path / "loop.tflite"),
        ("analyze", tmp_path / "x.json"),
        ("analyze", tflite_model, "--report", tmp_path / "x.json"),
        ("analyze", tflite_model, "--report", tmp_path / "loop.json"),
        ("generate", tflite_model, "-o", tmp_path / "loop.json"),
        ("validate", tflite_model, "--vectors", tmp_path / "x.npz"),
    ):
        outcome = mcugen(*arguments)
        assert outcome.code == 2, arguments
        complaint = outcome.stderr.splitlines()
        assert len(complaint) == 1, arguments
        assert complaint[0].startswith("mcugen: error: "), arguments


def test_values_of_wrong_types_in_a_manifest(tmp_path: Path, tflite_model: Path) -> None:
    """Every value of it, replaced by each of these."""
    assert mcugen("generate", tflite_model, "-o", tmp_path / "out", "--name", "net").code == 0
    manifest = json.loads((tmp_path / "out" / "net.json").read_text())
    assert read_json(tmp_path / "out" / "net.json", "") == manifest
    path = tmp_path / "x.json"
    places = [(key,) for key in manifest] + [(key, inner) for key in ("costs", "sizes") for inner in manifest[key]]
    for place in places:
        for value in _WRONG:
            changed = json.loads(json.dumps(manifest))
            holder = changed if len(place) == 1 else changed[place[0]]
            holder[place[-1]] = value
            path.write_text(json.dumps(changed))
            with suppress(McugenError):
                side = load_side(str(path), "generic")
                compare(side, side)
