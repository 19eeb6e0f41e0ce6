"""Hooks of MkDocs (mkdocs.yml): pages that are made from the code, and links that lead out of docs/.

The command reference comes from the command line itself, JSON Schemas from the structures that commands print, the list
of operators from the front ends' own tables, the page on the firmware is firmware/README.md. None of them is a file in
the repository, so none can be out of date.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.cli import get_docs_for_click

import mcugen
from mcugen.cli.app import app
from mcugen.diagnostics import McugenError
from mcugen.frontend.onnx import operator_form
from mcugen.frontend.onnx.table import OPERATORS as ONNX_OPERATORS
from mcugen.frontend.tflite.load import operator_functions
from mcugen.frontend.torch.table import OPERATORS as TORCH_OPERATORS
from mcugen.kernels import FALLBACK, find_family
from mcugen.passes import PASSES
from mcugen.schemas.catalog import SCHEMAS, schema_of
from mcugen.targets import TARGETS, Target
from mcugen.targets.boards import BOARDS

ROOT = Path(__file__).resolve().parents[1]

# What pages say for readers of the repository, and where it is on the site.
_LINKS = {"](../firmware/README.md": "](firmware.md", "](../README.md#what-is-supported)": "](operators.md)"}


def commands_page() -> str:
    """Every command with its arguments and options, by Typer's own writer of Markdown."""
    group = typer.main.get_command(app)
    text = get_docs_for_click(obj=group, ctx=typer.Context(group, info_name="mcugen"), name="mcugen")
    # Typer cuts the one-line descriptions; every command has its own headline below.
    text = re.sub(r"^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n?", "", text, flags=re.MULTILINE)
    text = re.sub(r"^Example: (.*)$", r"```sh\n\1\n```", text, flags=re.MULTILINE)
    text = text.replace("# `mcugen`\n", "# Commands\n", 1)
    return _made_from("the command line itself, which says the same by `--help`", text)


def operators_page() -> str:
    """Operators of every front end, passes, targets and boards, from the tables that the compiler works by."""
    rows = [
        "# Operators, targets, boards",
        "",
        "Activations are int8 or uint8 with one scale a tensor, weights int8, batches 1, sizes fixed. Anything else is",
        "refused in one line that names the operator, its place in the file, and what to do.",
        "",
        '--8<-- "README.md:operators"',
        "",
        "The complete lists, in each format's own names:",
        "",
        "## TensorFlow Lite",
        "",
        *_handlers(dict(sorted(operator_functions().items()))),
        "",
        "## ONNX, in QDQ form",
        "",
        *_handlers(ONNX_OPERATORS),
        "",
        "In operator form, which is read as the QDQ form that it stands for:",
        ", ".join(f"`{name}`" for name in operator_form.operators()) + ".",
        "",
        "## torch, quantized by PT2E",
        "",
        *_handlers(TORCH_OPERATORS),
        "",
        "## Targets",
        "",
        "| `--target` | kernels, in order of preference | emulated machine |",
        "| --- | --- | --- |",
        *(f"| `{target.name}` | {_kernels(target)} | {target.machine} |" for target in TARGETS),
        "",
        "## Boards",
        "",
        "| `--board` | | part | target | flash, bytes | RAM, bytes | MHz |",
        "| --- | --- | --- | --- | ---: | ---: | ---: |",
        *(
            f"| `{board.name}` | {board.title} | {board.mcu} | `{board.target}` | {_size(board.flash_bytes)} | "
            f"{_size(board.ram_bytes)} | {_size(board.clock_hz // 1_000_000)} |"
            for board in BOARDS
        ),
        "",
        "## Passes",
        "",
        "In this order, each with the reason for its place:",
        "",
        *(f"1. `{entry.name}`: {entry.reason}" for entry in PASSES),
    ]
    return _made_from("the tables that the compiler works by", "\n".join(rows) + "\n")


def _kernels(target: Target) -> str:
    titles = [find_family(use.name).title + (f" ({use.variant})" if use.variant else "") for use in target.families]
    return ", ".join([*titles, FALLBACK.title])


def firmware_page() -> str:
    """firmware/README.md."""
    return (ROOT / "firmware" / "README.md").read_text().replace("](../docs/", "](")


def python_page() -> str:
    """The names of `import mcugen`, and what they have, from their docstrings."""
    rows = ["# Python API", "", "In use: [From Python](python.md).", ""]
    for name in ("compile", "Compiled"):
        made = getattr(mcugen, name)
        rows += [f"## `mcugen.{name}`", "", *_described(made, f"mcugen.{name}")]
        if inspect.isclass(made):
            for member, value in public_members(made).items():
                rows += [f"### `{member}`", "", *_described(value, member)]
    rows += ["## `mcugen.diagnostics.McugenError`", "", *_described(McugenError, "McugenError")]
    return _made_from("the docstrings", "\n".join(rows) + "\n")


def public_members(made: type) -> dict[str, Any]:
    """Methods and properties, in the order of their names."""
    found = {name: inspect.getattr_static(made, name) for name in dir(made) if not name.startswith("_")}
    return {name: value for name, value in found.items() if inspect.isfunction(value) or isinstance(value, property)}


def _described(value: Any, name: str) -> list[str]:
    """The call, where it is one, and the docstring by paragraphs."""
    lines = []
    if inspect.isfunction(value):
        lines += ["```python", _call(value, name), "```", ""]
    return [*lines, inspect.getdoc(value) or "", ""]


def _call(function: Callable[..., Any], name: str) -> str:
    """The head of a function, a line a parameter."""
    signature = inspect.signature(function)
    lines, keywords = [], False
    for parameter in signature.parameters.values():
        if parameter.name != "self":
            if parameter.kind is parameter.KEYWORD_ONLY and not keywords:
                keywords = True
                lines.append("*")
            default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
            lines.append(f"{parameter.name}: {parameter.annotation}{default}")
    inside = "".join(f"\n    {line}," for line in lines)
    return f"{name}({inside}{chr(10) if inside else ''}) -> {signature.return_annotation}"


GENERATED: Mapping[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "operators.md": operators_page,
    "firmware.md": firmware_page,
    "python-api.md": python_page,
}


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages that are made from the code, and the JSON Schemas as schemas/NAME.json."""
    from mkdocs.structure.files import File

    for name, make in GENERATED.items():
        files.append(File.generated(config, name, content=make()))
    for name in SCHEMAS:
        schema = json.dumps(schema_of(name), indent=2) + "\n"
        files.append(File.generated(config, f"schemas/{name}.json", content=schema))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Points links at pages of the site."""
    for link, page in _LINKS.items():
        markdown = markdown.replace(link, page)
    return markdown


def _made_from(what: str, text: str) -> str:
    title, _, rest = text.partition("\n")
    return f"{title}\n\nMade from {what}.\n{rest}"


def _handlers(operators: Mapping[str, Any]) -> list[str]:
    """A table of operators with the first paragraph of their handlers' docstrings, for readers who catch nothing."""
    rows = ["| operator | |", "| --- | --- |"]
    for name, handler in operators.items():
        paragraph, _, _ = (inspect.getdoc(handler) or "").partition("\n\n")
        text = re.sub(r"\. Raises UnsupportedModelError (?:for|on|where) ", "; refused: ", " ".join(paragraph.split()))
        rows.append(f"| `{name}` | {text} |")
    return rows


def _size(number: int) -> str:
    return f"{number:,}" if number else "no limit"
