"""Loop turns of depthwise convolutions in portable C.

Outputs of a row whose windows lose the same columns to the image's sides are a loop; others are written out, each at
its place. What a compiler makes of a loop and of a place has little in common: in a loop weights that no register is
left for are loaded from the stack, and where an output is stored is computed from its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from mcugen.ir import DepthwiseConv2D, Tensor
from mcugen.plan.part import Part, called_for_rows, requantized, total
from mcugen.plan.plan import Plan, StagePlan
from mcugen.powers import is_power_of_two

_USUAL_WINDOWS = {(3, 3): "3 by 3", (5, 5): "5 by 5"}
_SMALL_WINDOW = 9
"""Taps of a window whose weights stay in registers, for the most part."""
_FAR_WINDOWS = (96, 64, 45)
"""Taps of windows of whose signed bytes more and more lie on a stack, out of an instruction's reach."""
_FEW_TURNS = 2
"""Turns of a loop that compilers write out."""


Columns = Callable[[range], tuple[str, str]]
"""Of a loop's outputs which columns they are stored in, and what of that a compiler knows, from a comma on."""
_Place = tuple[tuple[int, ...], range]
"""Columns of a window in the image, and the outputs whose windows have them there."""


def depthwise(
    plan: Plan, planned: StagePlan, op: DepthwiseConv2D, columns: Columns | None = None, depth: int = 0
) -> Part:
    """A depthwise convolution that writes columns, or the output row where `columns` is None. depth: of a column."""
    source, output, window = planned.stage.inputs[0], planned.stage.output, op.window
    calls, channels, height = output.height, op.weights.shape[2], window.kernel[0]
    each, form = calls * channels, planned.epilogues[op.name].form
    rows = _Rows(op, source, calls)
    places = list(_places(op, source.width, output.width))
    alone = [inside for inside, outputs in places if len(outputs) == 1]
    used = Counter(column for inside, _ in places for column in inside)
    taps = each * sum(len(inside) * len(outputs) for inside, outputs in places)
    turns: dict[str, float] = {
        # Of each call as well.
        "kernel row": calls * height,
        "channel": each,
        # Where in a block of columns a channel lies, and what rounds exactly, is computed before all outputs.
        f"channel in columns{', 2^n channels' * is_power_of_two(depth)}": each * (columns is not None),
        "channel before exact rounding": each * form.startswith("exact"),
        "chosen row": each * rows.chosen,
        "weight of no row": channels * rows.outside * len(used),
        "output at a place": each * len(alone),
        "tap at a place": each * rows.read * sum(map(len, alone)),
        "tap of a row again": taps * (height - rows.read),
        **requantized(planned.epilogues[op.name], each * output.width),
    }
    if source.zero_point:
        turns["centred tap"] = taps * rows.read
    if source.dtype == "int8":
        # Some cores load signed bytes as others, and shift.
        turns["signed tap"] = taps * rows.read
    if len(alone) < len(places):
        kind, of_kind = _in_loops(op, source, each, rows, places, columns)
    else:
        once = sum(count == 1 for count in used.values())
        size = _USUAL_WINDOWS[3, 3] if window.kernel == (3, 3) else "other windows"
        of = "whole rows" if not rows.chosen else "one row" if source.height == 1 else size
        kind, of_kind = (
            f"narrow depthwise of {of}",
            {
                "row of a channel": each * rows.read,
                "weight": channels * rows.inside * (len(used) - once),
                "weight used once": channels * rows.inside * once,
                "output in columns": each * output.width * (columns is not None),
            },
        )
    found = called_for_rows(plan.buffers[source.name], calls * height)
    return Part("depthwise", kind, turns | of_kind, library=found, weight_reads=calls)


def _in_loops(
    op: DepthwiseConv2D, source: Tensor, each: int, rows: _Rows, places: Sequence[_Place], columns: Columns | None
) -> tuple[str, dict[str, float]]:
    """The kind of a function with loops over outputs, and turns that others do not have. each: channels of all calls.
    places: of all outputs."""
    loops = [(inside, outputs) for inside, outputs in places if len(outputs) > 1]
    used = Counter(column for inside, _ in places for column in inside)
    once = sum(len(outputs) * sum(used[column] == 1 for column in inside) for inside, outputs in loops)
    turns: dict[str, float] = {
        "weight": op.weights.shape[2] * rows.inside * len(used),
        "tap in a loop": each * rows.read * sum(len(inside) * len(outputs) for inside, outputs in loops),
        # What a compiler makes of a weight before all outputs, it makes again and again where only one loop needs it.
        "tap of a weight of one loop": each * rows.read * once,
    }
    cells = op.window.cells
    far = next((taps for taps in _FAR_WINDOWS if cells > taps and source.dtype == "int8"), 0)
    if far:
        turns[f"tap of more than {far} in a loop"] = turns["tap in a loop"]
    if far == max(_FAR_WINDOWS):
        turns[f"weight of more than {far}"] = turns["weight"]
    stored = total(_stored(outputs, columns, op, whole=len(places) == 1) for _, outputs in loops)
    turns |= {name: each * count for name, count in stored.items()}
    size = _USUAL_WINDOWS.get(op.window.kernel)
    if size is None:
        size = f"{'small' if cells <= _SMALL_WINDOW else 'large'} windows"
        turns["row of a window"] = each * rows.read * sum(len(outputs) for _, outputs in places)
    return f"depthwise of {size}", turns


class _Rows:
    """Rows of a window. chosen: those that lie outside of the image for some output rows, so that their weights are
    chosen. inside, outside: how often, in all calls, a row lies there. read: rows whose values are loaded; in a map of
    one row all are the same."""

    def __init__(self, op: DepthwiseConv2D, source: Tensor, calls: int) -> None:
        height, above, stride = op.window.kernel[0], op.window.padding[0], op.window.stride[0]
        below = max(0, (calls - 1) * stride - above + height - source.height)
        self.chosen = sum(i < above or i >= height - below for i in range(height))
        self.inside = sum(0 <= y * stride - above + i < source.height for y in range(calls) for i in range(height))
        self.outside = calls * height - self.inside
        self.read = 1 if source.height == 1 else height


def _places(op: DepthwiseConv2D, source_width: int, width: int) -> Iterator[_Place]:
    """Runs of output pixels whose windows have the same columns in the image: these columns, and the pixels."""

    def inside(x: int) -> tuple[int, ...]:
        left = x * op.window.stride[1] - op.window.padding[2]
        return tuple(j for j in range(op.window.kernel[1]) if 0 <= left + j < source_width)

    for columns, run in groupby(range(width), inside):
        pixels = list(run)
        yield columns, range(pixels[0], pixels[-1] + 1)


def _stored(outputs: range, columns: Columns | None, op: DepthwiseConv2D, *, whole: bool) -> dict[str, float]:
    """Turns of a loop over outputs, apart from their taps. whole: over all of a row, so that what a compiler knows of
    the columns is all that there is to know."""
    count = len(outputs)
    turns: dict[str, float] = {"output in a loop": count}
    if columns is not None:
        which, known = columns(outputs)
        usual = op.window.kernel in _USUAL_WINDOWS
        matters = usual or op.window.cells <= _SMALL_WINDOW
        known += " of whole rows" * (whole and usual and known != "")
        turns[f"output in a loop to {which}{known * matters}"] = count
    if count <= _FEW_TURNS:
        turns["output in a loop of two"] = count
    if op.window.stride[1] > 1:
        turns["output in a loop of a stride"] = count
    return turns
