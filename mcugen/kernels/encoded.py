"""How many bytes the assembler makes of a function in Arm assembly, from its lines: no table has to know the size of a
kernel.

An instruction of Thumb has two bytes where it has a narrow encoding, else four (Arm Architecture Reference Manuals,
encodings T1 and T2 of each instruction; Armv6-M has hardly any others). Assemblers take the narrow one where there is
one: where registers are low (r0 to r7), immediates short, and flags are set as it sets them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_TEXT = re.compile(r'\s*"([^"\\]+)\\n"')
_LABEL = re.compile(r"(\d+):")
_OPERANDS = re.compile(r"\{[^}]*\}!?|\[[^\]]*\]!?|[^,\s][^,]*")
_BRANCHES = "b|b(?:eq|ne|cs|cc|mi|pl|hs|lo|hi|ls|ge|lt|gt|le)"
_BRANCH = re.compile(rf"({_BRANCHES}) (\d+)([bf])")
_BACK = re.compile(rf"(le lr,|{_BRANCHES}) (\d+)(b)")
_ADDRESS = re.compile(r"\[(\w+)(?:, (?:#(\d+)|(r\d)))?\]")
_LOW = frozenset(f"r{i}" for i in range(8))
_REACH = {True: 254, False: 2046}
"""Bytes behind its own place, and its length, that a branch reaches: on a condition or always."""
_PIPELINE = 4
_WORD = 4
_NARROW, _WIDE = 2, 4


def encoded_bytes(lines: Iterable[str]) -> int:
    """Bytes of a function in a section of its own, which ends at a word. lines: as `Assembly` writes them."""
    texts = _instructions(lines)
    # A constant that no move can load stands once, behind the code.
    pool = {text.partition("=")[2] for text in texts if "=" in text and not _movable(text)}
    return _up(_places(texts)[-1]) + _WORD * len(pool)


def loop_bytes(lines: Iterable[str]) -> list[int]:
    """Bytes of each loop, from its label to behind the branch back to it; one that has others in it has theirs, too."""
    texts = _instructions(lines)
    places = _places(texts)
    back = [(i, branch) for i, text in enumerate(texts) if (branch := _BACK.fullmatch(text))]
    return [places[i + 1] - places[_target(branch, i, texts)] for i, branch in back]


def _instructions(lines: Iterable[str]) -> list[str]:
    """Instructions, labels and directives."""
    return [" ".join(match[1].split()) for line in lines if (match := _TEXT.match(line))]


def _places(texts: list[str]) -> list[int]:
    """Where each begins, and where the last one ends."""
    sizes = [_size(text) for text in texts]
    while True:
        places = [0]
        for text, size in zip(texts, sizes, strict=True):
            aligned = _up(places[-1]) if text.startswith((".align", ".word")) else places[-1]
            places.append(aligned + size)
        far = [i for i, text in enumerate(texts) if sizes[i] == _NARROW and not _reaches(text, i, texts, places)]
        if not far:
            return places
        for i in far:
            sizes[i] = _WIDE


def _up(place: int) -> int:
    return -(-place // _WORD) * _WORD


def _reaches(text: str, position: int, texts: list[str], places: list[int]) -> bool:
    """Whether the instruction is no branch, or one to a label that its narrow encoding reaches."""
    branch = _BRANCH.fullmatch(text)
    if branch is None:
        return True
    distance = places[_target(branch, position, texts)] - places[position] - _PIPELINE
    reach = _REACH[branch[1] != "b"]
    return -reach - 2 <= distance <= reach


def _target(branch: re.Match[str], position: int, texts: list[str]) -> int:
    """Which line the branch at this position goes to."""
    label = f"{branch[2]}:"
    return texts.index(label, position) if branch[3] == "f" else position - 1 - texts[:position][::-1].index(label)


def _size(text: str) -> int:
    if _LABEL.fullmatch(text) or text.startswith("."):
        return _WORD if text.startswith(".word") else 0
    if _BRANCH.fullmatch(text):
        return _NARROW
    mnemonic, _, rest = text.partition(" ")
    narrow = _NARROWER.get(mnemonic)
    return _NARROW if narrow and narrow([each.strip() for each in _OPERANDS.findall(rest)]) else _WIDE


def _low(*registers: str) -> bool:
    return _LOW.issuperset(registers)


def _up_to(limit: int, immediate: str, multiple: int = 1) -> bool:
    return immediate.startswith("#") and 0 <= (value := int(immediate[1:], 0)) <= limit and value % multiple == 0


def _listed(registers: str) -> list[str]:
    """r0, r1, r2, lr of {r0-r2, lr}."""
    found: list[str] = []
    for each in registers.strip("{}").split(", "):
        first, _, last = each.partition("-")
        found += [f"r{i}" for i in range(int(first[1:]), int(last[1:]) + 1)] if last else [each]
    return found


def _add(operands: list[str]) -> bool:
    """Without flags: of any two registers into one of them; of the stack pointer and a constant."""
    target, *sources = operands if len(operands) > 2 else [operands[0], *operands]
    if sources[0] == "sp" and sources[1].startswith("#"):
        return _up_to(508, sources[1], 4) if target == "sp" else _low(target) and _up_to(1020, sources[1], 4)
    return len(sources) == 2 and not sources[1].startswith("#") and target in sources


def _adds(operands: list[str]) -> bool:
    """With flags: of low registers; of a short constant, a longer one where it is added in place."""
    target, *sources = operands if len(operands) > 2 else [operands[0], *operands]
    if len(sources) == 2 and sources[1].startswith("#"):
        return _low(target, sources[0]) and _up_to(255 if target == sources[0] else 7, sources[1])
    return len(sources) == 2 and _low(target, *sources)


def _access(limit: int, size: int, *, stack: bool = False, literal: bool = False) -> Callable[[list[str]], bool]:
    """A load or store of `size` bytes whose short form reaches so far. stack: from the stack pointer, further. literal:
    of a constant in the code."""

    def narrow(operands: list[str]) -> bool:
        if len(operands) != 2 or not _low(operands[0]):
            return False
        if not operands[1].startswith("["):
            return literal and not ("=" in operands[1] and _movable(operands[1]))
        address = _ADDRESS.fullmatch(operands[1])
        if address is None:
            return False
        base, offset, index = address.groups()
        if base == "sp":
            return stack and index is None and _up_to(1020, f"#{offset or 0}", size)
        return _low(base, index) if index else _low(base) and _up_to(limit, f"#{offset or 0}", size)

    return narrow


def _signed_byte(operands: list[str]) -> bool:
    """Of a low register and a low register."""
    address = _ADDRESS.fullmatch(operands[1]) if len(operands) == 2 else None
    return address is not None and address[3] is not None and _low(operands[0], address[1], address[3])


def _load_many(operands: list[str]) -> bool:
    """Low registers by a low one, which is moved unless it is among them."""
    base, registers = operands[0].rstrip("!"), _listed(operands[1])
    return _low(base, *registers) and operands[0].endswith("!") != (base in registers)


def _store_many(operands: list[str]) -> bool:
    return operands[0].endswith("!") and _low(operands[0].rstrip("!"), *_listed(operands[1]))


def _movable(text: str) -> bool:
    """Whether a move can load the constant behind = (Armv7-M: 16 bits, or eight bits anywhere, or a byte repeated)."""
    value = int(text.partition("=")[2] or "0", 0)
    return any(_immediate(each & 0xFFFFFFFF) for each in (value, ~value)) or 0 <= value < 1 << 16


def _immediate(value: int) -> bool:
    low = value & 0xFF
    repeated = (low * 0x00010001, low * 0x01010101, (value >> 8 & 0xFF) * 0x01000100)
    return value in repeated or value < 1 << 8 or (value >> _trailing(value)) < 1 << 8


def _trailing(value: int) -> int:
    return (value & -value).bit_length() - 1


def _low_only(operands: list[str]) -> bool:
    return _low(*operands)


def _shift(operands: list[str]) -> bool:
    return _low(*operands[:2]) and (len(operands) == 2 or operands[2].startswith("#") or operands[0] == operands[1])


def _move(operands: list[str]) -> bool:
    return not operands[1].startswith("#")


def _moves(operands: list[str]) -> bool:
    return _low(operands[0]) and (_low(operands[1]) or _up_to(255, operands[1]))


def _compare(operands: list[str]) -> bool:
    return _low(operands[0]) and _up_to(255, operands[1]) if operands[1].startswith("#") else True


def _push(operands: list[str]) -> bool:
    return _low(*(set(_listed(operands[0])) - {"lr"}))


def _pop(operands: list[str]) -> bool:
    return _low(*(set(_listed(operands[0])) - {"pc"}))


_NARROWER: Mapping[str, Callable[[list[str]], bool]] = {
    "add": _add,
    "adds": _adds,
    "sub": lambda operands: operands[0] == "sp" and _add(operands),
    "subs": _adds,
    "ldr": _access(124, 4, stack=True, literal=True),
    "str": _access(124, 4, stack=True),
    "ldrb": _access(31, 1),
    "strb": _access(31, 1),
    "ldrh": _access(62, 2),
    "strh": _access(62, 2),
    "ldrsb": _signed_byte,
    "ldrsh": _signed_byte,
    "ldm": _load_many,
    "ldmia": _load_many,
    "stm": _store_many,
    "stmia": _store_many,
    "push": _push,
    "pop": _pop,
    "mov": _move,
    "movs": _moves,
    "cmp": _compare,
    "lsls": _shift,
    "lsrs": _shift,
    "asrs": _shift,
    **dict.fromkeys(("mvns", "muls", "ands", "orrs", "eors", "bics", "negs", "rsbs"), _low_only),
    **dict.fromkeys(("sxtb", "uxtb", "sxth", "uxth"), _low_only),
    "bx": lambda operands: True,
}
"""Whether there is a narrow encoding of these operands, by mnemonic; of others there is none."""
