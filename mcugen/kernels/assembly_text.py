"""What a function in assembly is written of: words of the stack, labels, and lines of a C file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_COMMENT_COLUMN = 52


class AssemblyError(Exception):
    """An emitter contradicts itself."""


@dataclass(frozen=True)
class Slot:
    """A word of the stack; as text its address."""

    offset: int
    meaning: str

    def __str__(self) -> str:
        return f"[sp, #{self.offset}]" if self.offset else "[sp]"


class Frame:
    """The words of the stack, as attributes."""

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self._slots = slots

    def __getattr__(self, name: str) -> Slot:
        if name not in self._slots:
            raise AssemblyError(f"no {name} in the frame")
        return self._slots[name]


@dataclass(eq=False)
class Label:
    """A place in the function; as text what a branch to it names: it may stand before or after that."""

    number: int
    meaning: str
    placed: bool = False
    used: bool = False

    def __str__(self) -> str:
        self.used = True
        return f"{self.number}{'b' if self.placed else 'f'}"


@dataclass(frozen=True)
class Line:
    """depth: of loops around it. text: an instruction, a label, a directive, or "" for a comment alone."""

    depth: int
    text: str
    comment: str

    @property
    def is_unwinding(self) -> bool:
        """Whether it is call frame information, which is there only where the compiler writes its own."""
        return self.text.startswith(".cfi_")

    def c(self, mnemonic_width: int) -> str:
        """The line as it stands in the C file, among the strings of an __asm__ statement."""
        indent = " " * 4 * (self.depth - self.text.endswith(":"))
        comment = f"/* {self.comment} */" if self.comment else ""
        if not self.text:
            return indent + comment
        if self.is_unwinding:
            return f'{indent}CFI("{self.text}")'
        mnemonic, _, operands = self.text.partition(" ")
        text = f"{mnemonic:<{mnemonic_width}} {operands}" if operands else mnemonic
        string = rf'{indent}"{text}\n"'
        return f"{string:<{_COMMENT_COLUMN}}{comment}".rstrip()
