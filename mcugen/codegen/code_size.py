"""An estimate of the machine code that a library becomes, from its text, before any compiler has seen it.

Of kernels in assembly and of tables in functions the bytes are exact. All else is the sum of its pieces
(`code_pieces`): what compilers make of a piece on each core stands in `code_size.csv`, a row a piece and a column a
core, which benchmarks/code_size.py makes of untrained networks. An empty cell is a piece that no code for the core has.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mcugen.codegen.code_pieces import Code, code_of
from mcugen.codegen.library import Library

TABLE = Path(__file__).with_name("code_size.csv")

Sizes = Mapping[str, float]
"""Bytes by piece."""


def estimate_code_bytes(library: Library) -> int:
    """Bytes of machine code, with the tables in functions, estimated: most within 2 % of what compilers make, see
    docs/how-it-works.md."""
    target = library.plan.target
    # A core without sizes of its own is built as the one whose costs it has.
    sizes = sizes_of(target.name) or sizes_of(target.costs)
    return bytes_of(code_of(library.files, library.name), sizes)


def bytes_of(code: Code, sizes: Sizes) -> int:
    """Bytes of machine code: what the text tells, and what its pieces become."""
    return code.exact_bytes + round(sum(bytes_of_pieces(own, sizes) for own in code.functions.values()))


def bytes_of_pieces(pieces: Mapping[str, int], sizes: Sizes) -> float:
    """Bytes of compiled code, of how often each piece stands in it."""
    return sum(sizes.get(piece, 0.0) * count for piece, count in pieces.items())


@cache
def sizes_of(core: str) -> Sizes:
    """What a piece becomes on a core; none where its column is missing."""
    return read_table(TABLE.read_text()).get(core, {})


def read_table(text: str) -> dict[str, Sizes]:
    """The columns of a table, by core; lines that begin with # are comments."""
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    cores = [core for core in (rows[0] if rows else ()) if core != "piece"]
    return {core: {row["piece"]: float(row[core]) for row in rows if row[core]} for core in cores}
