"""The Helium matrix kernel for columns of one vector: weights of four channels stay in registers while the pixels of a
row pass, one by one.

The stream is the same as for deeper columns. Up to eight values are widened to 16 bits as they are loaded, which needs
no predicate for eight.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly
from mcugen.kernels.helium.shapes import CHANNELS, VALUES, HeliumMatrix
from mcugen.kernels.helium.steps import move, store, to_output

_HALF = VALUES // 2
_SUMS = ("r0", "r2", "r4", "r6")


def matrix_shallow(shape: HeliumMatrix) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns and output row. shape: one whose weights are kept."""
    a = Assembly("armv8.1-m", "stream", "columns", "output row")
    stream, columns, row = a.arguments
    a.enter()
    weights = a.hold("r5", "stream: constants, then weights")
    first_column, first_output = a.hold("r8", "columns"), a.hold("r9", "outputs of the first pixel")
    for register, argument in ((weights, stream), (first_column, columns), (first_output, row)):
        a(f"mov {register}, {argument}")
        a.drop(argument)
    fours = a.hold("r11", "fours of channels to go")
    a(f"movw {fours}, #{shape.channels // CHANNELS}")
    turns = a.hold("r10", "turns of the loop over pixels")
    a(f"movw {turns}, #{shape.pixels // shape.pixels_of_a_turn}")
    narrow = shape.depth <= _HALF
    if shape.depth not in (_HALF, VALUES):
        with a.holding(r3="values of a column") as (depth,):
            a(f"mov {depth}, #{shape.depth}")
            a(f"vctp.{16 if narrow else 8} {depth}", "predicate: as many values")
    zero = None
    if shape.end.zero_point:
        zero = a.hold("r3", "zero point")
        move(a, zero, shape.end.zero_point)
    with a.loop("four output channels") as next_channels:
        constants = (
            a.hold("q4", "starts of the sums"),
            a.hold("q5", "multipliers"),
            a.hold("q6", "shifts to the left"),
        )
        a(f"vldrw.u32 {constants[0]}, [{weights}], #16")
        a(f"vldrw.u32 {constants[1]}, [{weights}], #16")
        a(f"vldrb.s32 {constants[2]}, [{weights}], #4")
        load = "s16" if narrow else "u8"
        kept = [a.hold(f"q{c}", f"weights of channel {c}") for c in range(CHANNELS)]
        for vector in kept:
            a(f"vldrb.{load} {vector}, [{weights}], #{shape.rest_stride or VALUES}")
        column, output = a.hold("r1", "column of a pixel"), a.hold("r7", "outputs of a pixel")
        a(f"mov {column}, {first_column}")
        a(f"mov {output}, {first_output}")

        def pixel() -> None:
            values = a.hold("q7", "values of a pixel")
            if shape.depth in (_HALF, VALUES):
                a(f"vldrb.{load} {values}, [{column}], #{shape.depth}")
            else:
                a("vpst", "the next load by the predicate, 0 elsewhere")
                a(f"vldrbt.{load} {values}, [{column}], #{shape.depth}")
            sums = [a.hold(name, f"sum of channel {c}") for c, name in enumerate(_SUMS)]
            for total, vector in zip(sums, kept, strict=True):
                a(f"vmladav.{'s16' if narrow else 's8'} {total}, {values}, {vector}", "sum = weights . values")
            outputs = a.becomes(values, "sums of a pixel, then its outputs")
            a(f"vmov {outputs}[2], {outputs}[0], {sums[0]}, {sums[2]}")
            a(f"vmov {outputs}[3], {outputs}[1], {sums[1]}, {sums[3]}")
            a.drop(*sums)
            to_output(a, shape.end, outputs, constants, "", zero)
            store(a, outputs, output, shape.x_stride)
            a.drop(outputs)

        if shape.pixels > shape.pixels_of_a_turn:
            with a.holding(lr="turns to go") as (turn,):
                a(f"dls {turn}, {turns}")
                with a.loop("pixels") as again:
                    for _ in range(shape.pixels_of_a_turn):
                        pixel()
                    a(f"le {turn}, {again}")
        else:
            for _ in range(shape.pixels):
                pixel()
        a(f"add {first_output}, #{CHANNELS}", "the next four channels")
        a.drop(*constants, *kept, column, output)
        a(f"subs {fours}, #1")
        a(f"bne {next_channels}")
    a.leave()
    return a.lines()
