"""Boards as data; adding one is an entry in its family's file."""

from __future__ import annotations

import difflib

from mcugen.diagnostics import McugenError
from mcugen.targets.boards.arduino_mbed import ARDUINO_MBED
from mcugen.targets.boards.board import Board
from mcugen.targets.boards.emulated import EMULATED
from mcugen.targets.boards.esp32 import ESP32
from mcugen.targets.boards.nordic import NORDIC
from mcugen.targets.boards.raspberry_pi import RASPBERRY_PI
from mcugen.targets.boards.stm32 import STM32
from mcugen.targets.boards.teensy import TEENSY
from mcugen.targets.boards.wch import WCH

BOARDS: tuple[Board, ...] = (*STM32, *ESP32, *RASPBERRY_PI, *ARDUINO_MBED, *NORDIC, *TEENSY, *WCH, *EMULATED)


def find_board(name: str) -> Board:
    """The board of this name; raises McugenError naming the nearest ones, or all, if there is none."""
    for board in BOARDS:
        if board.name == name.lower():
            return board
    names = [board.name for board in BOARDS]
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"one of: {', '.join(names)}"
    raise McugenError(f"there is no board {name!r}", f"{hint}; `mcugen boards` lists them")


__all__ = ["BOARDS", "Board", "find_board"]
