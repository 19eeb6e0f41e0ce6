"""Runs the blocks of documents, for the script that refreshes outputs and for the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts import warm_mcugen
from scripts.documents import DOCUMENTS, ROOT, Block, Command, DocumentError, parse, predecessor, words
from tests.support import needs
from tests.support.needs import MODELS

# What these print follows from the models that they name and from the repository alone.
_DETERMINISTIC = re.compile(r"(mcugen (analyze|boards|diff|fit|generate|nets)|python benchmarks/memory\.py|ls) ?")
_C_FLAGS = "-std=c99 -Wall -Wextra -Werror -fsyntax-only"
_OUTPUT = re.compile(r"(?:-o|--output|--onnx|--report) \S+")
_MODEL = re.compile(r"[\w./-]+\.(?:tflite|onnx|npz|pt2|pt)\b")


@cache
def _warm_mcugen() -> str:
    """The command that runs `mcugen`, by a server that lasts as long as this process."""
    return warm_mcugen.start()


# What a command needs, by a pattern of it: entries of tests/support/needs.py.
_NEEDS = (
    (r"^cc |mcugen validate (?!.*--on)|--run host|examples/demo\.py", ("cc",)),
    (r"cmake", ("cmake",)),
    (r"cortex_m\.py|boards\.py", ("arm-none-eabi-gcc",)),
    (r"qemu|cortex_m\.py|boards\.py built", ("cortex-m4",)),
    (r"fashion-mnist|load_fashion_mnist", ("fashion-mnist",)),
    (r"mcugen (train|quantize|sweep)|\.pt2?\b|\btorch\b|nets import", ("torch",)),
    (r"mcugen sweep", ("dask", "matplotlib")),
    (r"mcugen train", ("tensorboard",)),
    (r"\bpio |mcugen flash", ("platformio",)),
    (r"MPY_DIR|import fashion|micropython ARCH=", ("micropython-source",)),
    (r"import fashion|micropython ARCH=", ("make", "gcc", "pyelftools", "ar")),
    (r"^micropython ", ("micropython",)),
)


@dataclass(frozen=True)
class Step:
    """Something to run: a command as the document has it, one in its place, or one that runs a block's text.

    shown is the command of the document; where another is run in place of one that makes a table, it gives rows of it.
    """

    command: str
    shown: Command | None = None
    file: str = ""
    text: str = ""


@dataclass(frozen=True)
class Result:
    """What came of a step; left_out says why it was not run, and is empty where it was."""

    page: Path
    step: Step
    output: str = ""
    code: int = 0
    left_out: str = ""


def steps(page: Path, block: Block, testing: bool) -> list[Step]:
    """What running the block means; C is only ever compiled by the tests."""
    if testing and "tested as" in block.marks:
        table = None if block.language else block.commands[0]
        return [Step(command, table) for command in block.marks["tested as"]]
    if "not run" in block.marks or (testing and "not tested" in block.marks):
        return []
    if block.language == "python":
        file = f"{page.stem}_{block.line}.py"
        return [Step(f"{block.mark('run by') or 'python'} {file}", None, file, _fragment(block) + block.text)]
    if block.language == "c":
        file, text = f"{page.stem}_{block.line}.c", f'#line {block.line} "{page.name}"\n{block.text}'
        if "with" in block.marks:
            text = f"{_fragment(block)}\nvoid fragment(void);\nvoid fragment(void)\n{{\n{text}}}\n"
        return [Step(f"cc {_C_FLAGS} $INCLUDES {file}", None, file, text)] if testing else []
    return [Step(command.text, command) for command in block.commands]


def _fragment(block: Block) -> str:
    name = block.mark("with")
    return (ROOT / name).read_text() if name else ""


def groups(pages: Sequence[Path] = DOCUMENTS) -> list[list[Path]]:
    """The pages by the directory that they share, each behind the one that it follows."""
    found: dict[Path, list[Path]] = {}
    waiting = list(pages)
    while waiting:
        rest = []
        for page in waiting:
            before = predecessor(page.read_text())
            if before is None:
                found[page] = [page]
            elif group := next((group for group in found.values() if ROOT / before in group), None):
                group.append(page)
            else:
                rest.append(page)
        if len(rest) == len(waiting):
            raise DocumentError(f"no such page before {', '.join(page.name for page in rest)}")
        waiting = rest
    return list(found.values())


class Workplace:
    """A directory with links to everything in the repository and to the models beside it, where commands run.

    `mcugen` is this checkout's, `python` the interpreter that runs this.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._mcugen = directory / "build" / "bin" / "mcugen"
        self._mcugen.parent.mkdir(parents=True, exist_ok=True)
        models = [path for folder in (MODELS, MODELS.parent / "field") if folder.is_dir() for path in folder.iterdir()]
        for path in [*ROOT.iterdir(), *models]:
            if path.name not in (".git", ".venv", "build") and not (directory / path.name).exists():
                (directory / path.name).symlink_to(path)
        search = [str(self._mcugen.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
        self._environment = os.environ | {
            "PATH": os.pathsep.join(search),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "OMP_NUM_THREADS": "1",
        }
        self._left_out = ""

    def run_pages(self, pages: Sequence[Path], *, testing: bool) -> Iterator[Result]:
        """Runs all blocks of the pages, in order; the result of each step as it ends."""
        for page in pages:
            for block in parse(page.read_text()):
                for step in steps(page, block, testing):
                    yield self._run(page, step)

    def is_stale(self, result: Result) -> bool:
        """Whether a command printed something else than the document shows, where it must be that on every machine."""
        command = result.step.shown
        if command is None or not command.last or not _DETERMINISTIC.match(command.text):
            return False
        if result.step.command != command.text:
            return not set(result.output.splitlines()) <= set(command.output.splitlines())
        inputs = [self.directory / name for name in _MODEL.findall(_OUTPUT.sub("", command.text))]
        given = all(path.is_symlink() or path.resolve().is_relative_to(ROOT) for path in inputs)
        return given and words(result.output) != words(command.output)

    def _run(self, page: Path, step: Step) -> Result:
        if missing := self._missing(step):
            return Result(page, step, left_out=missing)
        if step.file:
            (self.directory / step.file).write_text(step.text)
        if "mcugen" in step.command and not self._mcugen.exists():
            self._mcugen.write_text(f'#!/bin/sh\nexec {_warm_mcugen()} "$@"\n')
            self._mcugen.chmod(0o755)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", step.command],
            cwd=self.directory,
            env=self._environment | {"INCLUDES": self._includes()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode and self._left_out:
            return Result(page, step, done.stdout, left_out=self._left_out)
        return Result(page, step, done.stdout, done.returncode)

    def _missing(self, step: Step) -> str:
        """What the step needs and is not here, in words; empty where all is."""
        for pattern, names in _NEEDS:
            if re.search(pattern, step.command + "\n" + step.text) and (absent := needs.missing(*names)):
                self._left_out = absent[0].reason  # What it would have made is missing later.
                return self._left_out
        if not MODELS.is_dir() or self._left_out:
            for name in _MODEL.findall(_OUTPUT.sub("", step.command)):
                if not (self.directory / name).exists():
                    return self._left_out or needs.NEEDS["shared-models"].reason
        return ""

    def _includes(self) -> str:
        """Options for every directory of headers that was made here."""
        found = {Path(name) for name, _, files in os.walk(self.directory) if any(file.endswith(".h") for file in files)}
        return " ".join(f"-I{path.relative_to(self.directory)}" for path in sorted(found))
