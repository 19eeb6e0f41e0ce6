"""What commands print with --json is what the schemas in mcugen/schemas say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import mcugen as package
from tests.support.command import mcugen

SCHEMAS = Path(package.__file__).parent / "schemas"


def check(command: str, *arguments: object) -> None:
    """Runs the command with --json and validates what it prints."""
    schema = json.loads((SCHEMAS / f"{command}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    outcome = mcugen(command, *arguments, "--json")
    jsonschema.validate(outcome.json, schema, cls=jsonschema.Draft202012Validator)


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
    schema = json.loads((SCHEMAS / "analyze.json").read_text())
    view = mcugen("analyze", tflite_model, "--json").json
    del view["layers"][0]["macs"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(view, schema)
