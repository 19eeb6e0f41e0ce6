"""The proof that every map is of a size that generated code can count, and that a microcontroller could ever meet."""

from __future__ import annotations

from mcugen.diagnostics import UnsupportedModelError
from mcugen.ir import Graph

# Generated code counts the rows of a map in 16 bits.
_MOST_ROWS = (1 << 16) - 1
# Bytes of the largest external memory of any supported board.
_MOST_ELEMENTS = 8 << 20
_HINT = "use a smaller input"


def prove_sizes(graph: Graph) -> Graph:
    """The graph itself. Raises UnsupportedModelError naming the first map that is too tall or too large."""
    made_by = {op.output: f"{op.name} ({op.source or type(op).__name__}): its output" for op in graph.operators}
    for tensor in graph.tensors.values():
        which = made_by.get(tensor.name, "the input")
        if tensor.height > _MOST_ROWS:
            raise UnsupportedModelError(
                f"{which} has {tensor.height:,} rows; at most {_MOST_ROWS:,} are supported", _HINT
            )
        if tensor.size > _MOST_ELEMENTS:
            raise UnsupportedModelError(
                f"{which} has {tensor.height} x {tensor.width} x {tensor.channels} = {tensor.size:,} values;"
                f" at most {_MOST_ELEMENTS:,} fit a microcontroller",
                _HINT,
            )
    return graph
