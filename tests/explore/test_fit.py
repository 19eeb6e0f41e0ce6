"""Nets that fit: what is printed is what the compiler says of the net, and nothing is left out or let in wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mcugen.analysis import analyze
from mcugen.camera import CameraOptions
from mcugen.cli.app import app
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.explore.fit import Candidate, Costs, Limits, Platform, _dominates, measure, net_of, search
from mcugen.explore.known_accuracy import read_accuracies
from mcugen.explore.untrained import untrained_graph
from mcugen.firmware.footprint import footprint
from mcugen.targets import TARGETS
from mcugen.targets.boards import BOARDS, Board, find_board
from tests.support.command import mcugen
from tests.support.schemas import conform

M4 = Platform("cortex-m4", 100_000_000)
GRID = [Candidate(net, alpha, size) for net in ("mobilenet_v1", "mobilenet_v1_shallow") for alpha in (0.1, 0.25)
        for size in (32, 48)]  # fmt: skip


def test_sizes_are_those_of_generate() -> None:
    found = search(GRID, M4, Limits(flash=200_000, ram=8_000), channels=1, classes=2, processes=1)
    assert found.fitting
    for costs in found.fitting[:2]:
        compiled = compile_model(untrained_graph(net_of(costs.candidate, 1, 2)), target="cortex-m4")
        analysis = analyze(compiled)
        assert costs.flash == analysis.flash_bytes <= 200_000
        assert costs.ram == compiled.library.context_bytes <= 8_000
        assert analysis.prediction is not None
        assert costs.cycles == analysis.prediction.cycles
        assert costs.milliseconds == pytest.approx(costs.cycles / 100_000)


def test_what_is_beaten_in_everything_is_left_out() -> None:
    every = [measure(candidate, M4, 1, 2) for candidate in GRID]
    found = search(GRID, M4, Limits(), channels=1, classes=2, processes=1)
    assert found.tried == found.compiled == len(GRID)
    assert [costs.macs for costs in found.fitting] == sorted((costs.macs for costs in found.fitting), reverse=True)
    for costs in every:
        beaten = any(
            better.macs >= costs.macs and better.flash <= costs.flash and better.ram_with_stack <= costs.ram_with_stack
            and (better.cycles or 0) <= (costs.cycles or 0) for better in every if better != costs
        )  # fmt: skip
        assert (costs in found.fitting) != beaten


def test_known_accuracy_comes_before_multiply_accumulates(tmp_path: Path) -> None:
    table = tmp_path / "sweep.csv"
    table.write_text("net,alpha,size,int8_top1\nmobilenet_v1_shallow,0.1,32,0.9\nmobilenet_v1,0.1,32,\n")
    found = search(GRID, M4, Limits(), channels=1, classes=2, accuracy=read_accuracies(table), processes=1)
    assert found.fitting[0].candidate == Candidate("mobilenet_v1_shallow", 0.1, 32)
    table.write_text("net,alpha\nmobilenet_v1,0.1\n")
    with pytest.raises(McugenError, match="no column size, int8_top1"):
        read_accuracies(table)


def test_nets_whose_weights_alone_do_not_fit_are_not_compiled() -> None:
    grid = [Candidate("mobilenet_v1", 0.1, 32), Candidate("mobilenet_v1", 1.0, 224)]
    found = search(grid, M4, Limits(flash=100_000), channels=1, classes=2, processes=1)
    assert (found.tried, found.compiled) == (2, 1)


@pytest.mark.parametrize("name", ["bluepill_f103c8", "esp32dev", "netduinoplus2"])
def test_the_firmware_is_that_of_flash_and_what_fits_is_the_library(name: str) -> None:
    board = find_board(name)
    platform = Platform(board.target, board.clock_hz, board)
    for candidate in GRID[:4]:
        costs = measure(candidate, platform, 1, 2)
        needs = footprint(compile_model(untrained_graph(net_of(candidate, 1, 2)), target=board.target), board)
        assert (costs.firmware_flash, costs.firmware_ram, costs.firmware_fits) == (needs.flash, needs.ram, needs.fits)
        assert (costs.flash, costs.ram + costs.stack) == (needs.library_flash, needs.library_ram)
        assert needs.library_fits == (not costs.excess(Limits(board.flash_bytes, board.ram_bytes)))


@pytest.mark.parametrize("board", [b for b in BOARDS if b.is_physical], ids=lambda b: b.name)
def test_every_board_has_a_latency(board: Board) -> None:
    costs = measure(GRID[0], Platform(board.target, board.clock_hz, board), 1, 2)
    assert costs.milliseconds is not None
    assert 0.1 < costs.milliseconds < 1000


@pytest.mark.parametrize("classes", [3, 5])
@pytest.mark.parametrize("target", [target.name for target in TARGETS if target.costs == target.name])
def test_any_number_of_classes_is_predicted(target: str, classes: int) -> None:
    """The last layer leaves one or three outputs over, behind those that kernels compute together."""
    costs = measure(Candidate("mobilenet_v1_shallow", 0.1, 32), Platform(target, 0), 1, classes)
    assert costs.instructions is not None


def test_the_table_of_a_real_sweep() -> None:
    known = read_accuracies(Path(__file__).resolve().parents[2] / "docs" / "sweep" / "sweep.csv")
    assert 0.5 < known[Candidate("mobilenet_v1", 0.25, 32)] < 1
    assert Candidate("mobilenet_v1", 1.0, 224) not in known


def test_nothing_fits_says_what_is_nearest_and_what_binds() -> None:
    found = search(GRID, M4, Limits(flash=20_000, ram=100_000), channels=1, classes=2, processes=1)
    assert not found.fitting
    assert found.nearest is not None
    assert set(found.nearest.excess(Limits(flash=20_000, ram=100_000))) == {"flash"}


SMALL_GRID = ("--net", "mobilenet_v1", "--alphas", "1/10", "--sizes", "32,48")


@pytest.mark.parametrize(
    ("where", "cycles"),
    [
        ("--board esp32dev", "cycles: predicted, without wait states or cache misses; of code for the ESP8266's LX106"),
        ("--target generic", "cycles: there is no prediction for these nets on this core"),
    ],
)
def test_what_cycles_are_is_told(where: str, cycles: str) -> None:
    done = CliRunner().invoke(app, ["fit", *where.split(), "--classes", "2", *SMALL_GRID])
    assert done.exit_code == 0, done.output
    assert cycles in " ".join(done.stdout.split())


def test_command() -> None:
    arguments = "--board bluepill_f103c8 --classes 2 --channels 1 --flash 100K --json"
    done = CliRunner().invoke(app, ["fit", *arguments.split(), *SMALL_GRID])
    assert done.exit_code == 0, done.output
    view = json.loads(done.stdout)
    conform(view, "fit")
    assert view["target"] == "cortex-m3"
    assert view["limits"] == {"flash_bytes": 102_400, "ram_bytes": 20_480, "milliseconds": None}
    assert [entry["size"] for entry in view["fitting"]] == [48, 32]
    assert all(entry["firmware_flash_bytes"] > entry["flash_bytes"] for entry in view["fitting"])


def test_a_program_of_ones_own_has_room_where_the_firmware_has_none() -> None:
    """The bound on flash is the library's, also where images that the firmware tests itself with have no room."""
    arguments = "fit --board bluepill_f103c8 --channels 1 --net mobilenet_v1_shallow --alphas 0.1 --sizes 96"
    done = CliRunner().invoke(app, arguments.split(), env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    assert "too large" in done.stdout
    assert "of the library in your own program" in done.stdout


def test_nets_of_a_sweep_are_tried_too(tmp_path: Path) -> None:
    table = tmp_path / "sweep.csv"
    table.write_text("net,alpha,size,int8_top1\nmobilenet_v1_full,0.05,24,0.7\nmobilenet_v1,0.1,32,0.8\n")
    arguments = ["--target", "cortex-m4", "--channels", "1", "--sweep", str(table)]
    done = CliRunner().invoke(app, ["fit", *arguments, *SMALL_GRID, "--json"])
    assert done.exit_code == 0, done.output
    view = json.loads(done.stdout)
    assert view["candidates"] == 3
    best = view["fitting"][0]
    assert (best["net"], best["size"], best["accuracy"]) == ("mobilenet_v1", 32, 0.8)
    done = CliRunner().invoke(app, ["fit", *arguments, *SMALL_GRID])
    assert "80.00%" in done.stdout


def test_command_where_nothing_fits(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["fit", "--board", "bluepill_f103c8", "--flash", "8K", *SMALL_GRID])
    assert done.exit_code == 3
    assert "Nothing fits" in done.stdout
    assert "flash" in done.stdout
    report = tmp_path / "report.json"
    CliRunner().invoke(app, ["fit", "--target", "cortex-m4", "--flash", "8K", *SMALL_GRID, "--report", str(report)])
    view = json.loads(report.read_text())
    conform(view, "fit")
    assert view["fitting"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--board bluepill_f103c8 --target cortex-m3",
        "--target generic --latency-ms 5",
        "--board none",
        "--target cortex-m4 --net resnet",
        "--target cortex-m4 --alphas wide",
    ],
)
def test_bad_use(arguments: str) -> None:
    done = CliRunner().invoke(app, ["fit", *arguments.split()])
    assert done.exit_code == 2


@pytest.mark.parametrize("limits", [("--flash", "0"), ("--ram", "0"), ("--latency-ms", "0"), ("--latency-ms", "nan")])
def test_limits_that_nothing_keeps_are_refused(limits: tuple[str, str]) -> None:
    outcome = mcugen("fit", "--board", "nucleo_f446re", *limits)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert f"{limits[0]} is {limits[1]}; it must be greater than 0" in outcome.stderr


def test_the_stack_is_paid_for_too() -> None:
    """Who has the smaller context does not beat one that needs less RAM with its stack."""
    small, calm = (
        Costs(Candidate("mobilenet_v1", 0.1, 32), 1000, 10, 10, ram, 1, 1, 1.0, stack=stack)
        for ram, stack in ((1000, 3000), (1010, 768))
    )
    assert _dominates(calm, small, lambda costs: (0.0, costs.macs))
    assert not _dominates(small, calm, lambda costs: (0.0, costs.macs))
    assert set(small.excess(Limits(ram=2000))) == {"ram"}
    assert not calm.excess(Limits(ram=2000))


def test_a_camera_is_in_the_sizes() -> None:
    words = ("fit", "--board", "nucleo_f446re", "--net", "mobilenet_v1_shallow", "--alphas", "0.1", "--sizes", "32")
    camera = ("--camera", "rgb565be:160x120", "--mirror")
    plain, seen = mcugen(*words, "--json"), mcugen(*words, *camera, "--json")
    assert seen.code == 0, seen.stderr
    conform(seen.json, "fit")
    (one,), (other,) = plain.json["fitting"], seen.json["fitting"]
    net = untrained_graph(net_of(Candidate("mobilenet_v1_shallow", 0.1, 32), 3, 10))
    compiled = compile_model(net, target="cortex-m4", camera=CameraOptions("rgb565be:160x120", mirror=True))
    assert other["ram_bytes"] == compiled.ram_bytes > one["ram_bytes"]
    assert other["flash_bytes"] > one["flash_bytes"]
    # The firmware also has a row of its frames.
    assert other["firmware_ram_bytes"] - one["firmware_ram_bytes"] >= compiled.ram_bytes - one["ram_bytes"] + 320
    assert ("camera" in plain.json, seen.json["camera"]) == (False, "--camera rgb565be:160x120 --mirror")
    assert "with --camera rgb565be:160x120 --mirror" in " ".join(mcugen(*words, *camera).stdout.split())
    for wrong, said in (
        (("--camera", "rgb565be:160x120", "--crop", "0,0,200,8"), "not within"),
        (("--mirror",), "add"),
    ):
        refused = mcugen(*words, *wrong)
        assert (refused.code, said in refused.error) == (2, True)
