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
    assert "ms with wait states (simulated), " in lines["nucleo_l4r5zi"]
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


@pytest.mark.needs("cortex-m4")
def test_validate_says_nothing_of_time_without_a_board() -> None:
    view = mcugen("validate", NET, "--on", "qemu", "--target", "cortex-m4", "--cases", 1, "--json").json
    assert "board_time" not in view
    assert all(stage["waits"] is None for stage in view["stages"])
