"""The same list of hostile names through every output: files, page and terminal are those of an ordinary model."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mcugen.cli.on_board import show_on_board
from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.application import application_files
from mcugen.firmware.model import model_files
from mcugen.ir import Graph
from mcugen.report.document import Images, make_document
from mcugen.report.page import render_page
from mcugen.schemas.validate import BoardValidationOutput
from mcugen.schemas.validation import Mismatch
from mcugen.simulate.host import STRICT_FLAGS
from mcugen.targets.boards import find_board
from mcugen.targets.boards.placement import NOWHERE
from mcugen.text import comment_text, one_line
from tests.codegen.building import compiler_or_skip, run, write, zoo
from tests.support.command import Outcome, mcugen
from tests.support.hostile_text import HOSTILE_TEXTS
from tests.support.needs import module
from tests.support.small_net import small_network

BOARD = find_board("nucleo_f446re")


@cache
def compiled_with(number: int | None) -> Compiled:
    """A network whose names are the texts from `number` on, in every place that has one; None: ordinary names."""
    graph = zoo("everything_double")
    names = [f"plain {index}" for index in range(len(HOSTILE_TEXTS))]
    if number is not None:
        names = [*HOSTILE_TEXTS[number:], *HOSTILE_TEXTS[:number]]
    repeated = names * (1 + max(len(graph.operators), graph.output_tensor.channels) // len(names))
    operators = tuple(
        replace(op, name=f"{name} {place}", source=name)
        for place, (op, name) in enumerate(zip(graph.operators, repeated, strict=False))
    )
    hostile: Graph = replace(
        graph, operators=operators, name=names[0], labels=tuple(repeated[: graph.output_tensor.channels])
    )
    compiled = compile_model(hostile, target=BOARD.target, name="net", micropython=True)
    return replace(compiled, model_file=f"{names[0]}.tflite")


@pytest.fixture(params=range(len(HOSTILE_TEXTS)), ids=lambda number: ascii(HOSTILE_TEXTS[number][:20]))
def number(request: pytest.FixtureRequest) -> int:
    return request.param


def every_file(compiled: Compiled) -> dict[str, str]:
    """Of the generated directory, the firmware's project and an application's, but for binary ones."""
    files = dict(compiled.files())
    files |= {f"application/{name}": text for name, text in application_files(compiled, BOARD, NOWHERE).items()}
    files |= {f"firmware/{name}": text for name, text in model_files(compiled, traced=True).items()}
    return {name: text for name, text in files.items() if isinstance(text, str)}


def without_text(name: str, text: str) -> str:
    """What remains of a file when comments, strings and code spans are empty."""
    if name.endswith((".c", ".h", ".ino", ".cpp")):
        text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
        # The firmware's hash of the library, comments included.
        text = re.sub(r"(\s*\d+,){4,}", "", text) if name.endswith("model.c") else text
        return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    if name.endswith("README.md"):
        return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "``", text)
    return text


def test_files_differ_in_nothing_but_comments_and_strings(number: int) -> None:
    hostile, plain = every_file(compiled_with(number)), every_file(compiled_with(None))
    assert set(hostile) == set(plain)
    for name, text in hostile.items():
        if name.endswith((".json", "idf_component.yml", "library.properties")):
            continue
        assert without_text(name, text) == without_text(name, plain[name]), name
        assert all(line.isprintable() for line in text.replace("\t", " ").split("\n")), name
        if name.endswith((".c", ".h")) and not name.startswith("firmware/"):
            assert text.isascii(), name
            assert "??" not in text, name


def test_comments_are_not_left(number: int) -> None:
    """Names of layers in the C are their comment's text, whole: nothing else ends up in code."""
    files = compiled_with(number).files()
    source = str(files["net.c"])
    assert comment_text(HOSTILE_TEXTS[number]) in re.sub(r"\s*\n \*\s*", " ", source)


def test_manifests_hold_the_text_as_text(number: int) -> None:
    files = every_file(compiled_with(number))
    text = HOSTILE_TEXTS[number]
    manifest = json.loads(files["net.json"])
    assert manifest["model"]["file"] == f"{text}.tflite"
    assert text in manifest["labels"]
    assert files["net.json"].isascii()
    description = json.loads(files["library.json"])["description"]
    assert description.startswith(one_line(text)[:90])
    assert description.isprintable()
    component = module("yaml").safe_load(files["idf_component.yml"])
    assert set(component) == {"version", "description", "dependencies"}
    assert component["description"] == description
    properties = files["library.properties"].splitlines()
    keys = [line.partition("=")[0] for line in properties]
    assert keys == [
        line.partition("=")[0] for line in every_file(compiled_with(None))["library.properties"].splitlines()
    ]
    assert f"sentence={description}." in properties


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_all_of_them_compile(compiler: str, tmp_path: Path) -> None:
    compiler_or_skip(compiler)
    for number in range(0, len(HOSTILE_TEXTS), 5):
        directory = write(compiled_with(number).library, tmp_path / str(number))
        for source in ("net.c", "net_weights.c"):
            run([compiler, *STRICT_FLAGS, "-trigraphs", "-fsyntax-only", source], directory)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Names may break behind their underscores.
        if tag != "wbr":
            self.tags.append(f"{tag} {sorted(name for name, _ in attrs)}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page(number: int) -> None:
    pages = []
    for which in (number, None):
        compiled = compiled_with(which)
        images = Images(np.zeros((1, *compiled.imported.input_tensor.shape), np.int8), HOSTILE_TEXTS[which or 0])
        parser = _Tags()
        parser.feed(render_page(make_document(compiled, images), {}))
        pages.append(parser)
    # A drawing leaves out what does not fit into it, so that the number of its elements may differ.
    assert set(pages[0].tags) == set(pages[1].tags)
    for element in ("script", "style", "img", "a", "table"):
        assert len([t for t in pages[0].tags if t.split()[0] == element]) == len(
            [t for t in pages[1].tags if t.split()[0] == element]
        )
    text = "".join(pages[0].texts)
    assert all(line.isprintable() for line in text.replace("\t", " ").split("\n"))
    assert any(one_line(HOSTILE_TEXTS[number]) in one_line(part) for part in pages[0].texts)


def file_name(text: str) -> str:
    """The text as a file's name: what file systems do not take is left out."""
    name = text.replace("/", "_").replace("\0", "_").encode()[:180].decode(errors="ignore")
    # A letter first, since a library is named after it.
    return f"m{name}"


def assert_inert(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.stderr
    for stream in (outcome.stdout, outcome.stderr):
        assert all(line.isprintable() for line in stream.split("\n")), stream


def test_the_terminal(number: int, tmp_path: Path) -> None:
    """A file of that name, with labels and layers of those names, through the commands that show them."""
    text = HOSTILE_TEXTS[number]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as labels:
        lines = [f"{one} {one_line(text)} \x1b[31m" for one in range(4)]
        labels.writestr("labels.txt", "\n".join(lines))
    # Of a length that can still name a library.
    model = tmp_path / f"{file_name(text)[:60]}.tflite"
    model.write_bytes(small_network(softmax=True) + archive.getvalue())
    images = np.random.default_rng(3).integers(0, 256, (12, 9, 8, 3)).astype(np.uint8)
    data = tmp_path / f"{file_name(text)}.npz"
    np.savez(data, images=images, labels=np.arange(12) % 4)
    shown = mcugen("analyze", model, columns=400)
    assert_inert(shown)
    assert shown.stdout.startswith(one_line(file_name(text)[:60]))
    assert_inert(mcugen("analyze", model, "--data", data))
    assert_inert(mcugen("generate", model, "-o", tmp_path / "out" / file_name(text), "--name", "net"))
    assert_inert(mcugen("accuracy", model, "--images", data))
    assert_inert(mcugen("report", model, "-o", tmp_path / f"{file_name(text)}.html", "--no-boards"))
    options = ("--board", BOARD.name, "--name", "net", "--pixels", "offset")
    assert_inert(mcugen("new", tmp_path / "new" / file_name(text), "--model", model, *options))
    compared = mcugen("diff", model, tmp_path / "out" / file_name(text) / "net.json")
    assert_inert(compared)


@pytest.mark.needs("cc")
def test_validate_shows_the_name(tmp_path: Path) -> None:
    model = tmp_path / f"{file_name(HOSTILE_TEXTS[10])}.tflite"
    model.write_bytes(small_network(softmax=True))
    assert_inert(mcugen("validate", model, "--cases", 1))


def test_what_a_board_says_of_itself(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    text = HOSTILE_TEXTS[number]
    mismatch = Mismatch(text, "", (0, 0, 0, 0), expected=1, got=2, build="traced", compiled_by="")
    view = BoardValidationOutput(
        model="net.tflite",
        target="generic",
        board=text,
        bit_exact=False,
        cases=1,
        layers_compared=1,
        every_layer=True,
        self_tests=1,
        self_tests_passed=1,
        first_mismatch=mismatch,
        builds=(),
        compiler_suspect=False,
        advice=(),
        not_tried=None,
        vectors_max_lsb=None,
        ram_bytes=1,
        frames_repeated=0,
        cycles=None,
        instructions=None,
        milliseconds=None,
        stack_bytes=None,
        passed=False,
        ram_as_planned=False,
    )
    show_on_board(view)
    shown = capsys.readouterr().out
    assert all(line.isprintable() for line in shown.split("\n"))
    assert one_line(text)[:40].replace(" ", "") in re.sub(r"\s", "", shown)
    assert "1 bytes, not as planned" in shown


def test_errors_name_hostile_files_on_one_line(number: int, tmp_path: Path) -> None:
    outcome = mcugen("analyze", tmp_path / f"{file_name(HOSTILE_TEXTS[number])}.tflite")
    assert outcome.code == 2
    assert outcome.error.isprintable()
