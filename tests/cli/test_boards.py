"""mcugen boards."""

from __future__ import annotations

import json

from mcugen.targets.boards import BOARDS
from tests.support.command import mcugen


def test_the_table_has_every_board_whole() -> None:
    outcome = mcugen("boards")
    assert outcome.code == 0
    for board in BOARDS:
        assert board.name in outcome.stdout
        assert board.core in outcome.stdout
    assert "…" not in outcome.stdout
    bluepill = next(line for line in outcome.stdout.splitlines() if "bluepill_f103c8" in line)
    assert bluepill.split() == ["bluepill_f103c8", "Cortex-M3", "72", "64", "20", "cortex-m3"]


def test_json_has_sizes_in_bytes_and_where_they_come_from() -> None:
    boards = json.loads(mcugen("boards", "--json").stdout)["boards"]
    assert [board["name"] for board in boards] == [board.name for board in BOARDS]
    bluepill = boards[0]
    assert (bluepill["board_flash_bytes"], bluepill["board_ram_bytes"], bluepill["clock_hz"]) == (
        65_536,
        20_480,
        72_000_000,
    )
    assert bluepill["flash_source"] == "data sheet DS5319"
    assert boards[-1]["board_flash_bytes"] is None
