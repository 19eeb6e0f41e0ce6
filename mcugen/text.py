"""Text from outside (names of files, layers, classes, boards) where it is written: one function for each kind of place.

A model, a file's name and a board can hold any text. What these functions return is inert in its place: it ends no
comment, string, line or code span, holds no escape sequence for a terminal, and nothing that changes the direction of
what stands around it. HTML is escaped by Jinja (`report.page`), JSON by `json.dumps` in ASCII.
"""

from __future__ import annotations

import json
import re
import shlex

_LONGEST_LINE = 1000
_LONGEST_COMMENT = 90
# C99 promises string literals and lines of 4,095 characters; an octal escape takes four for a byte.
_LONGEST_C_STRING = 1000
_PLAIN_IN_C = {ord('"'): '\\"', ord("\\"): "\\\\", ord("?"): "\\?"}


def printable(text: str) -> str:
    """The text with spaces for line breaks, control characters, marks of direction, surrogates and the unassigned."""
    return "".join(c if c.isprintable() else " " for c in text)


def one_line(text: str) -> str:
    """For messages and descriptions: the text on one line, at most 1000 characters of it.

    What is not `printable` becomes a space, and several spaces one.
    """
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= _LONGEST_LINE else f"{flat[:_LONGEST_LINE]}..."


def comment_text(text: str) -> str:
    """For comments in C: one line of ASCII that neither ends the comment nor begins one, at most 90 characters.

    Other characters become their number, such as <U+00E4>. No ?? begins a trigraph, no backslash joins lines.
    """
    line = "".join(c if c.isascii() else f"<U+{ord(c):04X}>" for c in one_line(text)).replace("\\", "|")
    line = re.sub(r"\?(?=\?)", "? ", line).replace("*/", "* /").replace("/*", "/ *")
    return line if len(line) <= _LONGEST_COMMENT else f"{line[: _LONGEST_COMMENT - 3].rstrip()}..."


def c_string(text: str) -> str:
    """For string literals in C, with the quotes: ASCII, one line, at most 1000 bytes of UTF-8 between the quotes.

    Other bytes than ASCII's are octal escapes, and no two ? begin a trigraph. What `one_line` takes away goes.
    """
    data = one_line(text).encode()
    if len(data) > _LONGEST_C_STRING:
        data = data[: _LONGEST_C_STRING - 3].decode(errors="ignore").encode() + b"..."
    return '"' + "".join(_PLAIN_IN_C.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in data) + '"'


def markdown_code(text: str) -> str:
    """For Markdown: the text as a code span, with a fence that is longer than any run of backticks in it."""
    line = one_line(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{space}{line}{space}{fence}"


def yaml_string(text: str) -> str:
    """For YAML: a scalar in double quotes. Not ASCII as JSON's: YAML reads the halves of a surrogate pair apart."""
    return json.dumps(one_line(text), ensure_ascii=False)


def terminal_text(text: str) -> str:
    """For what Rich prints: one line without escape sequences, in which no markup is seen."""
    from rich.markup import escape

    return escape(one_line(text))


def shell_word(text: str) -> str:
    """For a command that people copy: one word, quoted where it has to be, that is no option."""
    line = one_line(text)
    return shlex.quote(f"./{line}" if line.startswith("-") else line)
