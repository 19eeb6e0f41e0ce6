"""mcugen analyze: what it says, and budgets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import mcugen

LONG_NAMES = Path(__file__).resolve().parents[2] / "examples/fashion_mnist_tiny/fashion_mnist_shallow_a010_32.onnx"
KEYS = {"macs", "live_macs", "parameters", "ram_bytes", "flash_bytes", "layers", "flash", "target"}
LAYER_KEYS = {"name", "kind", "source", "input_shapes", "output_shape", "macs", "live_macs", "parameters"}


def test_json(tflite_model: Path) -> None:
    outcome = mcugen("analyze", tflite_model, "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    report = outcome.json
    assert report.keys() >= KEYS
    assert [layer["kind"] for layer in report["layers"]] == [
        "Conv2D",
        "DepthwiseConv2D",
        "Conv2D",
        "AveragePool2D",
        "FullyConnected",
        "Softmax",
    ]
    for layer in report["layers"]:
        assert layer.keys() >= LAYER_KEYS
    # 5 x 4 outputs of 8 channels, windows of 3 x 3 x 3.
    assert report["layers"][0]["macs"] == 5 * 4 * 8 * 27
    assert report["layers"][0]["output_shape"] == [5, 4, 8]
    assert report["layers"][0]["parameters"] == 8 * 27 + 8
    assert report["macs"] == sum(layer["macs"] for layer in report["layers"])
    assert report["parameters"] == sum(layer["parameters"] for layer in report["layers"])
    assert report["live_macs"] <= report["macs"]
    assert report["flash_bytes"] == report["flash"]["constant_bytes"] + report["flash"]["code_bytes"]


def test_table(tflite_model: Path) -> None:
    outcome = mcugen("analyze", tflite_model)
    assert outcome.code == 0
    for text in ("MACs", "Depthwise", "5x4x8", "RAM", "flash", "4,320"):
        assert text in outcome.stdout


def test_kernels_by_stage(tflite_model: Path) -> None:
    """With --verbose; in the JSON always."""
    kernels = mcugen("analyze", tflite_model, "--target", "cortex-m3", "--json").json["kernels"]
    last = next(kernel for kernel in kernels if kernel["refused"])
    assert last["title"] == "portable C"
    (refused,) = last["refused"]
    outcome = mcugen("analyze", tflite_model, "--target", "cortex-m3", "--verbose", columns=200)
    assert f"not {refused['title']}: {refused['reason']}" in outcome.stdout
    assert refused["reason"] not in mcugen("analyze", tflite_model, "--target", "cortex-m3", columns=200).stdout


@pytest.mark.parametrize(("columns", "cropped"), [(80, True), (200, False)])
def test_the_table_has_one_line_a_layer(columns: int, cropped: bool) -> None:
    layers = [layer["name"] for layer in mcugen("analyze", LONG_NAMES, "--json").json["layers"]]
    shown = mcugen("analyze", LONG_NAMES, columns=columns).stdout.splitlines()
    rule = next(number for number, line in enumerate(shown) if "──" in line)
    names = [row.split()[0] for row in shown[rule + 1 :][: len(layers)]]
    assert all(name.endswith(given.removeprefix("…")) for given, name in zip(names, layers, strict=True)), names
    assert (names != layers) == cropped


def test_report_file(tflite_model: Path, tmp_path: Path) -> None:
    outcome = mcugen("analyze", tflite_model, "--report", tmp_path / "report.json")
    assert outcome.code == 0
    assert json.loads((tmp_path / "report.json").read_text())["macs"] > 0
    assert mcugen("analyze", tflite_model, "--report", tmp_path / "absent" / "report.json").code == 2


def test_exactly_the_budget_is_within_it(tflite_model: Path) -> None:
    costs = mcugen("analyze", tflite_model, "--json").json
    ram, flash = costs["ram_bytes"], costs["flash_bytes"]
    assert mcugen("analyze", tflite_model, "--max-ram", ram, "--max-flash", flash).code == 0


def test_over_budget_says_by_how_much_and_which_layer_binds(tflite_model: Path) -> None:
    costs = mcugen("analyze", tflite_model, "--json").json
    outcome = mcugen("analyze", tflite_model, "--json", "--max-ram", costs["ram_bytes"] - 7, "--max-flash", "1K")
    assert outcome.code == 3
    ram, flash = outcome.stderr.splitlines()
    assert " 7 over the budget" in ram
    assert costs["ram"]["peak"]["layer"] in ram
    heaviest = max(costs["layers"], key=lambda layer: layer["live_parameters"])
    assert f"{costs['flash_bytes'] - 1024:,} over the budget of 1,024" in flash
    assert heaviest["name"] in flash
    assert len(outcome.json["over_budget"]) == 2


def test_budgets_of_time(tflite_model: Path, tmp_path: Path) -> None:
    on_board = [tflite_model, "--board", "nucleo_f446re"]
    cycles = mcugen("analyze", *on_board, "--json").json["modelled_cycles"]
    assert mcugen("analyze", *on_board, "--max-cycles", cycles, "--max-ms", 1000).code == 0
    assert mcugen("analyze", *on_board, "--max-cycles", "100M").code == 0
    outcome = mcugen("analyze", *on_board, "--max-cycles", cycles - 1)
    assert outcome.code == 3
    assert f"cycles: {cycles:,} are 1 over the budget of {cycles - 1:,}; " in outcome.stderr
    assert mcugen("generate", *on_board, "-o", tmp_path / "out", "--max-ms", 1e-4).code == 3
    assert not (tmp_path / "out").exists()
    assert "--max-ms needs a clock" in mcugen("analyze", tflite_model, "--target", "cortex-m4", "--max-ms", 1).error


def test_the_peak_is_what_the_arena_must_hold(tflite_model: Path) -> None:
    costs = mcugen("analyze", tflite_model, "--json").json
    ram = costs["ram"]
    assert ram["peak"]["alive_bytes"] <= ram["arena_bytes"] <= costs["ram_bytes"]
    assert sum(part["bytes"] for part in ram["peak"]["parts"]) == ram["peak"]["alive_bytes"]


def test_vww(models: Path, load_model: Callable[[str], object]) -> None:
    load_model("vww_96_int8.tflite")
    folded = mcugen("analyze", models / "vww_96_int8.tflite", "--json").json
    assert folded["macs"] == 7_489_664
    assert folded["live_macs"] < 3_800_000
    whole = mcugen("analyze", models / "vww_96_int8.tflite", "--json", "--no-fold-constant-channels").json
    assert whole["live_macs"] == whole["macs"] == 7_489_664
    assert whole["flash_bytes"] > folded["flash_bytes"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_models_are_one_line(tflite_model: Path, onnx_model: Path, tmp_path: Path, share: float) -> None:
    for model in (tflite_model, onnx_model):
        data = model.read_bytes()
        path = tmp_path / model.name
        path.write_bytes(data[: int(len(data) * share)])
        outcome = mcugen("analyze", path)
        assert outcome.code == 2
        assert outcome.error.startswith("mcugen: error: ")


@pytest.mark.parametrize(
    ("target", "said"), [("rv32imc", "predicted"), ("cortex-m4", "predicted; about ")], ids=["counted", "timed"]
)
def test_time_of_cores_with_and_without_a_timing_table(target: str, said: str) -> None:
    outcome = mcugen("analyze", LONG_NAMES, "--target", target, columns=160)
    assert outcome.code == 0, outcome.stderr
    (line,) = (line for line in outcome.stdout.splitlines() if line.startswith("time "))
    remark = line.partition(" instructions")[2].strip()
    assert remark.startswith(said)
    assert not remark.endswith(";")


def test_a_camera_is_a_part_of_the_prediction(tflite_model: Path) -> None:
    options = ("analyze", tflite_model, "--pixels", "offset", "--target", "cortex-m4")
    camera = ("--camera", "rgb565be:40x30", "--resize", "nearest")
    plain, behind = (mcugen(*options, *more, "--json").json for more in ((), camera))
    assert plain["camera"] is None
    assert 0 < behind["camera"]["instructions"] < behind["camera"]["modelled_cycles"] < behind["modelled_cycles"]
    assert plain["modelled_cycles"] < behind["modelled_cycles"]
    assert plain["stages"] == behind["stages"]
    line = f"{behind['camera']['instructions']:,}"
    assert line in mcugen(*options, *camera, columns=200).stdout
    budget = ("--max-cycles", plain["modelled_cycles"])
    assert mcugen(*options, *budget).code == 0
    assert mcugen(*options, *camera, *budget).code == 3


def test_a_camera_before_a_target_that_was_not_measured(tflite_model: Path) -> None:
    options = ("--pixels", "offset", "--target", "generic", "--camera", "gray:40x30", "--json")
    assert mcugen("analyze", tflite_model, *options).json["camera"] is None
