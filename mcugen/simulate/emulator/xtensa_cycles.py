"""Modelled cycles of Xtensa cores: instructions issue in order, one a cycle, each when its operands are ready.

The core that is modelled is the ESP32's LX6, in internal memory; the code that is counted is its smaller relative's,
the LX106 (see machines.py). No maker's table is public. What the figures rest on:

  [GCC]    gcc/config/xtensa/xtensa.md, "Pipeline model": five stages; all instructions complete in a cycle, but results
           of loads, multiplications and RSR come a cycle later
  [ESP32]  ESP32 data sheet, CPU: the LX6 has seven stages (the LX7 of the ESP32-S3 five: it waits less)
  [LX]     Tensilica, "Xtensa LX architecture": seven stages are five and two more for access to memory; taken as one
           for instructions and one for data
  [loops]  measured on the ESP32: counting down and branching back takes 5 cycles (pcm1723.hateblo.jp, "ESP32 no meirei
           jikko saikuru su (1)"), a loop takes 6 that takes 5 on the ESP8266 (github.com/espressif/esp-idf, issue 85)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .disassembly import Instruction

_REGISTER = re.compile(r"\ba\d+\b")
_LOAD = re.compile(r"l(?:8ui|16[su]i|32i|32r)")
_MULTIPLY = re.compile(r"mull|mul16[su]|mul[su]h|muluh")
# All registers that they name are read.
_WITHOUT_RESULT = re.compile(r"s(?:8|16|32)i|b.*|j|jx|callx?0|ret|wsr.*|ss.*|nop|memw|.sync|extw|simcall")
_SPECIAL = re.compile(r"rsr.*")
# Keeps its result where the condition does not hold.
_CONDITIONAL = re.compile(r"mov(?:eqz|nez|ltz|gez)")


@dataclass(frozen=True)
class XtensaModel:
    """load, multiply, special: cycles from issue until another instruction can use the result; taken_branch: what a
    jump adds."""

    name: str
    load: int
    multiply: int
    special: int
    taken_branch: int

    def block(self, instructions: Sequence[Instruction]) -> list[int]:
        """Cycles of each instruction: how long until the next one issues."""
        ready: dict[str, int] = {}
        issued: list[int] = []
        now = 0
        for instruction in instructions:
            registers = _REGISTER.findall(instruction.operands)
            result = None if _WITHOUT_RESULT.fullmatch(instruction.mnemonic) else registers[:1]
            keeps = result is None or _CONDITIONAL.fullmatch(instruction.mnemonic)
            sources = registers if keeps else registers[1:]
            now = max([now, *(ready.get(register, 0) for register in sources)])
            issued.append(now)
            for register in result or ():
                ready[register] = now + self._latency(instruction.mnemonic)
            now += 1
        return [after - at for at, after in zip(issued, [*issued[1:], now], strict=True)]

    def _latency(self, mnemonic: str) -> int:
        for pattern, cycles in ((_LOAD, self.load), (_MULTIPLY, self.multiply), (_SPECIAL, self.special)):
            if pattern.fullmatch(mnemonic):
                return cycles
        return 1

    def taken(self, instruction: Instruction) -> int:
        """The refill of the pipeline."""
        return self.taken_branch


# [GCC] and, of a load, one more by [LX]; a jump refills what stands in front of execution: [loops] 5 = 1 + 1 + 3.
XTENSA_LX6 = XtensaModel("Xtensa LX6 (rough)", load=3, multiply=2, special=2, taken_branch=3)
