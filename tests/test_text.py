"""Text from outside is inert where it is written."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mcugen
from mcugen.text import c_string, comment_text, markdown_code, one_line, printable, shell_word, terminal_text
from tests.support.hostile_text import HOSTILE_TEXTS

_ANY = st.one_of(
    st.text(alphabet="*/?\\\n\r\u2028\u202e`\x1b[] a\"'$", max_size=30), st.text(), st.sampled_from(HOSTILE_TEXTS)
)


@given(_ANY)
def test_comments_are_one_short_line_of_ascii(text: str) -> None:
    comment = comment_text(text)
    for sequence in ("*/", "/*", "??", "\\"):
        assert sequence not in comment
    assert comment.isascii()
    assert comment.isprintable()
    assert len(comment) <= 90


@given(_ANY)
def test_string_literals_read_back(text: str) -> None:
    literal = c_string(text)
    assert literal.isascii()
    assert literal.isprintable()
    assert "??" not in literal
    value = ast.literal_eval("b" + literal.replace("\\?", "?"))
    assert len(value) <= 1000
    assert b"\0" not in value
    expected = one_line(text).encode()
    assert value == expected or (value.endswith(b"...") and expected.startswith(value[:-3]))


@given(_ANY)
def test_lines_have_nothing_that_is_not_seen(text: str) -> None:
    assert printable(text).isprintable()
    assert one_line(text).isprintable()
    assert len(one_line(text)) <= 1003


@given(_ANY)
def test_code_spans_end_where_they_should(text: str) -> None:
    span = markdown_code(text)
    fence = re.match("`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert span.endswith(fence[0])
    assert fence[0] not in re.findall("`+", inner)
    assert inner.strip(" ") == one_line(text)


@given(_ANY)
def test_the_terminal_shows_no_markup(text: str) -> None:
    from rich.text import Text

    shown = Text.from_markup(f"[bold]{terminal_text(text)}[/]")
    # Rich shows a backslash before a bracket that begins no markup as the bracket alone.
    assert shown.plain.replace("\\[", "[") == one_line(text).replace("\\[", "[")
    assert len(shown.spans) <= 1


@given(_ANY)
def test_commands_have_one_word(text: str) -> None:
    (word,) = shlex.split(shell_word(text))
    assert not word.startswith("-")
    assert word.endswith(one_line(text))


@pytest.mark.parametrize("text", ["$(touch made)", "`touch made`", "; touch made", "' ; touch made ; '", "!!"])
def test_a_shell_runs_nothing(text: str, tmp_path: Path) -> None:
    done = subprocess.run(["sh", "-c", f"printf %s {shell_word(text)}"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == text


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("vww_96_int8", "model/conv_1/Relu6", "a name (v2)", "C++ and C#"):
        assert comment_text(name) == one_line(name) == terminal_text(name) == name
        assert c_string(name) == f'"{name}"'
        assert markdown_code(name) == f"`{name}`"
    assert shell_word("vww_96_int8.tflite") == "vww_96_int8.tflite"
    assert comment_text("Fähre") == "F<U+00E4>hre"


def test_no_other_module_makes_text_inert_its_own_way() -> None:
    package = Path(mcugen.__file__).parent
    for path in package.rglob("*.py"):
        if path != package / "text.py":
            source = path.read_text()
            assert "rich.markup" not in source, path
            assert "html.escape" not in source, path
