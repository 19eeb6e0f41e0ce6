"""What the functions of a library are made of, piece by piece, as its text says: what their machine code is linear in.

Of kernels in assembly and of the tables in functions the text says the bytes themselves. C is counted in constructs:
loops, branches, operators, accesses. A call of a small function that compilers put in place is a piece of its own,
named after it, since the same text becomes the same code everywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from mcugen.kernels.encoded import encoded_bytes
from mcugen.plan.role import CALLED

OUTSIDE = "outside stages"
"""The functions that no stage has: the library's interface, and what runs stages in turn."""

CONSTRUCTS = {
    "loop": re.compile(r"\b(?:for|while)\b"),
    "branch": re.compile(r"\bif\b|\?|&&|\|\|"),
    "comparison": re.compile(r" (?:[<>]=?|[=!]=) "),
    "sum or shift": re.compile(r" [-+&|^]=? | <<=? | >>=? |\+\+|--|(?<![\w)])[-~](?=[a-z(])"),
    "product": re.compile(r" \* (?!const)"),
    "division": re.compile(r" [%/] "),
    "value of 64 bits": re.compile(r"\(u?int64_t\)"),
    "access": re.compile(r"\[|->|(?<=[=(] )\*(?=[a-z])|^ *\*", re.MULTILINE),
}
"""Pieces of C that stand for themselves, by what shows them."""
PIECES = (
    OUTSIDE, "function", "call", "copy or fill", "address of a table", *CONSTRUCTS,
    "row", "row of a ring", "row of a pool",
)  # fmt: skip
"""All pieces but calls of functions in place."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ASSEMBLED = re.compile(r"#if \w+_ASSEMBLY$")
_FUNCTION = re.compile(
    r"^(?P<head>(?:[A-Z][A-Z0-9_]* )?[a-z_][^;{}#]*)\n\{\n(?P<body>.*?)^\}", re.DOTALL | re.MULTILINE
)
_NAME = re.compile(r"\b(\w+)\((?=\s*[a-z])")
_STAGE = re.compile(r"(?:stage|matrix|depthwise|im2col|columns)_\d+")
_ROW = re.compile(r"row_\d+")
_TABLE = re.compile(r"static const u?int(?P<bits>\d+)_t \w+(?P<counts>(?:\[\d+\])+) = [^;]*;")
_CONSTANT = re.compile(r"U?INT\d+_C\((\w+)\)")
_CALL = re.compile(r"\b([a-z]\w*)\(")
_COPIES = ("memcpy", "memset", "memmove")
_KERNELS = tuple(f"{role.value}_" for role in CALLED)
"""What functions in assembly are called."""

Pieces = Counter[str]


@dataclass(frozen=True, eq=False)
class Code:
    """exact_bytes: of kernels in assembly, and of the tables in functions. functions: the pieces of all others, by
    name; those that no stage has are together OUTSIDE."""

    exact_bytes: int
    functions: Mapping[str, Pieces]


@dataclass(frozen=True)
class Function:
    """A function of the text. in_place: it becomes code of those who call it. own: it stays a function. text: of its
    body, without tables."""

    name: str
    in_place: bool
    own: bool
    assembly: bool
    text: str
    tables: int


def code_of(files: Mapping[str, str], name: str) -> Code:
    """The code of a library's files, by its name."""
    functions = functions_of(files)
    assembled = sum(encoded_bytes(function.text.splitlines()) for function in functions if function.assembly)
    compiled = {function.name: function for function in functions if not function.assembly}
    counted: dict[str, Pieces] = {}
    for function in compiled.values():
        if not function.in_place:
            pieces = counted.setdefault(owner(function.name), Counter())
            pieces.update(_pieces(function.text, compiled, name))
            pieces["function"] += function.own
    if OUTSIDE in counted:
        counted[OUTSIDE][OUTSIDE] = 1
    return Code(assembled + sum(function.tables for function in functions), counted)


def functions_of(files: Mapping[str, str]) -> list[Function]:
    """All functions of a library's files."""
    return [function for text in files.values() for function in _functions(text)]


def owner(function: str) -> str:
    """The stage that a function is counted with; OUTSIDE where it is none's."""
    stage = _STAGE.match(function)
    return stage[0] if stage else OUTSIDE


def compiled_text(text: str) -> str:
    """A file as compilers of its target see it: kernels in assembly without the same in portable C."""
    branches: list[str] = []
    kept = []
    for line in _COMMENT.sub("", text).splitlines():
        if line.startswith("#if"):
            branches.append("assembly" if _ASSEMBLED.match(line) else "")
        elif line.startswith("#else") and branches[-1] == "assembly":
            branches[-1] = "C beside assembly"
        elif line.startswith("#endif"):
            branches.pop()
        if "C beside assembly" not in branches:
            kept.append(line)
    return "\n".join(kept)


def _functions(text: str) -> Iterator[Function]:
    for match in _FUNCTION.finditer(compiled_text(text)):
        head, body = match["head"], match["body"]
        yield Function(
            _NAME.findall(head)[0],
            in_place=" inline " in head or "_INLINE " in head,
            # Others are called once, so that compilers put them in place all the same.
            own="_NOINLINE " in head or not head.startswith("static "),
            assembly="_NAKED " in head,
            text=_CONSTANT.sub(r"\1", _TABLE.sub("", body)),
            tables=sum(_table_bytes(table) for table in _TABLE.finditer(body)),
        )


def _table_bytes(table: re.Match[str]) -> int:
    return int(table["bits"]) // 8 * prod(int(count) for count in re.findall(r"\d+", table["counts"]))


def _pieces(text: str, compiled: Mapping[str, Function], library: str) -> Pieces:
    pieces = Counter({piece: len(pattern.findall(text)) for piece, pattern in CONSTRUCTS.items()})
    pieces["address of a table"] = len(set(re.findall(rf"\b{library}_(?:stage_\w+|outside)\b(?!\()", text)))
    for call in _CALL.findall(text):
        callee = compiled.get(call)
        if call in _COPIES:
            pieces["copy or fill"] += 1
        elif callee is None:
            pieces["call"] += call.startswith(_KERNELS)
        elif _ROW.fullmatch(call):
            pieces[_row(callee)] += 1
        elif callee.in_place:
            # Some are a stage's own.
            pieces[re.sub(r"_\d+(?=_)", "", call.removeprefix(f"{library}_"))] += 1
        else:
            pieces["call"] += callee.own
    return pieces


def _row(function: Function) -> str:
    """What finding a row takes: a rest, a look into a table, or neither."""
    if function.tables:
        return "row of a pool"
    return "row of a ring" if " % " in function.text else "row"
