"""The documents: what they show is run as it is written, and what it prints is what they say."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.targets.boards import BOARDS
from scripts.documents import DOCUMENTS, NOT_RUN, ROOT, Block, Command, DocumentError, parse, with_outputs
from scripts.run_documents import Result, Step, Workplace, groups, steps
from tests.support.needs import NEEDS, reasons_of, skip
from tests.test_readme import all_commands

PAGE = """# A page

```console
$ echo a
old
$ false  # fails

$ echo b
```

<!-- made by: echo "| x |" -->
| y |

<!-- not run: needs a board -->
<!-- tested as: true -->
```sh
one \\
  two  # and a comment
three
```

<!-- with: tests/support/fragments/camera_of_fashion.h -->
```c
row[0] = 1;
```
"""


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks() -> list[tuple[Path, Block]]:
    return [(page, block) for page in DOCUMENTS for block in parse(page.read_text())]


def test_blocks_are_found_with_their_commands_and_marks() -> None:
    console, table, shell, fragment = parse(PAGE)
    assert [(command.text, command.output) for command in console.commands] == [
        ("echo a", "old"),
        ("false  # fails", ""),
        ("echo b", ""),
    ]
    assert (table.language, table.text, table.commands[0].text) == ("", "| y |\n", 'echo "| x |"')
    assert [command.text for command in shell.commands] == ["one   two  # and a comment", "three"]
    assert (shell.mark("not run"), shell.marks["tested as"]) == ("needs a board", ("true",))
    assert (fragment.language, fragment.text, fragment.commands) == ("c", "row[0] = 1;\n", ())


def test_outputs_are_put_in_and_nothing_else_changes() -> None:
    console, table, *_ = parse(PAGE)
    changed = with_outputs(PAGE, {console.commands[0]: "\nnew  \nlines\n\n", table.commands[0]: "| x |\n"})
    assert changed == PAGE.replace("old\n", "new\nlines\n\n").replace("| y |", "| x |")
    same = {command: command.output for block in (console, table) for command in block.commands}
    assert parse(with_outputs(PAGE, same))[0].commands[0].output == "old"


@pytest.mark.parametrize(
    "text", ["```console\n$ a\n", "```\nx\n```\n", "```console\nno command\n```\n", "<!-- not run: x -->\ntext\n"]
)
def test_what_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(DocumentError, match="line"):
        parse(text)


def test_marks_are_obeyed() -> None:
    console, _, shell, fragment = parse(PAGE)
    document = ROOT / "README.md"
    assert [step.command for step in steps(document, shell, testing=True)] == ["true"]
    assert steps(document, shell, testing=False) == []
    assert [step.shown for step in steps(document, console, testing=True)] == list(console.commands)
    assert "void fragment(void)" in steps(document, fragment, testing=True)[0].text


def test_an_output_is_stale_where_it_must_be_what_is_shown(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)
    table = Command("python benchmarks/memory.py a b", "| a | 1 |\n| b | 2 |", 1, 3)
    timed = Command("python benchmarks/startup.py", "| a | 1 |", 1, 2)

    def stale(command: str, shown: Command, output: str) -> bool:
        return workplace.is_stale(Result(ROOT / "README.md", Step(command, shown), output))

    assert not stale(table.text, table, "| a | 1 |\n\n| b |  2 |\n")
    assert stale(table.text, table, "| a | 1 |\n")
    assert not stale("python benchmarks/memory.py b", table, "| b | 2 |\n")
    assert stale("python benchmarks/memory.py b", table, "| b | 3 |\n")
    assert not stale(timed.text, timed, "| a | 9 |\n")


def test_what_is_not_here_is_left_out_and_a_failure_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ false\n```\n\n```sh\necho $MPY_DIR\nfalse\n```\n")
    monkeypatch.delenv("MPY_DIR", raising=False)
    results = list(Workplace(tmp_path / "work").run_pages([page], testing=True))
    assert [(result.code, bool(result.left_out)) for result in results] == [(1, False), (0, True), (0, True)]


def test_mcugen_has_the_environment_of_its_command(tmp_path: Path) -> None:
    """One server answers all pages of a process: what it was started with may be that of a test without tools."""
    page = tmp_path / "page.md"
    page.write_text("```console\n$ mcugen --help\n$ COLUMNS=50 mcugen --help\n```\n")
    results = list(Workplace(tmp_path / "work").run_pages([page], testing=True))
    assert [max(map(len, result.output.splitlines())) for result in results] == [100, 50]


@pytest.mark.parametrize("there", [("make",), ("make", "gcc"), ("gcc",), ()], ids=" ".join)
def test_the_pages_of_micropython_need_what_they_need(
    there: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the source is and tools are not, or half a source: left out for a reason of the list, never a failure."""
    (tmp_path / "bin").mkdir()
    for name in ("bash", "sh", "env", "sed", "grep", "head", "tail", "ls", "mkdir", "cp", *there):
        found = shutil.which(name)
        assert found is not None, name
        (tmp_path / "bin" / name).symlink_to(found)
    source = tmp_path / "source" / "py" / "dynruntime.mk"
    source.parent.mkdir(parents=True)
    source.touch()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("MPY_DIR", str(tmp_path / "source"))
    if there == ("make", "gcc"):
        monkeypatch.setitem(NEEDS, "pyelftools", replace(NEEDS["pyelftools"], is_there=lambda: False))
    results = list(Workplace(tmp_path / "work").run_pages([ROOT / "docs" / "micropython.md"], testing=True))
    left_out = [result for result in results if result.left_out]
    assert len(left_out) >= 3
    assert {result.code for result in results if result not in left_out} == {0}
    assert reasons_of("; ".join(dict.fromkeys(result.left_out for result in left_out)))


def test_reasons_for_not_running_are_those_that_there_are() -> None:
    found = blocks()
    assert {block.mark("not run") for _, block in found} - {None} == set(NOT_RUN)
    for page, block in found:
        for name in ("with", "not tested"):
            assert block.mark(name) is None or (ROOT / str(block.mark(name))).is_file(), (page.name, block.marks)


def test_nothing_is_shown_that_is_not_parsed() -> None:
    """Indented code would be neither run nor refreshed; lines of a list may be indented."""
    for page in DOCUMENTS:
        outside = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"^\n {4}\S", outside, re.MULTILINE), page.name


def test_what_is_not_run_at_least_exists() -> None:
    commands = all_commands()
    extras = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]")[2]
    sections = (ROOT / "firmware" / "platformio.ini").read_text()
    for page, block in blocks():
        lines = [*(command.text for command in block.commands), *block.marks.get("tested as", ())]
        text = "".join(f"{line}\n" for line in lines)
        for line in re.findall(r"\bmcugen [a-z].*", text):
            words = line.split(" | ")[0].split()
            name = words[1] if words[1] in commands else " ".join(words[1:3])
            assert name in commands, (page.name, line)
            known = {option for parameter in commands[name] for option in parameter.opts}
            assert {word for word in words if re.match("--[a-z]", word)} <= known, (page.name, line)
        for extra in re.findall(r"pip install '(?:mcugen|\.)\[([\w,]+)\]'", text):
            assert all(f"\n{name} = [" in extras for name in extra.split(",")), (page.name, extra)
        for environment in re.findall(r"\bpio run .*-e (\w+)", text):
            assert f"[env:{environment}]" in sections, (page.name, environment)
        for board in re.findall(r"--board (\S+)", text):
            assert board in {board.name for board in BOARDS}, (page.name, board)


@pytest.mark.slow
@pytest.mark.parametrize("pages", groups(), ids=lambda pages: " ".join(named(page) for page in pages))
def test_what_the_documents_show(pages: list[Path], tmp_path: Path) -> None:
    """Every command, program and fragment runs; `python -m scripts.update_documents` brings outputs up to date."""
    workplace = Workplace(tmp_path)
    left_out, stale = [], []
    for result in workplace.run_pages(pages, testing=True):
        step = result.step
        if result.left_out:
            left_out.append(result.left_out)
            continue
        assert result.code == 0, f"{named(result.page)}: {step.command}\n{result.output}"
        if workplace.is_stale(result):
            stale.append(f"{named(result.page)}: not what it prints now: {step.command}")
    assert not stale, "\n".join(stale)
    if left_out:
        skip(left_out)
