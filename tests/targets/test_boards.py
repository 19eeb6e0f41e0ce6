"""Boards as data."""

from __future__ import annotations

import pytest

from mcugen.diagnostics import McugenError
from mcugen.targets import find_target
from mcugen.targets.boards import BOARDS, Board, find_board


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_board_has_a_target_of_its_core(board: Board) -> None:
    target = find_target(board.target)
    if board.core.startswith("Cortex"):
        assert target.name == board.core.lower().removesuffix("f").replace("+", "plus")
    if board.core.startswith("Xtensa"):
        assert target.name == "xtensa"
    if board.core.startswith("RISC-V"):
        assert target.name == board.core.split()[1].lower()


def test_names_are_unique() -> None:
    assert len({board.name for board in BOARDS}) == len(BOARDS)


def test_only_the_host_has_no_limits() -> None:
    assert [board.name for board in BOARDS if not (board.flash_bytes and board.ram_bytes)] == ["native"]


def test_emulated_boards_are_not_physical() -> None:
    assert {board.name for board in BOARDS if not board.is_physical} == {
        "netduinoplus2",
        "mps2-an386",
        "riscv-virt",
        "native",
    }


def test_an_unknown_board_names_the_nearest() -> None:
    with pytest.raises(McugenError, match="did you mean nucleo_f446re"):
        find_board("nucleo-f446")
    with pytest.raises(McugenError, match="one of: bluepill_f103c8, "):
        find_board("x")


def test_targets_in_any_case_and_the_nearest_of_an_unknown_one() -> None:
    assert find_target("Cortex-M4") is find_target("cortex_m4")
    assert find_target("HOST").name == "generic"
    with pytest.raises(McugenError, match=r"no target 'cortexm4' \(did you mean cortex-m4.*one of: generic"):
        find_target("cortexm4")
    with pytest.raises(McugenError, match=r"did you mean cortex-m3 or cortex-m33\? one of"):
        find_target("m3")
    with pytest.raises(McugenError, match=r"no target 'x' \(one of: generic"):
        find_target("x")
