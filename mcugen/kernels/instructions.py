"""What an instruction in Arm assembly reads and writes, from its text: registers, and words of the stack.

Registers have one name each here: r0 to r12, lr, and q0 to q7, of which d and s registers are parts. The stack pointer
is none of them: an instruction may load and store words from it on, or take the address of one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


# The first operand is what they write and, where there is no other source, read.
_COMPUTING = _set(
    "add adds addw and ands asr asrs eor lsl lsls lsr lsrs mla muls pkhbt sbfx sub subs subw ubfx "
    "smlabb smlabt smlad smlatb smlatt smmla smmul smmulr smuad ssat usat "
    "vadd vmax vmin vmladav vmul vmullb vmullt vidup vqdmulh vqrdmulh vrshl vshr"
)
# The same, but that their first operand is never read.
_LOADS = _set("ldr ldrb ldrh ldrsb ldrsh vldrb vldrw")
_COPYING = _set("mov movs movw mvn mvns sxtb sxtb16 sxth uxtb uxtb16 uxth vmov vmvn dls") | _LOADS
# What they write, a part of it or a sum, stays what it was besides.
_ADDING = _set("bfi smlal vmladava vmovnt vqmovnb vqmovnt vqmovunb vqmovunt le")
# Whether they do anything is the predicate's to say.
_PREDICATED = {"vldrbt": "vldrb", "vstrbt": "vstrb"}
# The first two operands are what they write.
_OF_TWO = _set("ldrd smlal smull")
_LOADS_OF_LISTS = frozenset(("ldm", "ldmia"))
_STORES_OF_LISTS = frozenset(("stm", "stmia"))
_READING = _set("str strb strd strh vstrb cmp vctp vpst vpstt") | _STORES_OF_LISTS
_BRANCH = re.compile(r"b(?:eq|ne|cs|cc|mi|pl|hs|lo|hi|ls|ge|lt|gt|le)?")

_LANE = re.compile(r"\b(q\d)\[\d\]")
_OPERAND = re.compile(r"\{[^}]*\}|\[[^\]]*\]!?|[^\s,{[][^,{[]*")
_REGISTER = re.compile(r"(r|q|d|s)(\d+)|lr")
_RANGE = re.compile(r"([rqds])(\d+)-\1(\d+)")
_NO_REGISTER = re.compile(r"#-?\w+|=\w+|\d+[bf]|(?:lsl|lsr|asr|ror) #\d+")
_OF_STACK = re.compile(r"\[sp(?:, #(\d+))?\]")
_MOST = {"r": 12, "q": 7, "d": 15, "s": 31}
# Of a vector: the registers of each kind that lie in it.
_PARTS = {"d": 2, "s": 4}
_WORD = 4
_A_LOAD = "a load"


@dataclass(frozen=True)
class Instruction:
    """way: in which it fills what it writes: its mnemonic without the type of a vector's elements, or "a load". reads,
    writes: registers. words: bytes from the stack pointer of the words of the stack that it loads or stores. points:
    the same of the word whose address it takes, or None. listed: the register by which it loads or stores a list, how
    many words, and whether that register goes on behind them."""

    way: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    words: tuple[int, ...] = ()
    points: int | None = None
    listed: tuple[str, int, bool] | None = None

    @staticmethod
    def of(text: str) -> Instruction:
        """Raises ValueError for what is no register, for instructions that are not known, and for other uses of the
        stack pointer."""
        whole, _, rest = text.partition(" ")
        mnemonic = whole.partition(".")[0]
        mnemonic = _PREDICATED.get(mnemonic, mnemonic)
        operands = [each.strip() for each in _OPERAND.findall(_LANE.sub(r"\1", rest))]
        if mnemonic in _LOADS_OF_LISTS | _STORES_OF_LISTS:
            return _of_list(mnemonic, *operands)
        stack = _stack(mnemonic, operands)
        places = [each for each in operands if each.startswith("[")]
        plain = [each for each in operands if not each.startswith("[") and each != "sp"]
        named = [_registers(each) for each in plain]
        addressed = [name for each in places if not _OF_STACK.fullmatch(each) for name in _registers(each.strip("[]!"))]
        count = _written(mnemonic)
        writes = [name for names in named[:count] for name in names]
        reads = [name for names in named[count:] for name in names] + addressed
        if mnemonic == "vmov" and len(plain) > 2:
            # Two words into lanes of a vector, which stands there twice.
            reads = [name for name in reads if name not in writes]
        if mnemonic in _ADDING or (mnemonic in _COMPUTING and len(plain) == count + 1 and stack is None):
            reads += writes
        if mnemonic == "vidup":
            # Where it counts from goes on.
            writes += named[1]
        if places and (places[0].endswith("!") or operands[-1] != places[0]):
            # The address goes on by a constant.
            writes += addressed[:1]
        way = _A_LOAD if mnemonic in _LOADS | {"ldrd"} else mnemonic
        return Instruction(way, tuple(reads), tuple(writes), *(stack or ((), None)))


def _written(mnemonic: str) -> int:
    """How many operands an instruction writes."""
    if mnemonic in _OF_TWO:
        return 2
    if mnemonic in _COMPUTING | _COPYING | _ADDING:
        return 1
    if mnemonic in _READING or _BRANCH.fullmatch(mnemonic):
        return 0
    raise ValueError(f"{mnemonic} is not known")


def _of_list(mnemonic: str, place: str, registers: str) -> Instruction:
    names, moves = _registers(registers), place.endswith("!")
    loads = mnemonic in _LOADS_OF_LISTS
    if place == "sp":
        words = tuple(_WORD * i for i in range(len(names)))
        return Instruction(_A_LOAD, () if loads else names, names if loads else (), words)
    (base,) = _registers(place.removesuffix("!"))
    written = (names if loads else ()) + ((base,) if moves else ())
    read = (base,) if loads else (base, *names)
    return Instruction(_A_LOAD, read, written, listed=(base, len(names), moves))


def _stack(mnemonic: str, operands: list[str]) -> tuple[tuple[int, ...], int | None] | None:
    """(words, points) of an instruction that has the stack pointer, None of others."""
    if not any(re.search(r"\bsp\b", each) for each in operands):
        return None
    words = _OF_STACK.fullmatch(operands[-1])
    if words and mnemonic in ("ldr", "str", "ldrb", "strb", "ldrh", "strh", "ldrd", "strd"):
        first = int(words[1] or 0)
        return (tuple(first + _WORD * i for i in range(len(operands) - 1)), None)
    match mnemonic, operands:
        case "mov", [_, "sp"]:
            return (), 0
        case "add", [_, "sp", constant] if constant.startswith("#"):
            return (), int(constant[1:])
    raise ValueError("the stack pointer is for words of the frame")


def _registers(operand: str) -> tuple[str, ...]:
    """The registers that an operand names, in order."""
    found: list[str] = []
    for each in operand.strip("{}").split(", "):
        if (several := _RANGE.fullmatch(each)) is not None:
            found += [_register(f"{several[1]}{i}") for i in range(int(several[2]), int(several[3]) + 1)]
        elif not _NO_REGISTER.fullmatch(each):
            found.append(_register(each))
    return tuple(found)


def _register(name: str) -> str:
    match = _REGISTER.fullmatch(name)
    kind, number = (match[1], match[2]) if match else (None, None)
    if match is None or (kind and int(number or 0) > _MOST[kind]):
        raise ValueError(f"no register {name}")
    return f"q{int(number or 0) // _PARTS[kind]}" if kind in _PARTS else name
