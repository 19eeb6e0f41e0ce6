"""A bound on the stack, from the machine code: frames of functions summed along the deepest path of calls.

It sees what a compiler's -fstack-usage does not: assembly functions. Calls through pointers and frames of variable size
have no bound; the library has neither.
"""

from __future__ import annotations

import re
from pathlib import Path

from .disassembly import Instruction, disassemble
from .machines import Machine

_PUSH = re.compile(r"v?push(?:\.w)?|v?stmdb(?:\.w)?")
_SUBTRACT = re.compile(r"sub(?:w|s)?(?:\.w)?")
_CALL = re.compile(r"bl?(?:\.[nw])?")
_TARGET = re.compile(r"<([^>+]+)>")
_REGISTERS = re.compile(r"\{(.*)\}")


def stack_bound(machine: Machine, elf: Path, function: str) -> int | None:
    """Bytes of stack that a call of `function` can use; None where the code is not Thumb, and for recursion."""
    if not machine.gcc_prefix.startswith("arm"):
        return None
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for instruction in disassemble(machine, elf).instructions.values():
        name = instruction.function
        frames[name] = frames.get(name, 0) + _pushed(instruction)
        callee = _callee(instruction)
        if callee is not None and callee != name:
            calls.setdefault(name, set()).add(callee)
    return _deepest(function, frames, calls, ())


def _deepest(name: str, frames: dict[str, int], calls: dict[str, set[str]], path: tuple[str, ...]) -> int | None:
    if name in path:
        return None
    below = [_deepest(callee, frames, calls, (*path, name)) for callee in calls.get(name, ())]
    if any(bound is None for bound in below):
        return None
    return frames.get(name, 0) + max((bound for bound in below if bound is not None), default=0)


def _pushed(instruction: Instruction) -> int:
    operands = instruction.operands.split(";")[0].split("@")[0].strip()
    if _PUSH.fullmatch(instruction.mnemonic):
        if "stmdb" in instruction.mnemonic and not operands.startswith("sp!"):
            return 0
        return (8 if "{d" in operands else 4) * _count(operands)
    if _SUBTRACT.fullmatch(instruction.mnemonic) and operands.startswith("sp,"):
        number = re.search(r"#(\d+)", operands)
        return int(number.group(1)) if number else 0
    pre_decrement = re.search(r"\[sp, #-(\d+)\]!", operands)
    if instruction.mnemonic.startswith("str") and pre_decrement:
        return int(pre_decrement.group(1))
    return 0


def _count(operands: str) -> int:
    match = _REGISTERS.search(operands)
    total = 0
    for part in match.group(1).split(",") if match else ():
        first, _, last = part.strip().partition("-")
        total += _number(last) - _number(first) + 1 if last else 1
    return total


def _number(register: str) -> int:
    return {"sb": 9, "sl": 10, "fp": 11, "ip": 12}.get(register) or int(register[1:])


def _callee(instruction: Instruction) -> str | None:
    if not _CALL.fullmatch(instruction.mnemonic):
        return None
    match = _TARGET.search(instruction.operands)
    return match.group(1) if match else None
