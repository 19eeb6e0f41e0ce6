"""Milliseconds of boards, with and without wait states, as commands print them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.targets.boards import find_board
from tests.support.command import mcugen
from tests.support.needs import ROOT

NET = next((ROOT / "examples" / "fashion_mnist_tiny").glob("*.onnx"))


@pytest.mark.needs("cortex-m4")
def test_validate_says_what_a_boards_memories_add(tmp_path: Path) -> None:
    file = tmp_path / "outcome.json"
    options = ("--on", "qemu", "--board", "nucleo_l4r5zi", "--cases", 1, "--report", file)
    outcome = mcugen("validate", NET, *options)
    assert outcome.code == 0, outcome.stderr
    lines = {line.partition(" ")[0]: line for line in outcome.stdout.splitlines()}
    assert "ms at 120 MHz with wait states, simulated; " in lines["nucleo_l4r5zi"]
    assert "code " in lines["waits"]
    assert "weights " in lines["waits"]
    view = mcugen("validate", NET, *options, "--json").json
    time, board = view["board_time"], find_board("nucleo_l4r5zi")
    assert time["milliseconds"] == pytest.approx(1000 * view["modelled_cycles"] / board.clock_hz)
    waits = time["waits"]["wait_cycles"]
    assert time["milliseconds_with_waits"] == pytest.approx(time["milliseconds"] + 1000 * waits / board.clock_hz)
    causes = ("code_cycles", "weight_cycles", "table_cycles", "row_cycles")
    assert sum(time["waits"][cause] for cause in causes) == waits
    # Nothing but the driver is outside stages.
    assert 0.95 * waits < sum(stage["waits"]["wait_cycles"] for stage in view["stages"]) <= waits


def test_analyze_predicts_the_same() -> None:
    outcome = mcugen("analyze", NET, "--board", "nucleo_l4r5zi", columns=200)
    assert outcome.code == 0, outcome.stderr
    assert "ms  at 120 MHz with wait states, predicted; " in outcome.stdout
    assert "docs/time.md" in outcome.stdout
    assert "each is read in an inference; 96 times those of features.stem.conv.conv" in outcome.stdout
    view = mcugen("analyze", NET, "--board", "nucleo_l4r5zi", "--json").json
    time = view["board_time"]
    assert time["waits_are"] == "predicted"
    assert time["milliseconds"] == pytest.approx(1000 * view["modelled_cycles"] / time["clock_hz"])
    assert time["milliseconds_with_waits"] > 1.1 * time["milliseconds"]
    waits = sum(stage["waits"]["wait_cycles"] for stage in view["stages"])
    assert 0 < waits <= time["waits"]["wait_cycles"]
    reads = {layer["name"]: layer["weight_reads"] for layer in view["layers"]}
    assert reads["classifier"] == 1
    assert reads["features.stem.conv.conv"] > 64
    alone = mcugen("analyze", NET, "--target", "cortex-m4", "--json").json
    assert alone["board_time"] is None
    assert all(stage["waits"] is None for stage in alone["stages"])


def test_budgets_are_held_against_time_with_wait_states(tmp_path: Path) -> None:
    """Of a board whose memories are known; of others and of manifests against time without."""
    options = ("--board", "nucleo_l4r5zi")
    time = mcugen("analyze", NET, *options, "--json").json["board_time"]
    between = (time["milliseconds"] + time["milliseconds_with_waits"]) / 2
    for command in ("analyze", "generate"):
        to = ("-o", tmp_path / "library") if command == "generate" else ()
        assert mcugen(command, NET, *options, *to, "--max-ms", 1.01 * time["milliseconds_with_waits"]).code == 0
        over = mcugen(command, NET, *options, *to, "--max-ms", between)
        assert over.code == 3
        assert "with wait states at the 120 MHz of nucleo_l4r5zi" in over.error
    over = mcugen("diff", NET, NET, *options, "--max-ms", between)
    assert over.code == 3
    assert "with wait states" in over.error
    library = tmp_path / "library"
    assert mcugen("generate", NET, *options, "-o", library, "--force").code == 0
    assert mcugen("diff", NET, library, *options, "--max-ms", between).code == 0
    over = mcugen("diff", NET, library, *options, "--max-ms", time["milliseconds"] / 2)
    assert "without wait states at the 120 MHz" in over.error


def test_fit_has_both_and_holds_the_latency_against_the_longer() -> None:
    options = ("--net", "mobilenet_v1_shallow", "--alphas", "0.1", "--sizes", "32", "--channels", 1)
    on_board = ("fit", "--board", "bluepill_f103c8", *options)
    outcome = mcugen(*on_board, columns=200)
    assert "with waits" in outcome.stdout
    (entry,) = mcugen(*on_board, "--json").json["fitting"]
    without, waiting = entry["milliseconds"], entry["milliseconds_with_waits"]
    assert waiting > 1.1 * without
    assert mcugen(*on_board, "--latency-ms", (without + waiting) / 2).code == 3
    (entry,) = mcugen("fit", "--target", "cortex-m3", *options, "--json").json["fitting"]
    assert entry["milliseconds_with_waits"] is None


@pytest.mark.needs("cortex-m4")
def test_validate_says_nothing_of_time_without_a_board() -> None:
    view = mcugen("validate", NET, "--on", "qemu", "--target", "cortex-m4", "--cases", 1, "--json").json
    assert "board_time" not in view
    assert all(stage["waits"] is None for stage in view["stages"])
