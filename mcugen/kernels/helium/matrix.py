"""The Helium matrix kernel in assembly: a function with literal shapes.

The shape decides how far loops are unrolled and which displacement each instruction has, so it is a program that writes
it. `tables.py` describes the stream.
"""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.helium.matrix_shallow import matrix_shallow
from mcugen.kernels.helium.shapes import CHANNELS, STEPS_OF_A_TURN, VALUES, HeliumMatrix
from mcugen.kernels.helium.steps import add, address, move, store, to_output

# The even registers, which are all that VMLADAVA adds to.
_SUMS = (("r0", "r2", "r4", "r6"), ("r8", "r10", "r12", "lr"))
_COLUMNS = ("r1", "r3")


def matrix(shape: HeliumMatrix) -> tuple[str, ...]:
    """Lines of the function that takes stream, columns and output row."""
    return matrix_shallow(shape) if shape.keeps_weights else _Matrix(shape).a.lines()


class _Matrix:
    """The function being written: tiles of two pixels, and of one, by four output channels.

    columns: of the first pixel of a tile. constants: of the four channels. distances: of their outputs, None where they
    stand together.
    """

    def __init__(self, shape: HeliumMatrix) -> None:
        self.shape = shape
        self.a = a = Assembly("armv8.1-m", "stream", "columns", "output row")
        stream, columns, row = a.arguments
        self.frame = frame = a.enter(
            16,
            weights="weights of the four channels",
            columns="columns",
            output="output",
            fours="fours of channels to go",
        )
        a(f"strd {columns}, {row}, {frame.columns}")
        a.drop(columns, row)
        with a.holding(r3="fours of channels") as (fours,):
            a(f"movw {fours}, #{shape.channels // CHANNELS}")
            a(f"str {fours}, {frame.fours}")
        self.weights = a.hold("r5", "stream: constants, then weights")
        a(f"mov {self.weights}, {stream}")
        a.drop(stream)
        if shape.rest:
            with a.holding(r3="values behind the last whole vector") as (rest,):
                a(f"mov {rest}, #{shape.rest}")
                a(f"vctp.8 {rest}", "predicate: as many bytes")
        self.distances = self.take_distances() if shape.channel_stride != 1 else None
        self.constants = (
            a.hold("q4", "starts of the sums"),
            a.hold("q5", "multipliers"),
            a.hold("q6", "shifts to the left"),
        )
        with a.loop("four output channels") as next_channels:
            self.channels()
            with a.holding(r3="output", r4="fours of channels to go") as (output, fours):
                a(f"ldrd {output}, {fours}, {frame.output}")
                add(a, output, CHANNELS * shape.channel_stride, "the next four channels")
                a(f"subs {fours}, #1")
                a(f"strd {output}, {fours}, {frame.output}")
            a(f"bne {next_channels}")
        a.leave()

    def take_distances(self) -> Register:
        """Bytes from the first channel's output to each of the four."""
        a = self.a
        distances = a.hold("q7", "distances of the four channels' outputs")
        with a.holding(r4="0") as (zero,):
            a(f"mov {zero}, #0")
            a(f"vidup.u32 {distances}, {zero}, #1", "0 1 2 3")
        with a.holding(r3="bytes from channel to channel") as (stride,):
            a(f"movw {stride}, #{self.shape.channel_stride}")
            a(f"vmul.i32 {distances}, {distances}, {stride}")
        return distances

    def channels(self) -> None:
        """All pixels of four output channels."""
        a, shape, frame = self.a, self.shape, self.frame
        start, multiplier, shift = self.constants
        a(f"vldrw.u32 {start}, [{self.weights}], #16")
        a(f"vldrw.u32 {multiplier}, [{self.weights}], #16")
        a(f"vldrb.s32 {shift}, [{self.weights}], #4")
        a(f"str {self.weights}, {frame.weights}")
        self.columns, self.output = a.hold("r1", "columns"), a.hold("r7", "outputs")
        a(f"ldrd {self.columns}, {self.output}, {frame.columns}")
        with a.holding(r11="end of the weights that the loop takes") as (end,):
            if shape.unrolling[1]:
                a(f"movw {end}, #{CHANNELS * VALUES * shape.steps}")
                a(f"add {end}, {end}, {self.weights}")
            pairs, single = divmod(shape.pixels, 2)
            if pairs > 1:
                tiles = a.hold("r9", "tiles to go")
                a(f"movw {tiles}, #{pairs}")
                with a.loop("a tile of two pixels") as next_tile:
                    a(f"ldr {a.anew(self.weights)}, {frame.weights}")
                    self.tile(2, end)
                    a(f"subs {tiles}, #1")
                    a(f"bne {next_tile}")
                a.drop(tiles)
            elif pairs:
                self.tile(2, end)
            if single:
                if pairs:
                    a(f"ldr {a.anew(self.weights)}, {frame.weights}")
                self.tile(1, end)
        a.drop(self.columns, self.output)

    def tile(self, pixels: int, end: Register) -> None:
        """One or two pixels from columns to outputs; afterwards `columns` is at the next tile's."""
        sums = self.sum(pixels, end)
        a, shape = self.a, self.shape
        outputs = []
        for x, (first, second, third, fourth) in enumerate(sums):
            vector = a.hold(f"q{x}", f"sums of pixel {x}, then its outputs")
            outputs.append(vector)
            a(f"vmov {vector}[2], {vector}[0], {first}, {third}")
            a(f"vmov {vector}[3], {vector}[1], {second}, {fourth}")
            a.drop(first, second, third, fourth)
        zero = None
        if shape.end.zero_point:
            zero = a.hold("r0", "zero point")
            move(a, zero, shape.end.zero_point)
        for vector in outputs:
            to_output(a, shape.end, vector, self.constants, "q2", zero)
            if self.distances is None:
                store(a, vector, self.output, shape.x_stride)
            else:
                a(f"vstrb.32 {vector}, [{self.output}, {self.distances}]")
                add(a, self.output, shape.x_stride, "the next pixel")
        a.drop(*outputs, *([zero] if zero else []))

    def sum(self, pixels: int, end: Register) -> list[list[Register]]:
        """The products of a tile, for each pixel the sums of four channels."""
        a, shape = self.a, self.shape
        columns = [self.columns]
        if pixels == 2:
            columns.append(a.hold(_COLUMNS[1], "columns of the second pixel"))
            address(a, columns[1], columns[0], shape.depth)
        sums = [[a.hold(_SUMS[x][c], f"sum of pixel {x}, channel {c}") for c in range(CHANNELS)] for x in range(pixels)]
        values = [a.hold(f"q{x}", f"16 values of pixel {x}") for x in range(pixels)]
        peeled, turns = shape.unrolling
        for step in range(peeled):
            # The first products need no sums that begin at 0.
            self.step("vmladava" if step else "vmladav", columns, values, sums)
        if turns:
            with a.loop(f"{STEPS_OF_A_TURN * VALUES} of {shape.depth} values") as again:
                for _ in range(STEPS_OF_A_TURN):
                    self.step("vmladava", columns, values, sums)
                a(f"cmp {self.weights}, {end}")
                a(f"bne {again}")
        if shape.rest:
            a.note(f"the last {shape.rest} values")
            a("vpstt" if pixels == 2 else "vpst", "the next loads by the predicate, 0 elsewhere")
            for value, pointer in zip(values, columns, strict=True):
                a(f"vldrbt.u8 {value}, [{pointer}]")
            self.products("vmladava" if peeled else "vmladav", shape.rest_stride, values, sums)
        if pixels == 2:
            address(a, a.anew(columns[0]), columns[1], shape.rest, "the next tile's")
            a.drop(columns[1])
        a.drop(*values)
        return sums

    def step(self, multiply: str, columns: list[Register], values: list[Register], sums: list[list[Register]]) -> None:
        """16 values of each pixel."""
        for value, pointer in zip(values, columns, strict=True):
            self.a(f"vldrb.u8 {value}, [{pointer}], #16")
        self.products(multiply, VALUES, values, sums)

    def products(self, multiply: str, stride: int, values: list[Register], sums: list[list[Register]]) -> None:
        """Of the values of each pixel and the weights of four channels. stride: bytes to the next channel's weights."""
        a = self.a
        for channel in range(CHANNELS):
            with a.holding(**{f"q{2 + channel % 2}": "weights of a channel"}) as (weights,):
                a(f"vldrb.u8 {weights}, [{self.weights}], #{stride}")
                for value, totals in zip(values, sums, strict=True):
                    meaning = "sum += weights . values" if multiply == "vmladava" else "sum = weights . values"
                    a(f"{multiply}.s8 {totals[channel]}, {value}, {weights}", meaning)
