"""Blocks of pixels become channels and back, by parts that are put together."""

from __future__ import annotations

from itertools import product

from mcugen.frontend.dense_weights import Refuse
from mcugen.frontend.lowering import Lowering
from mcugen.ir import Operator, Reshape, Tensor
from mcugen.ir.operators.concat import Concat
from mcugen.ir.operators.slice import Slice

_WIDTH, _CHANNELS = 1, 2
_LARGEST_BLOCK = 16


def require_block(size: int, refuse: Refuse) -> None:
    """Raises what `refuse` makes for blocks whose pixels would be too many parts."""
    if size > _LARGEST_BLOCK:
        raise refuse(f"blocks of {size}; up to {_LARGEST_BLOCK} are supported", "use smaller blocks in turn")


def gather_blocks(lowering: Lowering, source: Tensor, output: Tensor, size: int) -> list[Operator]:
    """What writes y[i, j, (a * size + b) * channels + c] = x[i * size + a, j * size + b, c] for a, b in 0 to size."""
    operators: list[Operator] = []
    pixels = []
    for row, column in product(range(size), repeat=2):
        pixel = lowering.inner(f"pixel_{row}_{column}", (output.height, output.width, source.channels))
        fields = lowering.fields((source,), pixel)
        operators.append(Slice(**fields, begin=(row, column, 0), stride=(size, size)))
        pixels.append(pixel)
    return [*operators, Concat(**lowering.fields(tuple(pixels), output), axis=_CHANNELS)]


def spread_blocks(lowering: Lowering, source: Tensor, output: Tensor, block: tuple[int, int]) -> list[Operator]:
    """What writes y[i * height + a, j * width + b, c] = x[i, j, (a * width + b) * channels + c] for a, b in a block of
    height and width.

    A row of the output is, in memory, a block of the channels of a row of the input. So rows stand beside each other
    first, and below each other when the memory is read as the output.
    """
    operators: list[Operator] = []
    lines = []
    height, width = block
    channels = width * output.channels
    for row in range(height):
        deep = lowering.inner(f"row_{row}", (source.height, source.width, channels))
        operators.append(Slice(**lowering.fields((source,), deep), begin=(0, 0, row * channels)))
        line = deep
        if width > 1:
            line = lowering.inner(f"line_{row}", (source.height, output.width, output.channels))
            operators.append(Reshape(**lowering.fields((deep,), line)))
        lines.append(line)
    if height == 1:
        return [*operators, Concat(**lowering.fields(tuple(lines), output), axis=_WIDTH)]
    joined = lowering.inner("whole", (source.height, height * output.width, output.channels))
    concat = Concat(**lowering.fields(tuple(lines), joined), axis=_WIDTH)
    return [*operators, concat, Reshape(**lowering.fields((joined,), output))]
