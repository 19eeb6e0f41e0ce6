"""What commands say of the milliseconds of a board."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcugen.compiler import Compiled
    from mcugen.targets.boards import Board
    from mcugen.waiting import BoardTime

MODEL = "a model, 12 % below the published time: docs/time.md"
"""What people are told of waits."""


def predicted_time(compiled: Compiled, board: Board | None) -> BoardTime | None:
    """Of one inference; None without a board, or where nothing is known of its clock or its core."""
    from mcugen.waiting import WaitPredictor

    return None if board is None else WaitPredictor(compiled).time(board)


def time_rows(time: BoardTime | None) -> list[tuple[str, str, str]]:
    """The board's milliseconds, and what its memories add: name, figure and remark of each row of a summary."""
    from mcugen.waiting.board_time import causes_text, milliseconds_text

    if time is None:
        return []
    name, bare = time.board.name, milliseconds_text(time.milliseconds)
    clock = f"at {time.board.clock_hz / 1e6:g} MHz"
    if time.waits is None:
        return [(name, bare, f"{clock} without wait states; {time.unknown}")]
    expected = milliseconds_text(time.expected_milliseconds)
    return [
        (name, expected, f"{clock} with wait states, {time.source}; {bare} without"),
        ("waits", f"{time.waits.cycles:,} cycles", causes_text(time.waits)),
        ("", "", MODEL),
    ]
