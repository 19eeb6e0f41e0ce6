"""A serialized program without anything that torch would evaluate, import or execute while it reads it.

Names become Python code (torch.fx writes a `forward` of them and runs its definition), symbolic sizes go through
sympy's `eval`, tree specifications name modules to import, targets are looked up as attributes of torch.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mcugen.bounded import parse_json
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError

NAMESPACES = ("aten", "quantized_decomposed")
"""Libraries of operators that a program may call."""

_TREES = ("builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")
_TARGET = re.compile(r"torch\.ops\.(?P<space>[A-Za-z]\w*)\.(?P<kind>(?!__)\w+)(\.(?!__)\w+)?", re.ASCII)
_EVALUATED = ("expr_str", "as_expr", "as_exprs")
_OBJECTS = ("as_custom_obj", "custom_obj", "custom_obj_values", "as_opaque", "as_operator", "as_graph")
_NAMES = ("name", "as_name", "as_names", "forward_arg_names")
_METADATA = ("stack_trace", "nn_module_stack")
_FIXED = "export without dynamic_shapes"
_AGAIN = "write it with torch.export.save"


def inert_program(program: Any, path: Path) -> dict[str, Any]:
    """The program as JSON values, what a compiler does not need left out.

    Raises ModelFormatError where it is not a program, UnsupportedModelError naming what in it would be executed.
    """
    try:
        graph_module = program["graph_module"]
        if program.get("range_constraints"):
            raise UnsupportedModelError(f"{path}: sizes that are not fixed", _FIXED)
        for node in graph_module["graph"]["nodes"]:
            _check_target(node["target"], path)
            node["metadata"] = {key: str(node["metadata"][key]) for key in _METADATA if key in node["metadata"]}
        graph_module |= {"metadata": {}, "treespec_namedtuple_fields": {}}
        program |= {"guards_code": []}
    except (TypeError, KeyError, AttributeError) as error:
        raise ModelFormatError(f"{path}: holds no program of torch.export", _AGAIN) from error
    _check_values(program, path)
    return dict(program)


def _check_target(target: Any, path: Path) -> None:
    if target == "_operator.getitem":
        return
    found = _TARGET.fullmatch(target) if isinstance(target, str) else None
    if found is None:
        raise UnsupportedModelError(f"{path}: calls {target!r}, which is not an operator of torch")
    if found["space"] not in NAMESPACES:
        raise UnsupportedModelError(f"{found['space']}.{found['kind']}: not supported")


def _check_values(program: dict[str, Any], path: Path) -> None:
    """Checks every value at any depth: names are identifiers, numbers are numbers, and no object is one of Python."""
    waiting: list[Any] = [program]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        if not isinstance(value, dict):
            continue
        for key, inner in value.items():
            if key in _EVALUATED and inner is not None:
                raise UnsupportedModelError(f"{path}: sizes that are not fixed", _FIXED)
            if key in _OBJECTS and inner:
                raise UnsupportedModelError(
                    f"{path}: holds objects of Python or functions as arguments ({key}), which could run code"
                )
            if key in _NAMES:
                _check_names(inner, path)
            elif key in ("tensor_values", "sym_int_values", "sym_float_values", "sym_bool_values"):
                _check_names(list(inner or {}), path)
            elif key in ("in_spec", "out_spec"):
                _check_tree(inner, path)
            waiting.append(inner)


def _check_names(names: Any, path: Path) -> None:
    if names is None or isinstance(names, dict):
        return
    for name in names if isinstance(names, list) else [names]:
        if not isinstance(name, str) or (name and not name.isidentifier()):
            raise UnsupportedModelError(f"{path}: {name!r} is not a name that a value can have")


def _check_tree(text: Any, path: Path) -> None:
    """A tree specification of plain containers; others name modules, which torch would import."""
    parsed = parse_json(text if isinstance(text, str) else "", f"{path}: a tree specification")
    waiting = list(parsed[1:]) if isinstance(parsed, list) and len(parsed) == 2 else [None]
    while waiting:
        tree = waiting.pop()
        if not isinstance(tree, dict) or not isinstance(tree.get("children_spec"), list):
            raise ModelFormatError(f"{path}: a tree specification is damaged", _AGAIN)
        kind, context = tree.get("type"), tree.get("context")
        if kind is not None and kind not in _TREES:
            raise UnsupportedModelError(f"{path}: inputs or outputs in a {kind!r}", "supported: one image, one tensor")
        if context is not None and (not isinstance(context, str) or "__enum__" in context or "\\u" in context):
            raise UnsupportedModelError(f"{path}: keys of its inputs or outputs that are not plain text")
        waiting.extend(tree["children_spec"])
