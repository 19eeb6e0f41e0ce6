"""The functions of the generated code that a stage runs, and the bytes of each: exact of assembly, estimated of C."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mcugen.codegen.code_pieces import OUTSIDE, code_of, functions_of
from mcugen.codegen.code_size import bytes_of_pieces, sizes_of
from mcugen.codegen.library import Library
from mcugen.kernels.encoded import encoded_bytes
from mcugen.plan.role import CALLED, Role

_CALLED = re.compile(rf"\b((?:{'|'.join(role.value for role in CALLED)})_\d+\w*)\(")
_STAGE = re.compile(r"stage_(\d+)")


@dataclass(frozen=True)
class StageCode:
    """sizes: bytes of each function that has code of its own, by name. called: by stage, its functions, its own first
    and those of matrices last, as they run. outside: bytes of what no stage has."""

    sizes: Mapping[str, int]
    called: Mapping[int, tuple[str, ...]]
    outside: int


def stage_code(library: Library) -> StageCode:
    """The functions of a library."""
    target = library.plan.target
    pieces = sizes_of(target.name) or sizes_of(target.costs)
    functions = functions_of(library.files)
    compiled = code_of(library.files, library.name).functions
    sizes = {name: round(bytes_of_pieces(own, pieces)) for name, own in compiled.items()}
    sizes |= {each.name: encoded_bytes(each.text.splitlines()) for each in functions if each.assembly}
    called = {}
    for function in functions:
        if stage := _STAGE.fullmatch(function.name):
            inner = [callee for callee in dict.fromkeys(_CALLED.findall(function.text)) if callee in sizes]
            inner.sort(key=lambda callee: Role.of(callee) is Role.MATRIX)
            called[int(stage[1])] = (function.name, *inner)
    outside = sizes.pop(OUTSIDE, 0)
    return StageCode(sizes, called, outside)
