"""mcugen diff: differences are those of analyze."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.command import mcugen
from tests.support.tflite_builder import NetworkBuilder


def test_two_targets(tflite_model: Path) -> None:
    outcome = mcugen("diff", f"{tflite_model}@generic", f"{tflite_model}@cortex-m3", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    for side, target in (("a", "generic"), ("b", "cortex-m3")):
        costs = mcugen("analyze", tflite_model, "--target", target, "--json").json
        for key in ("ram_bytes", "macs", "live_macs", "parameters", "instructions"):
            assert outcome.json["totals"][key][side] == costs[key]
        assert outcome.json["totals"]["constant_bytes"][side] == costs["flash"]["constant_bytes"]


def test_two_models(tflite_model: Path, onnx_model: Path) -> None:
    view = mcugen("diff", tflite_model, onnx_model, "--json").json
    assert {layer["in"] for layer in view["layers"]} >= {"a", "b"}
    macs = view["totals"]["macs"]
    assert macs["change"] == macs["b"] - macs["a"] != 0
    assert "RAM" in mcugen("diff", tflite_model, onnx_model).stdout


def test_manifests(tflite_model: Path, tmp_path: Path) -> None:
    assert mcugen("generate", tflite_model, "-o", tmp_path / "old", "--name", "net").code == 0
    manifest = tmp_path / "old" / "net.json"
    view = mcugen("diff", manifest, f"{tflite_model}@generic", "--json").json
    known = [change for change in view["totals"].values() if change["change"] is not None]
    assert len(known) == 7
    assert all(change["change"] == 0 for change in known)
    assert [layer["in"] for layer in view["layers"]] == ["both"] * len(view["layers"])
    assert sum(layer["live_macs"]["a"] for layer in view["layers"]) == view["totals"]["live_macs"]["a"]


def test_a_manifest_of_another_version_says_where_it_grew(tflite_model: Path, tmp_path: Path) -> None:
    assert mcugen("generate", tflite_model, "-o", tmp_path / "new", "--name", "net").code == 0
    new, old = tmp_path / "new" / "net.json", tmp_path / "old.json"
    manifest = json.loads(new.read_text())
    manifest["mcugen_version"] = "0.0.1"
    first = manifest["layers"][0]
    manifest["costs"]["instructions"] = 1000
    sizes = manifest["sizes"]
    sizes["context_bytes"], sizes["code_bytes_estimate"] = sizes.pop("ram_bytes"), sizes.pop("code_bytes")
    first["instructions"], first["live_macs"] = 900, first["live_macs"] - 7
    old.write_text(json.dumps(manifest))
    view = mcugen("diff", old, new, "--json").json
    changed = [layer["name"] for layer in view["layers"] if layer["live_macs"]["change"]]
    assert changed == [first["name"]]
    assert view["layers"][0]["live_macs"]["change"] == 7
    assert [view["totals"][key]["change"] for key in ("ram_bytes", "flash_bytes", "code_bytes")] == [0, 0, 0]


def test_what_is_no_manifest_is_one_line(tflite_model: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]")
    for path in (wrong, tmp_path / "absent.json"):
        outcome = mcugen("diff", path, tflite_model)
        assert outcome.code == 2
        assert outcome.error.startswith(f"mcugen: error: {path}: ")


def test_a_gate_on_growth_of_a_directory(tflite_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "net"
    assert mcugen("generate", tflite_model, "-o", out, "--name", "net", "--target", "cortex-m3").code == 0
    same = mcugen("diff", out, f"{tflite_model}@cortex-m3", "--max-growth", "0%")
    assert (same.code, same.stderr) == (0, "")
    manifest = json.loads((out / "net.json").read_text())
    manifest["sizes"]["ram_bytes"] = round(manifest["sizes"]["ram_bytes"] / 1.05)
    (out / "net.json").write_text(json.dumps(manifest))
    grown = mcugen("diff", out, f"{tflite_model}@cortex-m3", "--max-growth", "2%")
    assert grown.code == 3
    assert grown.error.startswith("mcugen: over budget: RAM grew from ")
    view = mcugen("diff", out, f"{tflite_model}@cortex-m3", "--max-growth", "2%", "--json").json
    assert [f"mcugen: over budget: {line}" for line in view["grown"]] == [grown.error]
    assert mcugen("diff", out, f"{tflite_model}@cortex-m3", "--max-growth", "6%").code == 0
    assert mcugen("diff", out, f"{tflite_model}@cortex-m3", "--max-growth", "much").code == 2
    assert "no manifests NAME.json" in mcugen("diff", tmp_path, tflite_model).error


def renamed(model: Path, output: Path) -> Path:
    """The .tflite model with every tensor called otherwise, as a second export may."""
    data = model.read_bytes()
    assert b"net/" in data
    output.write_bytes(data.replace(b"net/", b"new/").replace(b"conv", b"xonv").replace(b"depthwise", b"qepthwise"))
    return output


def test_a_model_with_other_names_lines_up(tflite_model: Path, tmp_path: Path) -> None:
    other = renamed(tflite_model, tmp_path / "renamed.tflite")
    outcome = mcugen("diff", tflite_model, other, "--json")
    layers = outcome.json["layers"]
    assert {layer["in"] for layer in layers} == {"both"}
    assert any(layer["name"] != layer["name_in_b"] for layer in layers)
    assert all(layer["instructions"]["change"] == 0 for layer in layers if layer["instructions"]["a"] is not None)
    assert "layers that differ" not in mcugen("diff", tflite_model, other).stdout


def test_inserted_and_removed_layers_are_named(tmp_path: Path) -> None:
    def model(name: str, channels: tuple[int, ...]) -> Path:
        net = NetworkBuilder(seed=1, shape=(8, 8, 3))
        for each in channels:
            net.convolution(each, kernel=(1, 1))
        (tmp_path / name).write_bytes(net.finish())
        return tmp_path / name

    short, long = model("before.tflite", (4, 6, 5)), model("after.tflite", (4, 4, 6, 5))
    grown = mcugen("diff", short, long, "--json").json["layers"]
    assert [layer["in"] for layer in grown] == ["both", "b", "both", "both"]
    shrunk = mcugen("diff", long, short)
    assert [line.split()[0] for line in shrunk.stdout.splitlines() if line.lstrip().startswith("- ")] == ["-"]


def test_budgets_of_time(tflite_model: Path) -> None:
    same = ["diff", tflite_model, tflite_model, "--board", "nucleo_f446re"]
    cycles = mcugen(*same, "--json").json["totals"]["modelled_cycles"]["b"]
    time = mcugen("analyze", tflite_model, "--board", "nucleo_f446re", "--json").json["board_time"]
    limit = time["milliseconds_with_waits"]
    assert mcugen(*same, "--max-cycles", cycles, "--max-ms", 1.0001 * limit).code == 0
    over = mcugen(*same, "--max-cycles", cycles - 5, "--max-ms", limit / 2, "--json")
    assert over.code == 3
    assert over.stderr.splitlines() == [f"mcugen: over budget: {line}" for line in over.json["over_budget"]]
    assert over.json["over_budget"][0].startswith(f"cycles: {cycles:,} are 5 over the budget of {cycles - 5:,}; ")
    assert "MHz of nucleo_f446re" in over.json["over_budget"][1]


def test_budgets_of_a_time_that_is_not_known(tflite_model: Path) -> None:
    for options, complaint in (
        (["--max-ms", 1], "--max-ms needs a clock"),
        (["--target", "generic", "--max-cycles", 1], "cycles of generic are not predicted"),
        (
            ["--board", "nucleo_f446re", "--target-b", "cortex-m3", "--max-ms", 1],
            "the clock of nucleo_f446re, a cortex-m",
        ),
    ):
        outcome = mcugen("diff", tflite_model, tflite_model, *options)
        assert outcome.code == 2
        assert complaint in outcome.error
