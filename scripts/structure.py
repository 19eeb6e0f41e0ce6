"""The structure of the package in numbers: python -m scripts.structure prints the table of docs/architecture.md.

Four things are counted that must be 0, and tests/test_structure.py asks for it: circular imports, imports against the
order of the packages, places where generic code names a kernel family, and places where generic code asks for an
operator's class. Every import statement counts, those in functions and those for types too; what a family's `emit` and
`work` are loaded by (`mcugen/kernels/late.py`) names no module and is the one way against the order. Which code may ask
for an operator's class stands in ABOUT_OPERATORS.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from mcugen.ir import OPERATORS, Operator
from mcugen.kernels import FALLBACK, FAMILIES

ROOT = Path(__file__).resolve().parents[1]
# From left to right. A module belongs to the last entry that names it or a package that it is in; modules of one entry
# may import each other as long as that is no circle.
ORDER: tuple[tuple[str, ...], ...] = (
    (
        "mcugen.version",
        "mcugen.diagnostics",
        "mcugen.interrupts",
        "mcugen.killed",
        "mcugen.arrays",
        "mcugen.likeness",
        "mcugen.memo",
        "mcugen.powers",
        "mcugen.extras",
        "mcugen.text",
        "mcugen.templating",
        "mcugen.schemas",
        "mcugen.camera",
    ),
    ("mcugen.bounded", "mcugen.output"),
    ("mcugen.fixedpoint", "mcugen.ir", "mcugen.inputs"),
    ("mcugen.targets",),
    ("mcugen.frontend", "mcugen.reference", "mcugen.data", "mcugen.detection"),
    ("mcugen.passes",),
    ("mcugen.plan", "mcugen.kernels"),
    ("mcugen.codegen", "mcugen.kernels.views", "mcugen.kernels.*.emit", "mcugen.kernels.*.instances"),
    ("mcugen.compiler",),
    ("mcugen.analysis", "mcugen.nets", "mcugen.firmware", "mcugen.link", "mcugen.simulate"),
    ("mcugen.waiting", "mcugen.validation", "mcugen.training"),
    ("mcugen.budget", "mcugen.accuracy"),
    ("mcugen.calibration", "mcugen.quantization", "mcugen.report"),
    ("mcugen.explore",),
    ("mcugen.cli", "mcugen.__main__"),
)
# Code outside `ir` and the front ends, which make operators, that is about operators of one kind, and why: no method of
# an operator could answer for it.
ABOUT_OPERATORS: dict[str, str] = {
    "mcugen/plan/stage.py": "defines which operators make one stage; everything behind it asks the stage",
    "mcugen/passes/depthwise_of_one_channel.py": "makes one operator of another",
    "mcugen/passes/fully_connected_to_conv.py": "makes one operator of another",
    "mcugen/passes/fold_padding.py": "removes one operator",
    "mcugen/passes/remove_reshapes.py": "removes one operator",
    "mcugen/passes/positions_as_maps.py": "moves one operator",
    "mcugen/passes/reorder_channels.py": "rewrites a depthwise convolution and its neighbours together",
    "mcugen/passes/split_wide_weights.py": "rewrites a convolution and what writes its input together",
    "mcugen/kernels/*/work.py": "tells which of a stage's two convolutions a function belongs to",
}
_GENERIC = ("mcugen", "templates", "benchmarks", "scripts")
# Where a family's name is data or its own: its package and templates, the list of families, and targets.
_OWN = re.compile(r"mcugen/kernels/(\w+/|__init__\.py)|templates/(dsp|helium|packed|portable)/|mcugen/targets/")

# Where a string that begins as an operator's class does means it; elsewhere it may be a file format's operator.
_OF_THE_GRAPH = ("mcugen/passes/", "mcugen/reference/", "mcugen/plan/", "mcugen/kernels/", "mcugen/codegen/")


def modules() -> dict[str, Path]:
    """Every module of the package, by name."""
    found = {}
    for path in sorted((ROOT / "mcugen").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """The modules of the package that each module imports, wherever the statement stands."""
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names if alias.name in known}
            elif isinstance(node, ast.ImportFrom):
                module = _imported(node, name, is_package=path.name == "__init__.py")
                inside = {f"{module}.{alias.name}" for alias in node.names}
                # A package is imported itself only where something in it is not a module.
                graph[name] |= inside & known.keys()
                if module in known and not inside <= known.keys():
                    graph[name].add(module)
        graph[name].discard(name)
    return graph


def _imported(node: ast.ImportFrom, importing: str, *, is_package: bool) -> str:
    """The whole name of the module from which the statement imports."""
    if not node.level:
        return node.module or ""
    parts = importing.split(".")
    above = parts[: len(parts) - node.level + is_package]
    return ".".join([*above, *([node.module] if node.module else [])])


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, directly or by way of others (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in graph:
        if name not in index:
            visit(name)
    return found


def against_order(graph: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """(module, what it imports) where that stands to its right."""
    return [(name, other) for name in graph for other in sorted(graph[name]) if _place(name) < _place(other)]


def _place(module: str) -> int:
    """Where a module stands in ORDER; behind all for one that it does not name."""
    places = [
        place
        for place, patterns in enumerate(ORDER)
        if any(fnmatch(module, pattern) or fnmatch(module, f"{pattern}.*") for pattern in patterns)
    ]
    return max(places, default=len(ORDER))


def named_families() -> Iterator[tuple[str, int, str]]:
    """(file, line, what) where generic code names a kernel family: a quoted name, an attribute or a module of it."""
    names = "|".join(family.name for family in FAMILIES)
    # The name of the family that takes all is also what C is that stands beside assembly: a word for attributes.
    special = "|".join(family.name for family in FAMILIES if family is not FALLBACK)
    pattern = re.compile(
        rf"""["']({names})["'/]|\.({special})\b|\b({special})_\w+\(|\bplan\.({names})\b|kernels\.({names})\b"""
    )
    for folder in _GENERIC:
        for path in sorted((ROOT / folder).rglob("*")):
            place = path.relative_to(ROOT).as_posix()
            if path.suffix not in (".py", ".j2") or _OWN.match(place):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if match := pattern.search(line):
                    yield place, number, match[0]


def asked_classes() -> Iterator[tuple[str, int, str]]:
    """(file, line, class) where code that is not about it asks for an operator's class."""
    for place, line, name in _questions():
        if not any(fnmatch(place, pattern) for pattern in ABOUT_OPERATORS):
            yield place, line, name


def needless_exceptions() -> list[str]:
    """Entries of ABOUT_OPERATORS whose code asks for no class."""
    places = {place for place, *_ in _questions()}
    return [pattern for pattern in ABOUT_OPERATORS if not any(fnmatch(place, pattern) for place in places)]


def _questions() -> Iterator[tuple[str, int, str]]:
    """(file, line, class) of every isinstance, comparison of types and pattern that names an operator's class; and
    in packages whose strings speak of the graph's operators, of those that begin with such a name."""
    bases = {base for operator in OPERATORS for base in operator.__mro__ if issubclass(base, Operator)} - {Operator}
    names = {kind.__name__ for kind in bases}
    for path in modules().values():
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(("mcugen/ir/", "mcugen/frontend/")):
            continue
        tree = ast.parse(path.read_text())
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            asked: list[ast.expr] = []
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                if not place.startswith(_OF_THE_GRAPH):
                    continue
                word = node.value.partition(" ")[0]
                if word in names:
                    yield place, node.lineno, word
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                asked = node.args[1:] if node.func.id in ("isinstance", "issubclass") else []
            elif isinstance(node, ast.MatchClass):
                asked = [node.cls]
            elif isinstance(node, ast.Compare) and "type(" in ast.unparse(node.left):
                asked = node.comparators
            for name in dict.fromkeys(n.id for a in asked for n in ast.walk(a) if isinstance(n, ast.Name)):
                if name in names:
                    yield place, asked[0].lineno, name


def main() -> int:
    """The command."""
    known = modules()
    graph = imports(known)
    lengths = {path: len(path.read_text().splitlines()) for path in known.values()}
    folders = Counter(path.parent for path in known.values())
    longest, fullest = max(lengths, key=lambda path: lengths[path]), max(folders, key=lambda path: folders[path])
    wrong = [f"circular: {' '.join(group)}" for group in cycles(graph)]
    wrong += [f"against the order: {a} imports {b}" for a, b in against_order(graph)]
    wrong += [f"names a family: {file}:{line}: {what}" for file, line, what in named_families()]
    wrong += [f"asks for a class: {file}:{line}: {what}" for file, line, what in asked_classes()]
    kinds = Counter(line.partition(":")[0] for line in wrong)
    rows = [
        ("longest module", f"{lengths[longest]} lines, `{longest.relative_to(ROOT)}`"),
        ("modules in the fullest folder", f"{folders[fullest]}, `{fullest.relative_to(ROOT)}`"),
        ("groups of modules that import each other", str(kinds["circular"])),
        ("imports against the order", str(kinds["against the order"])),
        ("places where generic code names a kernel family", str(kinds["names a family"])),
        ("places where generic code asks for an operator's class", str(kinds["asks for a class"])),
    ]
    print("| | |\n| --- | --- |")
    print("\n".join(f"| {what} | {value} |" for what, value in rows))
    print("\n".join(wrong), file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
