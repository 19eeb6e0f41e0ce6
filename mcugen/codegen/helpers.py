"""Helper functions of a library's header, a template of `templates/functions` each: operators ask for them by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from mcugen.templating import template_directory

_DEFINED = re.compile(r"^static .*?\{\{ name \}\}_(\w+)\(", re.MULTILINE)
_CALLED = re.compile(r"\{\{ name \}\}_(\w+)\(")


def with_callees(asked: Iterable[str]) -> list[str]:
    """Names of templates: those asked for and what they call, by name, but each behind what it calls."""
    needed: dict[str, None] = {}
    for function in sorted(asked):
        needed |= dict.fromkeys(with_callees(_callees()[function]))
        needed[function] = None
    return list(needed)


@cache
def _callees() -> dict[str, set[str]]:
    """Of each template those that define what its functions call."""
    texts = {path.name.partition(".")[0]: path.read_text() for path in (template_directory() / "functions").iterdir()}
    defined = {function: name for name, text in texts.items() for function in _DEFINED.findall(text)}
    return {name: {defined[called] for called in _CALLED.findall(text)} - {name} for name, text in texts.items()}
