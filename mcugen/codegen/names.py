"""Names of generated libraries: what a text becomes, and what cannot be one."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mcugen.diagnostics import McugenError

LONGEST = 63
"""Characters that C99 (5.2.4.1) says are significant in a name; the firmware's protocol has room for as many."""

# keywords: ISO C23 6.4.1 and ISO C++23 5.11. headers: of ISO C, POSIX, and of cores of microcontrollers, which NAME.h
# would stand before for whoever compiles with -I. used: types and functions of the generated files. micropython:
# modules of its version 1.2x and of its ports.
RESERVED: dict[str, list[str]] = json.loads(Path(__file__).with_name("reserved_names.json").read_text())
_TAKEN = {
    **dict.fromkeys(RESERVED["used"], "has a meaning in the generated files"),
    **dict.fromkeys(RESERVED["headers"], "would hide a header of the C library or of a framework"),
    **dict.fromkeys(RESERVED["keywords"], "is a keyword of C or C++"),
}


def library_name(model: str) -> str:
    """The name of a C library that is made of a model's: where that cannot be one, as of new.tflite, behind `net_`."""
    try:
        return c_identifier(model)
    except McugenError:
        parts = re.sub(r"\W+", "_", model, flags=re.ASCII)
        return c_identifier(f"net_{parts}"[:LONGEST])


def c_identifier(text: str) -> str:
    """The text as the name of a C library; raises McugenError if it cannot be one, or has another meaning."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    if name and name[0].isdigit():
        name = f"net_{name}"
    hint = "give another one with --name"
    if not name:
        raise McugenError(f"{text!r} cannot name a C library", hint)
    if name in _TAKEN:
        raise McugenError(f"{text!r} cannot name a C library: {name} {_TAKEN[name]}", hint)
    if len(name) > LONGEST:
        raise McugenError(
            f"{text!r} cannot name a C library: {len(name)} characters, at most {LONGEST} are told apart", hint
        )
    return name
