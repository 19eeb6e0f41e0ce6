"""The Jinja2 environment of generated C: where templates are, and how numbers and strings are written."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import accumulate

import jinja2
import numpy as np

from mcugen.templating import template_directory
from mcugen.text import c_string, comment_text, markdown_code, yaml_string

_WIDTH = 100
_INDENT = "   "
# Numbers of an array that are text at the same time, before they are lines.
_AT_A_TIME = 1 << 16


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
    made.filters.update(
        c_string=c_string, comment_text=comment_text, markdown_code=markdown_code, yaml_string=yaml_string
    )
    return made


def c_array(values: np.ndarray) -> str:
    """The values as lines of comma-separated numbers, indented."""
    flat = values.reshape(-1)
    lines: list[str] = []
    waiting: list[str] = []
    for start in range(0, flat.size, _AT_A_TIME):
        waiting += _numbers(flat[start : start + _AT_A_TIME])
        ends = list(accumulate(map(len, waiting)))
        first, before = 0, 0
        while ends[-1] - before > _WIDTH - len(_INDENT):
            last = bisect_right(ends, before + _WIDTH - len(_INDENT))
            lines.append(_INDENT + "".join(waiting[first:last]))
            first, before = last, ends[last - 1]
        waiting = waiting[first:]
    return "\n".join([*lines, _INDENT + "".join(waiting)])


def _numbers(values: np.ndarray) -> list[str]:
    """The text of each number, which is made but once for equal ones."""
    distinct, places = np.unique(values, return_inverse=True)
    if values.dtype == np.uint32:
        texts = [f" 0x{number:08x}u," for number in distinct.tolist()]
    else:
        # The most negative int32 has no literal in C.
        texts = [f" {n}," if n != -(1 << 31) else " -2147483647 - 1," for n in distinct.tolist()]
    return np.array(texts, dtype=object)[places.reshape(-1)].tolist()


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
