"""README.md says what is so: its programs compile and run, its tables are the code's, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from mcugen import reference
from mcugen.cli.app import app
from mcugen.compiler import compile_model
from mcugen.data import load_archive, prepare
from mcugen.frontend import load_model
from mcugen.frontend.onnx.table import OPERATORS
from mcugen.frontend.tflite.load import supported_operators
from mcugen.frontend.torch.table import OPERATORS as TORCH_OPERATORS
from mcugen.simulate.host import STRICT_FLAGS
from mcugen.targets import TARGETS
from scripts.docs_site import GENERATED
from scripts.documents import DOCUMENTS, ROOT, parse

README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "examples" / "fashion_mnist"
MODEL = EXAMPLE / "fashion_mnist_mnv1_a025_32.onnx"
PROGRAMS = ("classify", "classify_rows")


def section(title: str) -> str:
    """The text under a headline, up to the next one of its kind."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, flags=re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def table(text: str) -> list[list[str]]:
    """The cells of the first table in the text, without its headline."""
    match = re.search(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    assert match is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in match[0].splitlines()[2:]]


def c_blocks() -> list[str]:
    return [block.text for block in parse(README) if block.language == "c"]


def test_the_programs_shown_are_those_of_the_example() -> None:
    assert c_blocks() == [(EXAMPLE / f"{program}.c").read_text() for program in PROGRAMS]


@pytest.mark.needs("cc")
@pytest.mark.parametrize("block", range(len(PROGRAMS)), ids=PROGRAMS)
def test_the_programs_shown_classify_as_the_reference_does(block: int, tmp_path: Path) -> None:
    compile_model(MODEL, name="fashion").write(tmp_path / "demo")
    (tmp_path / "main.c").write_text(c_blocks()[block])
    sources = ["main.c", *sorted(str(path) for path in (tmp_path / "demo").glob("*.c"))]
    subprocess.run(["cc", *STRICT_FLAGS, "-O2", "-Idemo", *sources, "-o", "program"], cwd=tmp_path, check=True)
    graph, dataset = load_model(MODEL), load_archive(EXAMPLE / "images.npz")
    pixels = np.pad(dataset.images, ((0, 0), (2, 2), (2, 2)))
    done = subprocess.run([str(tmp_path / "program")], input=pixels.tobytes(), capture_output=True, check=True)
    scores = reference.run(graph, reference.quantize_input(graph, prepare(graph, dataset.images)))
    real = reference.dequantize_output(graph, scores).reshape(len(pixels), -1)
    wanted = [f"{graph.labels[row.argmax()]} {row.max():.2f}" for row in real]
    assert done.stdout.decode().splitlines() == wanted


def test_the_table_of_operators_is_that_of_the_front_ends() -> None:
    rows = table(section("What is supported"))
    tflite, onnx, torch = (
        {name for row in rows for name in re.findall(r"`(\w+)`", row[column])} for column in (1, 2, 3)
    )
    assert tflite == set(supported_operators())
    assert onnx == set(OPERATORS)
    assert torch == set(TORCH_OPERATORS)


def test_all_targets_are_listed() -> None:
    listed = re.findall(r"^\| (`.*?) \|", section("What is supported"), flags=re.MULTILINE)
    assert [name for cell in listed for name in re.findall(r"`([\w-]+)`", cell) if name != "--target"] == [
        target.name for target in TARGETS
    ]


def all_commands() -> dict[str, list]:
    """Parameters of every command by its name, "nets cost" for one of a group."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    found = {name: command.params for name, command in commands.items() if not hasattr(command, "commands")}
    for group, members in commands.items():
        found |= {f"{group} {name}": command.params for name, command in getattr(members, "commands", {}).items()}
    return found


def test_commands_and_options_exist() -> None:
    commands = all_commands()
    mention = re.compile(r"\bmcugen ([a-z]+(?: [^|`\n]*?)?)(?: -->|$|[|`])", re.MULTILINE)
    used = [line for path in DOCUMENTS for line in mention.findall(path.read_text())]
    found = 0
    for line in used:
        name, *words = line.split()
        if name not in commands:
            name = " ".join(line.split()[:2])
        if name in commands:
            options = {option for parameter in commands[name] for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options, line
            found += 1
    assert all(any(line.split()[: name.count(" ") + 1] == name.split() for line in used) for name in commands)
    assert found > len(commands)


def test_links_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            assert link in GENERATED or (path.parent / link).exists(), f"{path.name}: {link}"
