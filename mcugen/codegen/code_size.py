"""An estimate of the machine code that a library becomes, from its text, before any compiler has seen it.

The constants in `code_size.json` are fitted to what the cross compilers make of real models (benchmarks/code_size.py
makes them anew): for each target the bytes of an instance of a kernel by what of its shape its code depends on,
of a line of assembly, and of the operators, subscripts, calls, branches and loops of a C function by what it is for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from mcugen.codegen.library import Library

_SIZES = Path(__file__).with_name("code_size.json")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What compilers without that assembly take instead of it.
_TWIN = re.compile(r"(^#if \w+_ASSEMBLY\n.*?)^#else\n.*?^#endif", re.DOTALL | re.MULTILINE)
_HEAD = r"^(?:[A-Z][A-Z0-9_]* )?(?P<head>[a-z_][^;{}#]*)\n"
_FUNCTION = re.compile(_HEAD + r"\{\n(?P<body>.*?)^\}", re.DOTALL | re.MULTILINE)
_IN_PLACE = re.compile(r" inline |_INLINE ")
_NAME = re.compile(r"\b(\w+)\(\s*(?=[a-z])")
_PURPOSE = re.compile(r"([a-z0-9]+)_\w*\d")
_TABLE = re.compile(r"static const [^;]*;")
_ASSEMBLY_LINE = re.compile(r'^\s*"(?!\.|\w+:)[^"]+\\n"', re.MULTILINE)
_ELEMENTS = {
    "operator": re.compile(r"[-+*/%&|^]=?(?=[ \w(])|<<|>>|[<>=!]=| [<>] "),
    "subscript": re.compile(r"\["),
    "call": re.compile(r"\b(?!for\b|if\b|while\b|sizeof\b|return\b)[a-z]\w*\("),
    "loop": re.compile(r"\bfor\b"),
    "branch": re.compile(r"\bif\b|\?"),
    # Calls that become code in place, more of it than others.
    "signed output": re.compile(r"_signed_output\("),
}

Features = Counter[str]


def estimate_code_bytes(library: Library) -> int:
    """Bytes of machine code, estimated; within about 5 % on Cortex-M and RISC-V, 12 % on Xtensa."""
    target = library.plan.target
    # A core without sizes of its own is built as the one whose costs it has.
    sizes = _sizes().get(target.name) or _sizes()[target.costs]
    functions = (features for _, features in function_features(library))
    return round(sum(max(0.0, sum(sizes.get(k, 0.0) * n for k, n in features.items())) for features in functions))


@cache
def _sizes() -> dict[str, dict[str, float]]:
    return json.loads(_SIZES.read_text())


def function_features(library: Library) -> Iterator[tuple[str, Features]]:
    """(name, what it is made of) of each function that becomes code of its own; inline ones are left out."""
    for function, (kernel, details) in library.counted.items():
        yield function, _instance_features(kernel, details)
    for text in library.files.values():
        for match in _FUNCTION.finditer(_TWIN.sub(r"\1", _COMMENT.sub("", text))):
            function = _NAME.findall(match["head"])[0]
            if function not in library.counted and not _IN_PLACE.search(match["head"]):
                # Whatever the library is called, its functions are the same.
                name = re.sub(rf"^{library.name}(?=_)", "net", function)
                yield name, _function_features(name, match["body"])


def _instance_features(kernel: str, details: Iterable[str | int | None]) -> Features:
    features: Features = Counter({kernel: 1})
    for place, detail in enumerate(details):
        if isinstance(detail, int):
            features[f"{kernel} {place}"] += detail
        elif detail is not None:
            features[f"{kernel} {detail}"] += 1
    return features


def _function_features(name: str, body: str) -> Features:
    lines = _ASSEMBLY_LINE.findall(body)
    if lines:
        return Counter({"assembly line": len(lines), "assembly word": body.count(".word ")})
    code = _TABLE.sub("", body)
    match = _PURPOSE.match(name)
    purpose = match[1] if match else "other"
    elements = {f"{purpose} {element}": len(pattern.findall(code)) for element, pattern in _ELEMENTS.items()}
    return Counter({f"{purpose} function": 1} | elements)
