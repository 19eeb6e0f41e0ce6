"""A writer of functions in Arm assembly, in which registers, words of the stack, labels and loops have names.

An emitter chooses the registers itself and says what each holds. The writer then refuses what reading would not find:

- a register that holds something else already, or whose name is used after that has changed (`holding`, `becomes`);
- a register in an instruction that holds nothing, also as a part of a vector, or that nothing has filled yet;
- a register that is overwritten, but in the way in which it was filled (the next weight is loaded as the first was):
  what is added to what it holds stays that, and what takes its place has a name of its own (`becomes`);
- a register that belongs to the caller and was not saved (`enter`);
- a word of the stack that is not in the frame, in lists of registers and behind addresses that are taken of it, too;
- a stack pointer that moves, and instructions that `instructions.py` does not know;
- a label that stands twice or nowhere.

It also writes the comments: what a register holds where that begins, what a word of the stack is, where a branch goes.
What an emitter explains is printed where it first occurs in the function, and what a register holds where that is
another than it was last said to be, so that unrolled code stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from mcugen.kernels.assembly_text import AssemblyError, Frame, Label, Line, Slot
from mcugen.kernels.call_frame import CallFrame
from mcugen.kernels.instructions import Instruction

# First and last instructions of a function of each kind, around those that make room on the stack.
_ENTER = {
    "armv6-m": ("push {r4-r7, lr}", "mov r4, r8", "mov r5, r9", "mov r6, r10", "mov r7, r11", "push {r4-r7}"),
    "armv7-m": ("push {r4-r11, lr}",),
    "armv8.1-m": ("push {r4-r11, lr}", "vpush {d8-d15}"),
}
_LEAVE = {
    "armv6-m": ("pop {r4-r7}", "mov r8, r4", "mov r9, r5", "mov r10, r6", "mov r11, r7", "pop {r4-r7, pc}"),
    "armv7-m": ("pop {r4-r11, pc}",),
    "armv8.1-m": ("vpop {d8-d15}", "pop {r4-r11, pc}"),
}
_CORE_REGISTERS = (*(f"r{i}" for i in range(13)), "lr")
_VECTOR_REGISTERS = tuple(f"q{i}" for i in range(8))
# What a function may overwrite without saving it (AAPCS32, 6.1).
_SCRATCH = {"r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3"}
_BRANCH = re.compile(r"\b(?:b(?:\w\w)?|le lr,) (\d+)[bf]$")
# What filled the registers of arguments, and what fills one that becomes something else.
_CALLER, _NEXT = "the caller", ""


@dataclass(frozen=True, eq=False)
class Register:
    """A register while it holds what it holds; as text its name."""

    name: str
    meaning: str
    _assembly: Assembly

    def __str__(self) -> str:
        held = self._assembly.held.get(self.name)
        if held is not self:
            instead = f"it holds {held.meaning}" if held else "it holds nothing"
            raise AssemblyError(f"{self.name} is taken for {self.meaning}: {instead}")
        return self.name


class Assembly:
    """A function being written. kind: what it saves and restores, a key of `_ENTER`; arguments: what r0 to r3 hold."""

    def __init__(self, kind: str, *arguments: str) -> None:
        self.held: dict[str, Register] = {}
        self._kind = kind
        self._lines: list[Line] = []
        self._frame: dict[int, Slot] = {}
        self._frame_bytes = 0
        self._entered = False
        self._call_frame = CallFrame()
        self._labels: dict[int, Label] = {}
        self._depth = 1
        self._explained: set[str] = set()
        self._unexplained: dict[str, Register] = {}
        self._said: dict[str, str] = {}
        # In which way each register was filled; and where in the frame it points to, if it does, in bytes.
        self._filled: dict[str, str] = {}
        self._points: dict[str, int] = {}
        self.arguments = tuple(self.hold(f"r{i}", meaning) for i, meaning in enumerate(arguments))
        self._unexplained.clear()
        self._filled.update(dict.fromkeys(self.held, _CALLER))

    def __call__(self, text: str, comment: str = "") -> None:
        """An instruction. comment: what it does, beyond what names say."""
        try:
            instruction = Instruction.of(text)
        except ValueError as error:
            raise AssemblyError(f"{text}: {error}") from None
        mentioned = list(dict.fromkeys((*instruction.writes, *instruction.reads)))
        for name in mentioned:
            if name not in self.held:
                raise AssemblyError(f"{text}: {name} holds nothing")
        names = self._names_in(text, instruction)
        self._fill(text, instruction)
        begins = [self._unexplained.pop(name) for name in mentioned if name in self._unexplained]
        said = [f"{register.name}: {register.meaning}" for register in begins if self._is_news(register)]
        # What is loaded is said by the register that holds it then.
        self._line(text, [*(said or names), *self._once(comment)])

    def hold(self, name: str, meaning: str, *, filled: bool = False) -> Register:
        """From here on the register holds this, as soon as an instruction has filled it. filled: it holds it already,
        where a branch leads here."""
        if name not in (*_CORE_REGISTERS, *_VECTOR_REGISTERS):
            raise AssemblyError(f"no register {name}")
        if name in self.held:
            raise AssemblyError(f"{name} for {meaning} holds {self.held[name].meaning}")
        if name not in _SCRATCH and not self._saves(name):
            raise AssemblyError(f"{name} for {meaning} is the caller's")
        if filled:
            self._filled[name] = _NEXT
        register = Register(name, meaning, self)
        self.held[name] = self._unexplained[name] = register
        return register

    def drop(self, *registers: Register) -> None:
        """What the registers hold is not needed any more."""
        for register in registers:
            del self.held[str(register)]
            for state in (self._unexplained, self._filled, self._points):
                state.pop(register.name, None)

    def becomes(self, register: Register, meaning: str) -> Register:
        """The same register, in which the next instruction makes something else of what it holds."""
        self.drop(register)
        self._filled[register.name] = _NEXT
        return self.hold(register.name, meaning)

    def anew(self, register: Register) -> Register:
        """The same register, which the next instruction that fills it may fill in another way than before: a pointer
        that goes back to where it began."""
        self._filled[str(register)] = _NEXT
        return register

    @contextmanager
    def holding(self, **meanings: str) -> Iterator[tuple[Register, ...]]:
        """Registers by name that hold something in this block only, this or what it becomes."""
        yield tuple(self.hold(name, meaning) for name, meaning in meanings.items())
        self.drop(*(self.held[name] for name in meanings))

    def enter(self, frame_bytes: int = 0, **words: str) -> Frame:
        """Saves the caller's registers and makes room on the stack. words: what the frame holds from its begin on, by
        the names that the emitter has for them."""
        if self._entered or 4 * len(words) > frame_bytes:
            raise AssemblyError(f"a second frame, or no {len(words)} words in {frame_bytes} bytes")
        self._entered, self._frame_bytes = True, frame_bytes
        for text in _ENTER[self._kind]:
            self._frame_line(text, "the caller's registers")
        if frame_bytes:
            self._frame_line(f"sub sp, #{frame_bytes}")
        slots = {name: Slot(4 * i, word) for i, (name, word) in enumerate(words.items())}
        self._frame = {slot.offset: slot for slot in slots.values()}
        return Frame(slots)

    def leave(self) -> None:
        """Gives back room and registers, and returns."""
        if not self._entered:
            raise AssemblyError("leaves a function that it has not entered")
        if self._frame_bytes:
            self._frame_line(f"add sp, #{self._frame_bytes}")
        for text in _LEAVE[self._kind]:
            self._frame_line(text, "the caller's registers, and return")
        self.drop(*self.held.values())

    def note(self, text: str) -> None:
        """A comment of its own, for the lines that follow."""
        self._line("", [text])

    def directive(self, text: str, comment: str = "") -> None:
        """A line for the assembler, such as a constant."""
        self._line(text, [comment] if comment else [])

    def label(self, meaning: str) -> Label:
        """A label that is to be placed once."""
        number = len(self._labels) + 1
        self._labels[number] = Label(number, meaning)
        return self._labels[number]

    def place(self, label: Label) -> Label:
        """The label stands here."""
        if label.placed:
            raise AssemblyError(f"label {label.number} ({label.meaning}) stands twice")
        label.placed = True
        # Where an address stands now is not known in a loop.
        self._points.clear()
        self._line(f"{label.number}:", [label.meaning])
        return label

    @contextmanager
    def loop(self, meaning: str) -> Iterator[Label]:
        """The block is repeated; it branches to the label that it is given."""
        self._depth += 1
        yield self.place(self.label(meaning))
        self._depth -= 1

    def lines(self) -> tuple[str, ...]:
        """The finished function as it stands in the C file."""
        for label in self._labels.values():
            if label.used != label.placed:
                raise AssemblyError(
                    f"label {label.number} ({label.meaning}) is {'never used' if label.placed else 'nowhere'}"
                )
        if self.held:
            raise AssemblyError(f"does not leave, and {', '.join(self.held)} hold something")
        width = max(len(line.text.partition(" ")[0]) for line in self._lines if not line.is_unwinding)
        return tuple(line.c(width) for line in (*self._legend(), *self._lines))

    def _legend(self) -> Iterator[Line]:
        if self.arguments:
            yield Line(1, "", ", ".join(f"{register.name}: {register.meaning}" for register in self.arguments))
        for meaning, run in groupby(self._frame.values(), key=lambda slot: slot.meaning):
            first, *others = run
            yield Line(1, "", f"{f'{first} to {others[-1]}' if others else first!s:<9}  {meaning}")

    def _saves(self, name: str) -> bool:
        return self._entered and (name in _CORE_REGISTERS or self._kind == "armv8.1-m")

    def _fill(self, text: str, instruction: Instruction) -> None:
        """Follows what each register is filled by."""
        for name in instruction.reads:
            if name not in self._filled:
                raise AssemblyError(f"{text}: {name} is to hold {self.held[name].meaning}, but nothing has filled it")
        for name in instruction.writes:
            by = self._filled.get(name, _NEXT) or instruction.way
            if name not in instruction.reads and by != instruction.way:
                raise AssemblyError(f"{text}: {name} holds {self.held[name].meaning}, filled by {by}")
            self._filled[name] = by
            if instruction.listed is None or instruction.listed[0] != name:
                self._points.pop(name, None)
        if instruction.points is not None:
            self._points[instruction.writes[0]] = instruction.points

    def _names_in(self, text: str, instruction: Instruction) -> list[str]:
        """The meanings of words of the stack and of a label in an instruction."""
        match = _BRANCH.search(text)
        names = [self._labels[int(match[1])].meaning] if match else []
        words = list(instruction.words)
        if instruction.listed is not None and instruction.listed[0] in self._points:
            base, count, moves = instruction.listed
            words += [self._points[base] + 4 * i for i in range(count)]
            self._points[base] += 4 * count * moves
        for offset in words:
            if offset not in self._frame:
                raise AssemblyError(f"{text}: not in the frame")
        names += [meaning for meaning, _ in groupby(self._frame[offset].meaning for offset in words)]
        if instruction.points is not None and not {instruction.points, instruction.points - 4} & self._frame.keys():
            raise AssemblyError(f"{text}: points neither into the frame nor behind a word of it")
        return names

    def _is_news(self, register: Register) -> bool:
        """Whether a register was last said to hold something else."""
        before, self._said[register.name] = self._said.get(register.name), register.meaning
        return before != register.meaning

    def _once(self, comment: str) -> list[str]:
        if not comment or comment in self._explained:
            return []
        self._explained.add(comment)
        return [comment]

    def _frame_line(self, text: str, comment: str = "") -> None:
        """An instruction after which the caller is found in another way."""
        self._line(text, self._once(comment))
        for directives in self._call_frame.behind(text):
            self._line(directives, [])

    def _line(self, text: str, comments: list[str]) -> None:
        self._lines.append(Line(self._depth, text, "; ".join(comments)))
