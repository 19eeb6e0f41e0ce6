"""The Jinja2 environment of generated C: where templates are, and how numbers and strings are written."""

from __future__ import annotations

from functools import cache

import jinja2
import numpy as np

from mcugen.templating import template_directory
from mcugen.text import c_string, markdown_code, yaml_string

_WIDTH = 100


@cache
def environment() -> jinja2.Environment:
    """The environment."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_directory()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.globals.update(linear=linear)
    made.filters.update(c_array=c_array, c_float=c_float, c_int=c_int, thousands=thousands)
    made.filters.update(c_string=c_string, markdown_code=markdown_code, yaml_string=yaml_string)
    return made


def c_array(values: np.ndarray) -> str:
    """The values as lines of comma-separated numbers, indented."""
    lines, line = [], "   "
    for number in values.reshape(-1).tolist():
        # The most negative int32 has no literal in C.
        text = f" {number}," if number != -(1 << 31) else " -2147483647 - 1,"
        if values.dtype == np.uint32:
            text = f" 0x{number:08x}u,"
        if len(line) + len(text) > _WIDTH:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join([*lines, line])


def c_float(value: float) -> str:
    """A float literal that reads back as the same float32."""
    text = np.format_float_scientific(np.float32(value), unique=True, trim="0")
    return f"{text}f"


def c_int(value: int) -> str:
    """An integer literal, in parentheses where it is negative."""
    return f"({value})" if value < 0 else str(value)


def linear(*terms: tuple[str | int, int], constant: int = 0) -> str:
    """The sum of variable * factor and a constant as a person writes it: x + 3 * c - 1; "0" where nothing is left.

    A variable that is itself a number joins the constant.
    """
    constant += sum(variable * factor for variable, factor in terms if isinstance(variable, int))
    parts = [
        (variable if abs(factor) == 1 else f"{abs(factor)} * {variable}", factor)
        for variable, factor in terms
        if isinstance(variable, str) and factor
    ]
    if constant or not parts:
        parts.append((str(abs(constant)), constant))
    first, *rest = [(f"-{text}" if factor < 0 else text, factor) for text, factor in parts]
    return first[0] + "".join(f" - {text[1:]}" if factor < 0 else f" + {text}" for text, factor in rest)


def thousands(value: int) -> str:
    """12345 as 12,345."""
    return f"{value:,}"
