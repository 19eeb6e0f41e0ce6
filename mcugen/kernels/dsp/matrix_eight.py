"""The DSP matrix kernel of depth 8 in assembly: one output channel at a time, whose weights stay in registers.

The end of a pixel's sum stands between the products of the next pixel's: a Cortex-M33 waits for a result that is used
at once.
"""

from __future__ import annotations

from collections.abc import Callable

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.dsp.shapes import DspMatrixEight
from mcugen.kernels.dsp.steps import saturate, store


def matrix_eight(shape: DspMatrixEight) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns (pixels one by one), output row and words that its caller has
    for it."""
    a = Assembly("armv7-m", "stream", "columns", "output", "shape")
    stream, columns, row, given = a.arguments
    frame = a.enter(
        24,
        to_next="bytes from the end of a channel's output to the next channel's",
        row_bytes="bytes of a channel's output row",
        column_bytes="bytes of the columns",
        stream_end="end of the stream",
        stream="the next channel in the stream",
    )
    meanings = {
        "r4": "channel stride",
        "r5": "bytes of a row",
        "r6": "bytes of the columns",
        "r7": "bytes of the stream",
    }
    with a.holding(**meanings) as (stride, row_bytes, _, end):
        a(f"ldm {given}, {{{stride}-{end}}}")
        stride = a.becomes(stride, "from the end of a channel to the next")
        a(f"subs {stride}, {row_bytes}")
        end = a.becomes(end, "end of the stream")
        a(f"add {end}, {stream}")
        a(f"stm sp, {{{stride}-{end}}}")
    a.drop(given)
    with a.loop("an output channel") as next_channel:
        weights = _weights(a, stream)
        end = a.hold("lr", "end of the channel's output")
        a(f"ldr {end}, {frame.row_bytes}")
        _widen(a, weights, plain=shape.plain)
        start, multiplier = a.hold("r3", "start of the sum"), a.hold("r8", "multiplier")
        a(f"ldm {stream}!, {{{start}, {multiplier}}}")
        a(f"add {end}, {row}")
        a(f"str {stream}, {frame.stream}")
        a.drop(stream)
        with a.loop(f"{shape.unroll} pixels" if shape.unroll > 1 else "a pixel") as again:
            total: Register | None = None
            for _ in range(shape.unroll):
                total = _pixel(a, shape, columns, weights, (start, multiplier), row, total)
            assert total is not None
            for step in _ends(a, shape, total, multiplier, row):
                step()
            a.drop(total)
            a(f"cmp {row}, {end}")
            a(f"bne {again}")
        a.drop(start, multiplier, end, *weights)
        stream = a.hold("r0", "stream")
        a(f"ldr {stream}, {frame.stream}")
        meanings = {"r3": "bytes of the columns", "r4": "to the next channel", "r5": "end of the stream"}
        with a.holding(**meanings) as (column_bytes, to_next, stream_end):
            a(f"ldr {column_bytes}, {frame.column_bytes}")
            a(f"ldr {to_next}, {frame.to_next}")
            a(f"ldr {stream_end}, {frame.stream_end}")
            a(f"subs {columns}, {column_bytes}", "back to the first pixel")
            a(f"add {row}, {to_next}")
            a(f"cmp {stream}, {stream_end}")
        a(f"bne {next_channel}")
    a.leave()
    return a.lines()


def _weights(a: Assembly, stream: Register) -> list[Register]:
    """Four registers for two weights each; the first and the third hold four yet."""
    which = ("0 and 4", "1 and 5", "2 and 6", "3 and 7")
    weights = [a.hold(f"r{4 + i}", f"weights {channels}") for i, channels in enumerate(which)]
    a(f"ldm {stream}!, {{{weights[0]}, {weights[2]}}}", "as bytes 0 1 4 5, and 2 3 6 7")
    return weights


def _widen(a: Assembly, weights: list[Register], *, plain: bool) -> None:
    """Weights for columns of 256-fold values, or 256-fold weights for plain ones."""
    for even, odd in (weights[:2], weights[2:]):
        if plain:
            a(f"and {odd}, {even}, #0xff00ff00", "256-fold")
            a(f"lsl {even}, {even}, #8")
            a(f"and {even}, {even}, #0xff00ff00")
        else:
            a(f"sxtb16 {odd}, {even}, ror #8")
            a(f"sxtb16 {even}, {even}")


def _pixel(
    a: Assembly,
    shape: DspMatrixEight,
    columns: Register,
    weights: list[Register],
    constants: tuple[Register, Register],
    row: Register,
    before: Register | None,
) -> Register:
    """The sum of one pixel. constants: start and multiplier. before: the sum of the pixel before it, which becomes that
    one's output meanwhile."""
    start, multiplier = constants
    values = [a.hold(f"r{9 + i}", f"channels {i} and {i + 4} of a pixel") for i in range(4)]
    a(f"ldm {columns}!, {{{', '.join(map(str, values))}}}")
    ends = [] if before is None else _ends(a, shape, before, multiplier, row)
    first, *others = values
    for i, (value, weight) in enumerate(zip(values[:-1], weights, strict=False)):
        for step in ends[i : i + 1]:
            step()
        a(f"smlad {first}, {value}, {weight}, {start if i == 0 else first}", "sum += two channels . weights")
    if before is not None:
        a.drop(before)
    total = a.hold("r0", "sum of a pixel")
    a(f"smlad {total}, {others[-1]}, {weights[-1]}, {first}", "sum += two channels . weights")
    a.drop(*values)
    return total


def _ends(
    a: Assembly, shape: DspMatrixEight, total: Register, multiplier: Register, row: Register
) -> list[Callable[[], None]]:
    """The steps from a sum to its output."""
    return [
        lambda: a(f"smmul {total}, {total}, {multiplier}", "sum * multiplier / 2^32"),
        lambda: saturate(a, shape.saturate, total, shape.shift),
        lambda: store(a, total, row, shape.x_stride),
    ]
