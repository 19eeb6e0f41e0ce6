"""The order in which depthwise kernels of packed pixels go along a row: sums stay in registers while the window slides.

A column of three input values is loaded once and multiplied for every output whose window it lies in. Instruction sets
differ in how they do one of these steps, which their kernels say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from mcugen.kernels.assembly import Assembly, Register
from mcugen.kernels.assembly_text import Frame, Label
from mcugen.kernels.packed.shapes import PackedDepthwise, moves_of_sums, unrolled_outputs

# Sums that a column is added to: for each the column of the window, and the sum.
Taps = tuple[tuple[int, Register], ...]


class SlidingWindow(ABC):
    """A depthwise kernel being written.

    sums: three registers that begin, go on and end in turn, two at stride 2. place: where the first row is read next.
    spare: name of the register that holds the row's end for a comparison, which the word row_end of the frame keeps.
    """

    a: Assembly
    frame: Frame
    shape: PackedDepthwise
    sums: tuple[Register, ...]
    place: Register
    spare: str

    @abstractmethod
    def begin(self, register: Register) -> None:
        """A sum begins at its start."""

    @abstractmethod
    def taps(self, x: int, taps: Taps) -> None:
        """Adds the products of column x of the three rows."""

    @abstractmethod
    def begin_turns(self, loaded: int) -> None:
        """Takes down where the row ends. loaded: columns before the first turn."""

    @abstractmethod
    def go_on(self, columns: int) -> None:
        """The same where the row's end need not be looked for."""

    @abstractmethod
    def end_turns(self, outputs: int, again: Label) -> None:
        """To the label unless the row is complete. outputs: of a turn."""

    @abstractmethod
    def finish(self, register: Register) -> None:
        """From a sum to its output."""

    @abstractmethod
    def store(self, register: Register, output: int) -> None:
        """Puts an output into the columns; even ones wait for their neighbour, unless they have none."""

    def next_turn(self, columns: int, complete: Label) -> None:
        """Goes on by the columns of a turn, and to the label where the row has no more."""
        with self.a.holding(**{self.spare: "end of the row"}) as (end,):
            self.a(f"ldr {end}, {self.frame.row_end}")
            self.go_on(columns)
            self.a(f"cmp {self.place}, {end}")
        self.a(f"beq {complete}")

    def compare_with_end(self) -> None:
        """Sets the flags by whether the row is complete."""
        with self.a.holding(**{self.spare: "end of the row"}) as (end,):
            self.a(f"ldr {end}, {self.frame.row_end}")
            self.a(f"cmp {self.place}, {end}")

    def row(self) -> None:
        """All outputs of a channel's row."""
        if self.shape.stride == 1:
            self._row_of_stride_1()
        else:
            self._row_of_stride_2()

    def _row_of_stride_1(self) -> None:
        """Step o loads input column o + 1 and finishes output o."""
        a, shape, sums = self.a, self.shape, self.sums
        a.note("column 0: outputs 0 and 1")
        self.begin(sums[0])
        a(f"mov {sums[1]}, {sums[0]}")
        self.taps(0, ((1, sums[0]), (0, sums[1])))
        count = unrolled_outputs(shape)
        if shape.turns == 1:
            return self._outputs_of_stride_1(count)
        self.begin_turns(1)
        with a.loop(f"{count} of {shape.outputs} outputs") as again:
            self._outputs_of_stride_1(count)
            for to, source in moves_of_sums(shape, sums):
                a(f"mov {a.anew(to)}, {source}", "sums of the next turn to where it begins")
            self.end_turns(count, again)
        return None

    def _outputs_of_stride_1(self, count: int) -> None:
        a, shape, sums = self.a, self.shape, self.sums
        complete = a.label("no column beyond the row") if shape.turns > 1 else None
        for o in range(count):
            ending, middle, beginning = sums[o % 3], sums[(o + 1) % 3], sums[(o + 2) % 3]
            turns = o == count - 1 and complete is not None
            if turns and complete is not None:
                self.next_turn(count, complete)
            if o < count - 1 or turns:
                begins = shape.turns > 1 or o < count - 2
                a.note(f"column {o + 1}: output {o} ends in {ending}, {o + 1} goes on" + f", {o + 2} begins" * begins)
                if begins:
                    self.begin(beginning)
                taps = ((2, ending), (1, middle), (0, beginning))
                self.taps(0 if turns else o + 1, taps if begins else taps[:2])
            if turns and complete is not None:
                a.place(complete)
            self.finish(ending)
            self.store(ending, o)

    def _row_of_stride_2(self) -> None:
        """Output o reads columns 2 * o - left to 2 * o - left + 2; the first or the last is outside the image."""
        a, shape = self.a, self.shape
        self.begin(self.sums[0])
        if shape.left == 0:
            a.note("column 0: output 0")
            self.taps(0, ((0, self.sums[0]),))
        count = unrolled_outputs(shape)
        outputs = self._outputs_from_column_0 if shape.left == 0 else self._outputs_from_border
        if shape.turns == 1:
            return outputs(count)
        self.begin_turns(1 - shape.left)
        with a.loop(f"{count} of {shape.outputs} outputs") as again:
            outputs(count)
            self.end_turns(count, again)
        return None

    def _outputs_from_column_0(self, count: int) -> None:
        a, sums = self.a, self.sums
        complete = a.label("no column beyond the row") if self.shape.turns > 1 else None
        for o in range(count):
            ending, beginning = sums[o % 2], sums[(o + 1) % 2]
            turns = o == count - 1 and complete is not None
            a.note(f"columns {2 * o + 1} and {2 * o + 2}: output {o} ends in {ending}")
            self.taps(2 * o + 1, ((1, ending),))
            if turns and complete is not None:
                self.next_turn(2 * count, complete)
            if o < count - 1 or turns:
                self.begin(beginning)
                self.taps(0 if turns else 2 * o + 2, ((2, ending), (0, beginning)))
            if turns and complete is not None:
                a.place(complete)
            self.finish(ending)
            self.store(ending, o)

    def _outputs_from_border(self, count: int) -> None:
        a, sums = self.a, self.sums
        for o in range(count):
            ending, beginning = sums[o % 2], sums[(o + 1) % 2]
            turns = o == count - 1 and self.shape.turns > 1
            a.note(f"columns {2 * o} and {2 * o + 1}: output {o} ends in {ending}")
            self.taps(2 * o, ((1, ending),))
            goes_on = o < count - 1 or turns
            if goes_on:
                self.begin(beginning)
            self.taps(2 * o + 1, ((2, ending), (0, beginning)) if goes_on else ((2, ending),))
            if turns:
                self.go_on(2 * count)
            self.finish(ending)
            self.store(ending, o)
