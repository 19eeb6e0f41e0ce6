"""Loop turns of what copies windows into columns for DSP instructions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcugen.ir import Conv2D, Tensor
from mcugen.kernels.dsp.select import DspKernel
from mcugen.kernels.dsp.shapes import UNROLLED_TAPS
from mcugen.kernels.dsp.tiling import Tiling, filled_pixels
from mcugen.kernels.dsp.windows import Words, copied_runs, copied_words
from mcugen.kernels.portable.work import of_channels
from mcugen.plan.buffer import Buffer
from mcugen.plan.part import Part, found_rows
from mcugen.plan.plan import Plan
from mcugen.plan.stage import Stage

_WRITTEN_OUT_PAIRS = 2
_WRITTEN_OUT_TURNS = 2


def copied_windows(plan: Plan, kernel: DspKernel, stage: Stage, op: Conv2D) -> Part:
    """The function that makes columns of a convolution: 256-fold ones, or plain ones."""
    source, output = stage.inputs[0], stage.output
    buffer = plan.buffers[source.name]
    calls, tiling = output.height * kernel.fills, kernel.tiling
    pixels = filled_pixels(output.width, tiling, kernel.fills)
    # Of a single pixel there is no loop.
    turns: dict[str, float] = {_pixel(tiling): output.height * len(pixels) * (tiling.pixels > 1)}
    name = "dsp widening" if kernel.plain else "dsp im2col"
    if op.reads_single_pixels:
        copies = _words_of_pixels if kernel.plain else _values_of_pixels
        turns |= {"call": calls, **copies(kernel, op, buffer, output.height * len(pixels))}
        return _part(f"{name} pointwise", tiling, turns | found_rows(buffer, calls))
    places = _Places.of(source, output, op, pixels)
    rows = calls * op.window.kernel[0]
    turns |= (_words_of_windows if kernel.plain else _values_of_windows)(kernel, op, buffer, places)
    if op.window.cells == 1:
        # Neither its row nor its column is a loop.
        turns["pixel in tiles of 3 and 2"] = output.height * len(pixels) * (tiling.twos > 0)
        return Part("im2col", f"{name} of one cell", turns | found_rows(buffer, rows), (name,))
    turns["row that is asked for" if places.asks else "kernel row"] = rows
    return _part(name, tiling, turns | found_rows(buffer, rows))


def _part(kind: str, tiling: Tiling, turns: Mapping[str, float]) -> Part:
    """Where tiles have three pixels and two, the distance of words is a variable."""
    return Part("im2col", f"{kind} of 3 and 2", turns, (kind,)) if tiling.twos else Part("im2col", kind, turns)


def _pixel(tiling: Tiling) -> str:
    """The loop over pixels: which tile a pixel stands in takes a division, unless there is one."""
    if tiling.pixels == tiling.tile_pixels:
        return "pixel of the only tile"
    return f"pixel in tiles of {tiling.tile_pixels}"


@dataclass(frozen=True)
class _Places:
    """Where windows lie. inside: of so many pixels all of it is of the image; edges: the others. taps: of these.
    outside: of their taps, outside the image. asks: whether rows are asked if they lie in it."""

    inside: int
    edges: int
    taps: int
    outside: int
    asks: bool

    @property
    def between(self) -> str:
        """What is added to names of loops that copy whole windows between others: compilers find where each begins
        anew."""
        return " between edges" if self.edges else ""

    def all_edges(self, op: Conv2D) -> _Places:
        """Where no windows are copied as a whole."""
        edges = self.inside + self.edges
        return _Places(0, edges, edges * op.window.cells, self.outside, self.asks)

    @staticmethod
    def of(source: Tensor, output: Tensor, op: Conv2D, pixels: Sequence[int]) -> _Places:
        """Of the windows of these pixels in each row."""
        window, (height, width) = op.window, op.window.kernel
        rows = [_inside(y * window.stride[0] - window.padding[0], height, source.height) for y in range(output.height)]
        columns = [_inside(x * window.stride[1] - window.padding[2], width, source.width) for x in pixels]
        whole = rows.count(height) * columns.count(width)
        edges = len(rows) * len(columns) - whole
        of_image = sum(rows) * sum(columns) - whole * height * width
        return _Places(whole, edges, edges * height * width, edges * height * width - of_image, min(rows) < height)


def _inside(first: int, size: int, limit: int) -> int:
    """How many of `size` rows or columns from `first` on lie in the image."""
    return max(0, min(first + size, limit) - max(first, 0))


def _values_of_pixels(kernel: DspKernel, op: Conv2D, buffer: Buffer, pixels: int) -> dict[str, float]:
    values, half = op.weights[0].size, kernel.depth // 2
    paired = max(values - half, 0)
    # Compilers write the loop over few pairs out.
    pair = "pair written out" if paired <= _WRITTEN_OUT_PAIRS else "pair"
    return {pair: pixels * paired, "single": pixels * (min(half, values) - paired)}


def _words_of_pixels(kernel: DspKernel, op: Conv2D, buffer: Buffer, pixels: int) -> dict[str, float]:
    words, values = copied_words(op, buffer), op.weights[0].size
    turns = _words(words, pixels)
    if kernel.tiling.twos and "turn" not in turns:
        # Without a loop, and of a distance that is a variable, the place of each word is an addition of its own.
        turns = {"word of an only turn": turns["word"]}
    return {**turns, "copied value": pixels * (values - words.row)}


def _words(words: Words, rows: int, between: str = "") -> dict[str, float]:
    """Of so many rows of words. Compilers leave the loop out where all words are copied in one turn."""
    turns, number = words.row // (4 * words.unrolled), rows * words.row // 4
    return {"word": number, **({"turn": rows * turns, f"copied row{between}": rows} if turns > 1 else {})}


def _values_of_windows(kernel: DspKernel, op: Conv2D, buffer: Buffer, places: _Places) -> dict[str, float]:
    """Windows that lie in the image are copied by code without a loop if they are small, and word by word where a row
    of theirs is one of memory; others value by value."""
    values = op.weights[0].size
    runs = copied_runs(op, kernel.depth, buffer)
    places = places if runs or values <= UNROLLED_TAPS else places.all_edges(op)
    # Compilers write two turns out.
    loops = [run for run in runs if run.words > _WRITTEN_OUT_TURNS * run.unrolled]
    return {
        f"copied pixel{places.between}": places.inside,
        "copied value": places.inside * values,
        "run": places.inside * len(loops),
        "turn": places.inside * sum(run.words // run.unrolled for run in loops),
        **_edge_values(places, op),
    }


def _words_of_windows(kernel: DspKernel, op: Conv2D, buffer: Buffer, places: _Places) -> dict[str, float]:
    """Four values at a time where they stand so in memory, others one by one. Small windows that lie in the image are
    copied by code without a loop."""
    values, channels = op.weights[0].size, op.weights.shape[3]
    words = copied_words(op, buffer)
    places = places if words.row or values <= UNROLLED_TAPS else places.all_edges(op)
    turns: dict[str, float] = {f"copied pixel{places.between}": places.inside}
    if words.row:
        turns |= _words(words, places.inside * op.window.kernel[0], places.between)
    else:
        turns["copied value"] = places.inside * values
    if not words.pixel:
        return turns | _edge_values(places, op)
    # Compilers write the loop over the channels of a tap out where these are one word or two.
    if channels <= 8:
        return turns | {f"tap of {channels // 4} word{'s' * (channels > 4)}": places.taps}
    return turns | _taps(places, op) | {"word of taps": places.taps * channels // 4}


def _edge_values(places: _Places, op: Conv2D) -> dict[str, float]:
    """Windows that reach out of the image, value by value."""
    channels = op.weights.shape[3]
    if few := of_channels(channels):
        return {f"tap{few}": places.taps}
    outside = places.outside * channels
    return _taps(places, op) | {"value": places.taps * channels - outside, "value outside": outside}


def _taps(places: _Places, op: Conv2D) -> dict[str, float]:
    """Their loops over columns."""
    return {"tap": places.taps} if op.window.cells > 1 else {}
