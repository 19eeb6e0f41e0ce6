"""Runs the commands that README.md shows and puts what they print into it.

    .venv/bin/python scripts/update_readme.py          writes README.md anew
    .venv/bin/python scripts/update_readme.py --check  only says where it is out of date: exit code 1, a line each

A command is a line "$ COMMAND" of a ```console block, or <!-- made by: COMMAND --> before a table or block. Commands
run in an empty directory with links to everything in the repository and to the models that are named on the command
line or lie in ../shared/models; one that fails, or names a model that is not there, keeps its old output. --check
leaves out commands whose output depends on the machine (compilers, time) and compares words only, not the lines that
tables are made of.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
MODELS = ROOT.parent / "shared" / "models"

_MADE_BY = re.compile(r"<!-- made by: (.*) -->")
_MODEL = re.compile(r"[\w./-]+\.(?:tflite|onnx|npz)\b")
# What these print follows from the model and the repository alone.
_DETERMINISTIC = re.compile(r"mcugen (analyze|generate) |python benchmarks/memory.py ")

Run = Callable[[str], str | None]


def rewritten(text: str, replace: Callable[[str, str], str]) -> str:
    """The text with the output of every command replaced: replace(command, old output) is the new one."""
    result: list[str] = []
    lines = text.splitlines()
    position = 0
    ends: tuple[str, ...] = ()
    while position < len(lines):
        line = lines[position]
        position += 1
        result.append(line)
        command = None
        if line.startswith("```"):
            ends = ("$ ", "```") if line == "```console" else ()
        elif ends and line.startswith("$ "):
            command = line.removeprefix("$ ")
        elif match := _MADE_BY.fullmatch(line):
            command, ends = match[1], ()
            if lines[position].startswith("```"):
                result.append(lines[position])
                position += 1
                ends = ("```",)
        if command is None:
            continue
        begin = position
        while position < len(lines) and not (lines[position].startswith(ends) if ends else lines[position] == ""):
            position += 1
        new = replace(command, "\n".join(lines[begin:position]))
        result += [row.rstrip() for row in new.rstrip().strip("\n").splitlines()]
        if position < len(lines) and lines[position].startswith("$ "):
            result.append("")
        if ends == ("```",):
            ends = ()
    return "\n".join(result) + "\n"


def words(text: str) -> list[str]:
    """What is compared: no line breaks, no box drawing."""
    return re.sub(r"[─-╿]+", " ", text).split()


def runner(directory: Path, models: list[Path]) -> Run:
    """A function that runs a command in the directory; None where it fails or a model of it is absent."""
    present = [*ROOT.iterdir(), *(MODELS.iterdir() if MODELS.is_dir() else ()), *(model.resolve() for model in models)]
    for path in present:
        if path.name not in (".venv", "build") and not (directory / path.name).is_symlink():
            (directory / path.name).symlink_to(path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1"}

    def run(command: str) -> str | None:
        absent = [name for name in _MODEL.findall(command) if not (directory / name).exists()]
        if absent or command.startswith("make"):
            print(f"left as it is: {command}" + (f" (no {', '.join(absent)})" if absent else ""), file=sys.stderr)
            return None
        print(f"$ {command}", file=sys.stderr)
        shell = ["bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(
            shell,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"{done.stdout}exit code {done.returncode}, so left as it is: {command}", file=sys.stderr)
            return None
        return done.stdout

    return run


def update(text: str, run: Run) -> str:
    """The text with new outputs; one whose command cannot run here stays."""

    def replace(command: str, old: str) -> str:
        new = run(command)
        return old if new is None else new

    return rewritten(text, replace)


def outdated(text: str, run: Run) -> list[str]:
    """The deterministic commands whose output is not what the text says."""
    found = []

    def compare(command: str, old: str) -> str:
        new = run(command) if _DETERMINISTIC.match(command) else None
        if new is not None and words(new) != words(old):
            found.append(command)
        return old

    rewritten(text, compare)
    return found


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, help="models that the commands name, by path")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args()
    if not Path(sys.executable).with_name("mcugen").exists():
        parser.error("run it with the Python of an environment that has mcugen, such as .venv/bin/python")
    text = README.read_text()
    with tempfile.TemporaryDirectory(prefix="mcugen-readme-") as name:
        run = runner(Path(name), options.models)
        if not options.check:
            README.write_text(update(text, run))
            return 0
        stale = outdated(text, run)
    for command in stale:
        print(f"README.md: not what it prints now: {command}")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
