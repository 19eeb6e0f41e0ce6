"""mcugen report: the document's figures agree with analyze, and the page shows the document's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.command import mcugen


def embedded(page: Path) -> dict:
    """The document inside a page."""
    found = re.search(r'<script type="application/json" id="document">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m55", "cortex-m0plus", "generic"])
def test_figures_are_those_of_analyze(tflite_model: Path, tmp_path: Path, target: str) -> None:
    page = tmp_path / "page.html"
    outcome = mcugen("report", tflite_model, "--target", target, "-o", page, "--no-boards", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    document = outcome.json
    assert embedded(page) == document
    costs = mcugen("analyze", tflite_model, "--target", target, "--json").json
    for key in ("macs", "live_macs", "parameters", "ram_bytes", "flash_bytes", "instructions", "modelled_cycles"):
        assert document["summary"][key] == costs[key]
    if costs["instructions"] is not None:
        assert f"{costs['instructions'] / costs['macs']:.2f} a MAC;" in page.read_text()
    for layer, expected in zip(document["layers"], costs["layers"], strict=True):
        for key in ("name", "macs", "live_macs", "parameters", "output_shape", "dead_channels"):
            assert layer[key] == expected[key]
    stages = {stage["index"]: stage for stage in document["stages"]}
    for layer in document["layers"]:
        if layer["instructions"] is not None:
            assert layer["instructions"] <= stages[layer["stage"]]["instructions"]
    for stage in document["stages"]:
        own = [layer["instructions"] for layer in document["layers"] if layer["name"] in stage["layers"]]
        if stage["instructions"] is not None:
            assert abs(sum(own) - stage["instructions"]) <= 2
    text = page.read_text()
    for layer in document["layers"]:
        if layer["macs"]:
            assert f"{layer['macs']:,}</td>" in text


def test_memory_never_holds_two_things_at_one_place(tflite_model: Path) -> None:
    memory = mcugen("report", tflite_model, "--no-boards", "--json").json["memory"]
    boxes = [
        (birth, death, item["offset"] + slot * item["slot_bytes"], item["slot_bytes"])
        for item in memory["items"]
        for slot, (birth, death) in enumerate(item["slots"])
    ]
    for number, (birth, death, low, size) in enumerate(boxes):
        assert 0 <= low <= low + size <= memory["arena_bytes"]
        for other_birth, other_death, other_low, other_size in boxes[:number]:
            apart = death < other_birth or other_death < birth
            assert apart or low + size <= other_low or other_low + other_size <= low
    assert max(memory["alive_bytes"]) == memory["peak"]["alive_bytes"]


def test_ranges_hold_what_was_observed(tflite_model: Path) -> None:
    for layer in mcugen("report", tflite_model, "--no-boards", "--json").json["activations"]["layers"]:
        low, high = layer["observed"]
        assert layer["representable"][0] <= low <= high <= layer["representable"][1]


def test_running_the_code_says_so(tflite_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    outcome = mcugen("report", tflite_model, "-o", page, "--no-boards", "--run", "host")
    assert outcome.code == 0
    assert "bit-exact" in outcome.stdout
    validation = embedded(page)["validation"]
    assert validation["bit_exact"]
    assert {layer["result"] for layer in validation["layers"]} <= {"equal", "not in the C code"}


def test_a_page_needs_nothing_from_elsewhere(onnx_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert mcugen("report", onnx_model, "-o", page, "--no-boards").code == 0
    text = page.read_text()
    assert not re.search(r'(?:src|href)="(?!#|data:)', text)
    assert "http" not in text
    assert "@import" not in text


def test_a_missing_model_is_one_line(tmp_path: Path) -> None:
    outcome = mcugen("report", tmp_path / "absent.tflite", "-o", tmp_path / "page.html")
    assert outcome.code == 2
    assert outcome.error.startswith("mcugen: error: ")
    assert not (tmp_path / "page.html").exists()
