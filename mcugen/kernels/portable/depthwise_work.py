"""Loop turns of depthwise convolutions in portable C.

Outputs of a row whose windows lose the same columns to the image's sides are a loop; others are written out, each at
its place. What a compiler makes of a loop and of a place has little in common: in a loop weights that no register is
left for are loaded from the stack, and where an output is stored is computed from its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby

from mcugen.ir import DepthwiseConv2D
from mcugen.plan.part import Part, called_for_rows, requantized, total
from mcugen.plan.plan import Plan, StagePlan

_USUAL_WINDOWS = {(3, 3): "3 by 3", (5, 5): "5 by 5"}
_SMALL_WINDOW = 9
"""Taps of a window whose weights stay in registers, for the most part."""
_FAR_WINDOW = 64
"""Taps of a window of whose rows and weights some are out of an instruction's reach."""
_FEW_TURNS = 2
"""Turns of a loop that compilers write out."""


Columns = Callable[[range], tuple[str, str]]
"""Of a loop's outputs which columns they are stored in, and what of that a compiler knows, from a comma on."""


def depthwise(plan: Plan, planned: StagePlan, op: DepthwiseConv2D, columns: Columns | None = None) -> Part:
    """A depthwise convolution that writes columns, or the output row where `columns` is None."""
    source, output, window = planned.stage.inputs[0], planned.stage.output, op.window
    calls, height = output.height, window.kernel[0]
    each = calls * op.weights.shape[2]
    places = list(_places(op, source.width, output.width))
    loops = [(inside, outputs) for inside, outputs in places if len(outputs) > 1]
    used = Counter(column for inside, _ in places for column in inside)
    # Weights of rows that may lie outside the image are chosen; of a map of one row it is known which do.
    above = window.padding[0]
    below = max(0, (calls - 1) * window.stride[0] - above + height - source.height)
    outside = sum(i < above or i >= height - below for i in range(height))
    chosen, rows = (0, height - outside) if source.height == 1 else (outside, height)
    taps = rows * sum(len(inside) * len(outputs) for inside, outputs in places)
    alone = rows * sum(len(inside) for inside, outputs in places if len(outputs) == 1)
    turns: dict[str, float] = {
        # Of each call as well.
        "kernel row": calls * height,
        "channel": each,
        "chosen row": each * chosen,
        "output at a place": each * (len(places) - len(loops)),
        "tap at a place": each * alone,
        **requantized(planned.epilogues[op.name], each * output.width),
    }
    if source.zero_point:
        turns["centred tap"] = each * taps
    if source.dtype == "int8":
        # Some cores load signed bytes as others, and shift.
        turns["signed tap"] = each * taps
    if loops:
        turns |= {
            "weight": each * rows * len(used),
            "tap in a loop": each * (taps - alone),
            "tap of a far window in a loop": each * (taps - alone) * (window.cells > _FAR_WINDOW),
            # What a compiler makes of a weight before all outputs, it makes again and again where only one loop needs
            # it.
            "tap of a weight of one loop": each
            * rows
            * sum(len(outputs) * sum(used[column] == 1 for column in inside) for inside, outputs in loops),
        }
        in_loops = total(_stored(outputs, columns, op) for _, outputs in loops)
        turns |= {name: each * count for name, count in in_loops.items()}
    else:
        once = sum(count == 1 for count in used.values())
        turns |= {
            "weight": each * rows * (len(used) - once),
            "weight used once": each * rows * once,
            "output in columns": each * output.width * (columns is not None),
        }
    size = _USUAL_WINDOWS.get(window.kernel)
    if size is None:
        size = f"{'small' if window.cells <= _SMALL_WINDOW else 'large'} windows" if loops else "other windows"
        turns["row of a window"] = each * output.width * rows * bool(loops)
    kind = f"{'' if loops else 'narrow '}depthwise of {size}"
    found = called_for_rows(plan.buffers[source.name], calls * height)
    return Part("depthwise", kind, turns, library=found, weight_reads=calls)


def _places(op: DepthwiseConv2D, source_width: int, width: int) -> Iterator[tuple[tuple[int, ...], range]]:
    """Runs of output pixels whose windows have the same columns in the image: these columns, and the pixels."""

    def inside(x: int) -> tuple[int, ...]:
        left = x * op.window.stride[1] - op.window.padding[2]
        return tuple(j for j in range(op.window.kernel[1]) if 0 <= left + j < source_width)

    for columns, run in groupby(range(width), inside):
        pixels = list(run)
        yield columns, range(pixels[0], pixels[-1] + 1)


def _stored(outputs: range, columns: Columns | None, op: DepthwiseConv2D) -> dict[str, float]:
    """Turns of a loop over outputs, apart from their taps."""
    count = len(outputs)
    turns: dict[str, float] = {"output in a loop": count}
    if columns is not None:
        which, known = columns(outputs)
        turns[f"output in a loop to {which}{known if op.window.kernel in _USUAL_WINDOWS else ''}"] = count
    if count <= _FEW_TURNS:
        turns["output in a loop of two"] = count
    if op.window.stride[1] > 1:
        turns["output in a loop of a stride"] = count
    return turns
