"""Call frame information of a function in assembly: by it a debugger finds the caller and the caller's registers.

Directives of the assembler follow each instruction that begins or ends a function, and say what is true behind it: how
far the stack pointer is from where the caller had it (the canonical frame address, CFA, of DWARF), and where each
register of the caller is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LIST = re.compile(r"(v?(?:push|pop)) \{(.*)\}")
_MOVE = re.compile(r"mov (r\d+), (r\d+)")
_ROOM = re.compile(r"(sub|add) sp, #(\d+)")
_RANGE = re.compile(r"([rd])(\d+)-[rd](\d+)")
_LOW_REGISTERS = {f"r{i}" for i in range(8)}
_DIRECTIVES_A_LINE = 4


class CallFrame:
    """What is true behind the instructions so far. bytes: on the stack since the function was called."""

    def __init__(self) -> None:
        self.bytes = 0
        # Which of the caller's registers a low register holds, on cores whose push takes only those.
        self._holds: dict[str, str] = {}

    def behind(self, instruction: str) -> list[str]:
        """Lines of directives for an instruction that saves, restores or makes room."""
        found = list(self._directives(instruction))
        starts = range(0, len(found), _DIRECTIVES_A_LINE)
        return ["; ".join(found[start : start + _DIRECTIVES_A_LINE]) for start in starts]

    def _directives(self, instruction: str) -> Iterator[str]:
        if moved := _MOVE.fullmatch(instruction):
            to, source = moved.groups()
            if to in _LOW_REGISTERS:
                self._holds[to] = source
            else:
                yield f".cfi_restore {to}"
        elif room := _ROOM.fullmatch(instruction):
            self.bytes += int(room[2]) if room[1] == "sub" else -int(room[2])
            yield self._distance()
        elif listed := _LIST.fullmatch(instruction):
            size, names = 8 if listed[1].startswith("v") else 4, _names(listed[2])
            if listed[1].endswith("push"):
                self.bytes += size * len(names)
                yield self._distance()
                for place, name in enumerate(names):
                    yield f".cfi_offset {self._holds.get(name, name)}, {size * place - self.bytes}"
            elif "pc" not in names:
                self.bytes -= size * len(names)
                yield self._distance()
                for name in names:
                    held = self._holds.get(name)
                    yield f".cfi_register {held}, {name}" if held else f".cfi_restore {name}"

    def _distance(self) -> str:
        return f".cfi_def_cfa_offset {self.bytes}"


def _names(text: str) -> list[str]:
    """The registers of a list, one by one."""
    names: list[str] = []
    for part in text.split(", "):
        several = _RANGE.fullmatch(part)
        names += [f"{several[1]}{i}" for i in range(int(several[2]), int(several[3]) + 1)] if several else [part]
    return names
