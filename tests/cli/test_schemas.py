"""What commands print with --json is what their schemas say.

`Outcome.json` of tests/support/command.py checks that in every test that reads what a command printed.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from mcugen.cli.app import app
from mcugen.schemas.catalog import OUTPUTS, SCHEMAS, schema_of
from mcugen.schemas.encode import to_json
from mcugen.schemas.generate import GenerateOutput
from mcugen.schemas.quantities import QUANTITIES
from mcugen.schemas.quantize import LayerNoise
from tests.support.command import mcugen
from tests.support.schemas import conform

TESTS = Path(__file__).resolve().parents[1]


def check(command: str, *arguments: object) -> None:
    """Runs the command with --json and validates what it prints."""
    assert mcugen(command, *arguments, "--json").json


@pytest.mark.parametrize("target", ["generic", "cortex-m4", "cortex-m0plus", "rv32imc"])
def test_costs(tflite_model: Path, onnx_model: Path, target: str) -> None:
    for model in (tflite_model, onnx_model):
        check("analyze", model, "--target", target)
        check("analyze", model, "--target", target, "--max-ram", "1")
        check("report", model, "--target", target, "--no-boards")
        check("diff", f"{model}@generic", f"{model}@{target}")


def test_other_commands(tflite_model: Path, onnx_model: Path, tmp_path: Path) -> None:
    check("boards")
    check("generate", tflite_model, "-o", tmp_path / "library")
    for model in (tflite_model, onnx_model):
        check("validate", model, "--cases", 2)
    check("report", tflite_model, "--run", "host")


def test_what_a_schema_asks_is_missed(tflite_model: Path) -> None:
    view = mcugen("analyze", tflite_model, "--json").json
    del view["layers"][0]["macs"]
    with pytest.raises(jsonschema.ValidationError):
        conform(view, "analyze")


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_test_reads_what_the_command_prints(name: str) -> None:
    """By running the command with --json, or by comparing with the schema by its name."""
    words = '", "'.join(name.split("-"))
    runs = re.compile(rf'(?:mcugen|check)\("{words}"[^\n]*|conform\([^\n]*, "{name}"\)')
    lines = [line for path in TESTS.rglob("test_*.py") for line in path.read_text().splitlines() if runs.search(line)]
    assert any("--json" in line or "check(" in line or "conform(" in line for line in lines)


def test_every_command_that_prints_json_has_a_schema() -> None:
    commands = dict(typer.main.get_command(app).commands)
    for group in [name for name, command in commands.items() if hasattr(command, "commands")]:
        commands |= {f"{group}-{name}": command for name, command in commands.pop(group).commands.items()}
    printing = {name for name, command in commands.items() if any("--json" in option.opts for option in command.params)}
    assert printing == OUTPUTS.keys()


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_command_prints_a_sound_schema(name: str) -> None:
    schema = json.loads(mcugen("schema", *name.split("-")).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"mcugen {name.replace('-', ' ')} --json"
    assert schema == schema_of(name)


def test_no_such_schema() -> None:
    outcome = mcugen("schema", "nets")
    assert outcome.code == 2
    assert "'nets' has no schema" in outcome.error
    assert "nets cost" in outcome.error


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_says_its_type(name: str) -> None:
    """A field of type Any would let everything pass."""

    def check_typed(part: object, where: str) -> None:
        if isinstance(part, dict):
            for key, field in part.get("properties", {}).items():
                assert field.keys() & {"type", "anyOf", "$ref", "enum"}, f"{where}: {key}"
            for key, below in part.items():
                check_typed(below, f"{where}/{key}")
        elif isinstance(part, list):
            for below in part:
                check_typed(below, where)

    check_typed(schema_of(name), name)


def test_json_is_ascii_and_refuses_what_is_no_number() -> None:
    assert to_json(GenerateOutput("n", "t", "\N{RIGHT-TO-LEFT OVERRIDE}\ud800", (), 1, 2, 2, 8, ())).isascii()
    with pytest.raises(ValueError, match="nan"):
        to_json(LayerNoise("l", "conv", math.nan))


# What names of sizes and costs are made of; shares, sources and paths of them are no sizes.
COUNTING = re.compile(
    r"(^|_)(bytes?|macs?|instructions?|cycles?|milliseconds|ms|parameters|weights|constants|words?|code|flash|ram|stack"
    r"|arena|context|estimated?|modelled|offset)(_|$)"
)


def numbers_of(part: Any, where: str) -> dict[str, str]:
    """By place, the keys of a schema that hold a number, or numbers by name or in a list, or a change of one."""
    found = {}
    for key, field in part.get("properties", {}).items():
        kinds = json.dumps(field)
        if any(kind in kinds for kind in ('"integer"', '"number"', "/Change")):
            found[f"{where}.{key}"] = key
    for name, below in part.get("$defs", {}).items():
        found |= numbers_of(below, name)
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_size_has_one_name(name: str) -> None:
    """A key that sounds like a size or a cost is one of the declared names."""
    keys = {
        where: key
        for where, key in numbers_of(schema_of(name), name).items()
        if COUNTING.search(key) and not key.endswith("_share") and not where.startswith("Exceeded.")
    }
    assert {where: key for where, key in keys.items() if key not in QUANTITIES} == {}


def test_every_declared_name_is_one_of_a_key() -> None:
    used = {key for name in SCHEMAS for key in numbers_of(schema_of(name), name).values()}
    assert QUANTITIES.keys() - used == set()


def test_the_document_has_the_declared_names() -> None:
    page = (TESTS.parent / "docs/files.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", page.partition("### Sizes and costs")[2], re.MULTILINE))
    assert rows == QUANTITIES
