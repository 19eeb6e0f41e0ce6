"""The documents of this repository as what they have in them: commands, programs, and what comes of both.

A document's blocks are fenced, and the language says what a block is:

    console   commands, "$ COMMAND", each with what it prints below it
    sh        commands whose output is not shown, one a line
    python    a program
    c         a program, or a fragment of one
    text      neither

Before a block, or before a table, comments say what its language does not:

    <!-- made by: COMMAND -->    the text or table below is what this command prints
    <!-- with: FILE -->          the block is a fragment: FILE has what it stands on; of C it is the body of a function
    <!-- run by: COMMAND -->     the interpreter of the program, where it is not python
    <!-- not run: REASON -->     no one runs it; REASON is one of NOT_RUN
    <!-- not tested: FILE -->    the script that refreshes documents runs it, tests do not: FILE does, or much the same
    <!-- tested as: COMMAND -->  tests run this instead; several such comments are several commands

and <!-- after: PAGE --> at the top of a page that its blocks run in the directory that PAGE leaves behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "firmware" / "README.md",
    *sorted((ROOT / "examples").glob("*/README.md")),
)
LANGUAGES = ("console", "sh", "python", "c", "text")
MARKS = ("made by", "with", "run by", "not run", "not tested", "tested as", "after")
# The reasons that there are for not running something.
NOT_RUN = (
    "needs a board",
    "needs TensorFlow",
    "needs cppcheck",
    "needs CMSIS-NN's sources",
    "needs the submodules of MicroPython",
    "sets up an environment",
    "takes longer than ten minutes",
    "tests/micropython runs it",
)

_MARK = re.compile(rf"<!-- ({'|'.join(MARKS)}): (.*) -->")


class DocumentError(ValueError):
    """A document whose blocks cannot be told apart, or whose comments contradict each other."""


@dataclass(frozen=True)
class Command:
    """A command, and what the document says that it prints: its lines from first on, up to but without last."""

    text: str
    output: str = ""
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Block:
    """A fenced block, or the table after a comment "made by" (its language is then ""); line counts from 1."""

    language: str
    text: str
    line: int
    commands: tuple[Command, ...] = ()
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def mark(self, name: str) -> str | None:
        """What the comment of this name says; None without one."""
        return self.marks[name][0] if name in self.marks else None


def parse(text: str) -> list[Block]:
    """All blocks of a document, in order. Raises DocumentError where one has no end or a language that is not known."""
    blocks = []
    lines = text.splitlines()
    marks: dict[str, tuple[str, ...]] = {}
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        if match := _MARK.fullmatch(line):
            marks[match[1]] = (*marks.get(match[1], ()), match[2])
            if match[1] == "after":
                marks = {}
            continue
        if line.startswith("```"):
            end = next((at for at in range(position, len(lines)) if lines[at] == "```"), None)
            if end is None or line[3:] not in LANGUAGES:
                raise DocumentError(f"line {position}: a block without an end, or of no known language: {line}")
            blocks.append(_block(line[3:], lines, position, end, marks))
            position = end + 1
        elif "made by" in marks:
            end = next((at for at in range(position, len(lines)) if not lines[at]), len(lines))
            blocks.append(_block("", lines, position - 1, end, marks))
            position = end
        elif marks:
            raise DocumentError(f"line {position}: no block stands below the comment {', '.join(marks)}")
        marks = {}
    return blocks


def _block(language: str, lines: Sequence[str], first: int, last: int, marks: dict[str, tuple[str, ...]]) -> Block:
    """The block of these lines; counted from 0, as everywhere within."""
    body = lines[first:last]
    commands: list[Command] = []
    if "made by" in marks:
        commands = [Command(marks["made by"][0], "\n".join(body), first, last)]
    elif language == "sh":
        commands = [Command(line) for line in "\n".join(body).replace("\\\n", "").splitlines() if line]
    elif language == "console":
        starts = [first + number for number, line in enumerate(body) if line.startswith("$ ")]
        if not starts or starts[0] != first:
            raise DocumentError(f"line {first + 1}: a console begins with a command")
        for start, end in zip(starts, [*starts[1:], last], strict=True):
            output = "\n".join(lines[start + 1 : end]).rstrip("\n")
            commands.append(Command(lines[start].removeprefix("$ "), output, start + 1, end))
    return Block(language, "".join(f"{line}\n" for line in body), first + 1, tuple(commands), marks)


def predecessor(text: str) -> str | None:
    """The page in whose directory, and after whose blocks, those of this page run."""
    match = re.search(r"^<!-- after: (.*) -->$", text, re.MULTILINE)
    return match[1] if match else None


def with_outputs(text: str, outputs: Mapping[Command, str]) -> str:
    """The document with new outputs of some of its commands."""
    lines = text.splitlines()
    for command in sorted(outputs, key=lambda command: command.first, reverse=True):
        rows = [row.rstrip() for row in outputs[command].rstrip().strip("\n").splitlines()]
        if command.last < len(lines) and lines[command.last].startswith("$ "):
            rows.append("")
        lines[command.first : command.last] = rows
    return "\n".join(lines) + "\n"


def words(text: str) -> list[str]:
    """What of an output is compared: no line breaks, no box drawing."""
    return re.sub(r"[─-╿]+", " ", text).split()
