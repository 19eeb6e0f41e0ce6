"""Instructions of an ELF file, read from the disassembler's listing, and what a timing model wants to know of each."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from .errors import EmulatorError, find_tool
from .machines import Machine


class Kind(Enum):
    """What a core does with an instruction, as far as its time is concerned (Thumb)."""

    ALU = "arithmetic, logic, move"
    SIMD = "DSP extension: parallel, packing, extending, saturating"
    MULTIPLY = "multiply, 32-bit result"
    MULTIPLY_ADD = "multiply and accumulate, 32-bit result"
    MULTIPLY_LONG = "multiply, 64-bit result"
    MULTIPLY_ADD_LONG = "multiply and accumulate, 64-bit result"
    DIVIDE = "divide"
    LOAD = "load of one register"
    LOAD_MANY = "LDRD, LDM, POP"
    STORE = "store of one register"
    STORE_MANY = "STRD, STM, PUSH"
    BRANCH = "branch"
    TABLE_BRANCH = "TBB, TBH"
    IF_THEN = "IT"
    BARRIER = "barrier"
    SYSTEM = "special register, breakpoint"
    FLOAT = "floating point or vector"


_COND = "(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)?"
_KINDS = tuple(
    (re.compile(rf"(?:{pattern}){_COND}"), kind)
    for pattern, kind in (
        (r"it[te]{0,3}", Kind.IF_THEN),
        (r"bl?x?|cbn?z|le|wls|letp|bl?xns", Kind.BRANCH),
        (r"tb[bh]", Kind.TABLE_BRANCH),
        (r"ldrd|ldm(?:ia|db|fd|ea)?|pop", Kind.LOAD_MANY),
        (r"strd|stm(?:ia|db|fd|ea)?|push", Kind.STORE_MANY),
        (r"ldr(?:ex)?s?[bh]?t?|pld|pli|lda[bh]?", Kind.LOAD),
        (r"str(?:ex)?[bh]?t?|stl[bh]?", Kind.STORE),
        (r"[us]div", Kind.DIVIDE),
        (r"[us]mulls?", Kind.MULTIPLY_LONG),
        (r"[us]mlals?|smlal[bt][bt]|smlaldx?|smlsldx?|umaal", Kind.MULTIPLY_ADD_LONG),
        (r"mla|mls|smla[bt][bt]|smlaw[bt]|smladx?|smlsdx?|smml[as]r?", Kind.MULTIPLY_ADD),
        (r"muls?|smul[bt][bt]|smulw[bt]|smuadx?|smusdx?|smmulr?", Kind.MULTIPLY),
        (r"dsb|dmb|isb", Kind.BARRIER),
        (r"mrs|msr|cps.*|svc|bkpt|udf|wf[ei]|sev", Kind.SYSTEM),
        (r"(?:[us]|sh|uh|q|uq)(?:add16|add8|asx|sax|sub16|sub8)|qd?(?:add|sub)", Kind.SIMD),
        (r"[us]xtb16|[us]xta(?:b|h|b16)|pkh(?:bt|tb)|sel|[us]sat(?:16)?|usada?8", Kind.SIMD),
        (r"v.*", Kind.FLOAT),
    )
)
_COMPARE = re.compile(rf"(?:cmp|cmn|tst|teq|nop|msr|pl[di]){_COND}")
_WITHOUT_RESULT = {
    Kind.STORE,
    Kind.STORE_MANY,
    Kind.BRANCH,
    Kind.TABLE_BRANCH,
    Kind.IF_THEN,
    Kind.BARRIER,
    Kind.FLOAT,
}
_TWO_RESULTS = {Kind.MULTIPLY_LONG, Kind.MULTIPLY_ADD_LONG}
_REGISTER = re.compile(r"\b(?:r\d+|sp|lr|pc|ip|fp|sl|sb)\b")
_RANGE = re.compile(r"\b(r\d+|sl|fp|ip|sb)-(r\d+|sl|fp|ip|sb)\b")
_ALIASES = {"sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14, "pc": 15}
_LABEL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_LINE = re.compile(r"^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t([^.\s]\S*)\t?(.*)$")


def _number(register: str) -> int:
    return _ALIASES[register] if register in _ALIASES else int(register[1:])


def _registers(text: str) -> tuple[int, ...]:
    """The core registers named in `text`, ranges included, in order."""

    def spread(match: re.Match[str]) -> str:
        return ", ".join(f"r{n}" for n in range(_number(match.group(1)), _number(match.group(2)) + 1))

    return tuple(_number(name) for name in _REGISTER.findall(_RANGE.sub(spread, text)))


@dataclass(frozen=True)
class Instruction:
    """One instruction of the listing."""

    address: int
    size: int
    mnemonic: str
    operands: str
    function: str

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.address + self.size

    @cached_property
    def kind(self) -> Kind:
        """Its class, by its mnemonic (Thumb)."""
        for pattern, kind in _KINDS:
            if pattern.fullmatch(self.mnemonic):
                return kind
        return Kind.ALU

    @cached_property
    def _fields(self) -> list[str]:
        """The operands, split at the commas outside of brackets."""
        return [field.strip() for field in re.split(r",(?![^\[{]*[\]}])", self.operands)]

    @cached_property
    def register_list(self) -> tuple[int, ...]:
        """The registers that LDM, STM, PUSH, POP, LDRD or STRD moves."""
        braces = re.search(r"\{(.*)\}", self.operands)
        return _registers(braces.group(1) if braces else ",".join(self._fields[:2]))

    @cached_property
    def address_registers(self) -> tuple[int, ...]:
        """What a load or store computes its address from."""
        brackets = re.search(r"\[(.*?)\]", self.operands)
        if brackets:
            return _registers(brackets.group(1))
        if self.mnemonic in ("push", "pop"):
            return (13,)
        return _registers(self._fields[0]) if self.kind in (Kind.LOAD_MANY, Kind.STORE_MANY) else ()

    @property
    def has_register_offset(self) -> bool:
        """Whether the address is the sum of two registers."""
        return len(self.address_registers) > 1

    @cached_property
    def results(self) -> tuple[int, ...]:
        """The registers that it writes; the update of a base register is left out."""
        if self.kind is Kind.LOAD_MANY:
            return self.register_list
        if self.kind in _WITHOUT_RESULT or _COMPARE.fullmatch(self.mnemonic):
            return ()
        return _registers(",".join(self._fields[: 2 if self.kind in _TWO_RESULTS else 1]))

    @cached_property
    def addend(self) -> tuple[int, ...]:
        """The accumulator that a multiply-accumulate reads."""
        if self.kind is Kind.MULTIPLY_ADD:
            return _registers(self._fields[-1])
        return self.results if self.kind is Kind.MULTIPLY_ADD_LONG else ()

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """The registers that it reads, accumulator and address included."""
        if self.kind in (Kind.LOAD, Kind.LOAD_MANY):
            return self.address_registers
        if self.kind is Kind.STORE_MANY:
            return self.register_list + self.address_registers
        if self.kind is Kind.STORE or not self.results:
            return _registers(self.operands)
        read = _registers(",".join(self._fields[len(self.results) :]))
        two_operands = len(self._fields) == 2 and not re.match(r"mov|mvn|[us]xt|rev|clz|rbit|adr", self.mnemonic)
        return read + self.addend + (self.results if two_operands else ())

    @property
    def has_shifted_operand(self) -> bool:
        """Whether an ALU operand goes through the shifter other than by LSL (which the M33 does for nothing)."""
        return self.kind is Kind.ALU and re.search(r"\b(?:lsr|asr|ror) #", self.operands) is not None


@dataclass(frozen=True)
class Disassembly:
    """All instructions of an ELF file by address, and where functions start."""

    instructions: dict[int, Instruction]
    functions: dict[str, int]
    """By name; of static functions with one name, the last."""
    entries: set[int]

    def has(self, start: int, last: int) -> bool:
        """Whether all instructions from `start` to `last` are here."""
        while start <= last and start in self.instructions:
            start = self.instructions[start].end
        return start > last

    def block(self, start: int, last: int) -> list[Instruction]:
        """The instructions from the one at `start` to the one at `last`."""
        found = []
        while start <= last:
            instruction = self.instructions.get(start)
            if instruction is None:
                raise EmulatorError(f"no instruction at {start:#x} in the listing, but it was executed")
            found.append(instruction)
            start = instruction.end
        return found


def disassemble(machine: Machine, elf: Path) -> Disassembly:
    """Lists `elf` with the toolchain's objdump."""
    lines = _objdump(machine, elf)
    functions = {name: address for name, address in _labels(lines) if "+" not in name}
    entries = {address for name, address in _labels(lines) if "+" not in name}
    return Disassembly(_instructions(lines), functions, entries)


def list_executed(machine: Machine, elf: Path, listing: Disassembly, blocks: Mapping[int, int]) -> None:
    """Adds executed blocks, from the address of their first instruction to that of the last, that `listing` lacks.

    Xtensa's instructions of two and three bytes stand behind bytes of padding, at which a listing can lose its step.
    """
    for start, last in blocks.items():
        if not listing.has(start, last):
            lines = _objdump(machine, elf, f"--start-address={start:#x}", f"--stop-address={last + 4:#x}")
            listing.instructions.update(_instructions(lines))


def _objdump(machine: Machine, elf: Path, *options: str) -> list[str]:
    command = [find_tool(machine.gcc_prefix + "objdump"), "-d", "-z", *options, str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EmulatorError(f"{Path(command[0]).name} failed: {done.stderr.strip()[:2000]}")
    return done.stdout.splitlines()


def _labels(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Names and addresses of functions, those of the compiler's own labels left out."""
    for line in lines:
        label = _LABEL.match(line)
        if label and not label.group(2).startswith(".L"):
            yield label.group(2), int(label.group(1), 16)


def _instructions(lines: Iterable[str]) -> dict[int, Instruction]:
    instructions = {}
    function = "?"
    for line in lines:
        for name, _ in _labels([line]):
            function = name.partition("+")[0]
        if match := _LINE.match(line):
            address = int(match.group(1), 16)
            size = len(match.group(2).replace(" ", "")) // 2
            mnemonic = re.sub(r"\.[nw]$", "", match.group(3))
            operands = re.split(r"\s*(?:@|;|\t|# )", match.group(4), maxsplit=1)[0].strip()
            instructions[address] = Instruction(address, size, mnemonic, operands, function)
    return instructions
