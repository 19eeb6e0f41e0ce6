"""Elementwise sum or difference of two maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import AddArithmetic, Rounding, add, linear_add, narrowed
from mcugen.ir.batches import in_batches
from mcugen.ir.broadcast import ElementwiseOperator, clamps, flat_size, loops_by_element, operand_view, verify_broadcast
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.rules import verify_clamp
from mcugen.ir.stage import Form, StageReader, StageWriter
from mcugen.ir.tensor import Tensor

_PAIRS = 1 << 16
_HALF = 1 << 30, 0
"""Multiplier and shift."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(ElementwiseOperator):
    """Elementwise sum of two maps of different scales, or their difference, where the second multiplier is negative; a
    row or a vector is repeated over the other map."""

    arithmetic: AddArithmetic

    template: ClassVar[str] = "add"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Operands that fit each other, and the three zero points."""
        verify_broadcast(self, inputs, output)
        zero_points = (inputs[0].zero_point, inputs[1].zero_point, output.zero_point)
        self.require(self.arithmetic.zero_points == zero_points, "the tensors' zero points")
        verify_clamp(self, self.arithmetic.minimum, self.arithmetic.maximum, output)

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """`fixedpoint.add`."""
        return in_batches(lambda a, b: add(a, b, self.arithmetic), values, output, output.size)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """Both at the same end, as the sum grows with either; of a difference at opposite ones."""
        left, right = intervals
        if self.arithmetic.multipliers[1] < 0:
            right = Interval(right.high, right.low)
        stored = Interval(add(left.low, right.low, self.arithmetic), add(left.high, right.high, self.arithmetic))
        if self.arithmetic.rounding is not Rounding.DOUBLE:
            return Reach(stored)
        # Both operands are scaled by a half at most, after 20 bits to the left.
        magnitude = (255 << self.arithmetic.left_shift) << max(self.arithmetic.shifts[2], 0)
        return Reach(stored, magnitude=magnitude)

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """Zero points and clamp move."""
        return replace(self, arithmetic=self.arithmetic.offset((inputs[0], inputs[1], output)))

    def clamped(self, minimum: int, maximum: int) -> Operator:
        """Its own clamp is narrowed."""
        low, high = narrowed((self.arithmetic.minimum, self.arithmetic.maximum), (minimum, maximum))
        return replace(self, arithmetic=replace(self.arithmetic, minimum=low, maximum=high))

    def form(self, inputs: Sequence[Tensor]) -> Form:
        """One linear form where that is proved equal, else the arithmetic as it is written."""
        linear = linear_add(self.arithmetic, (inputs[0].qmin, inputs[1].qmin))
        if linear is None:
            return Form("three_roundings", _PAIRS, rejected=("linear",))
        return Form("linear", _PAIRS, linear)

    def function(self, stage: StageReader) -> str:
        """By the form of its arithmetic."""
        if stage.form is not None and stage.form.constants is not None:
            return f"Add {stage.form.name}"
        return f"Add with {self.arithmetic.rounding.value} rounding"

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of one loop where the operands lie alike, and of requantizations in portable code."""
        linear = stage.form.constants if stage.form is not None else None
        if linear is not None:
            ends = [(f * t.qmin, f * t.qmax) for f, t in zip(linear.factors, stage.inputs, strict=True)]
            low, high = ((sum(map(end, ends)) + linear.constant) >> linear.shift for end in (min, max))
            bounds = self.arithmetic.minimum, self.arithmetic.maximum
            turns = {**loops_by_element(stage), **clamps(low, high, *bounds, stage.output.size)}
            if linear.factors[1] < 0:
                # By a negative number some cores multiply by shifts and sums.
                turns["difference"] = stage.output.size
            return turns
        if self.arithmetic.rounding is not Rounding.DOUBLE:
            return loops_by_element(stage)
        return {**loops_by_element(stage), **self._roundings(stage)}

    def _roundings(self, stage: StageReader) -> dict[str, float]:
        """Turns of what double rounding does with each sum: to multiply it, and operands that are not only halved;
        to round these by their sign where they have either; and to take operands' zero points off."""
        arithmetic, size = self.arithmetic, stage.output.size
        operands = list(zip(stage.inputs, arithmetic.multipliers[:2], arithmetic.shifts[:2], strict=True))
        rounded = [tensor for tensor, multiplier, shift in operands if (multiplier, shift) != _HALF]
        signed = [tensor for tensor in rounded if tensor.qmin < tensor.zero_point < tensor.qmax]
        return {
            "output by exact_double of constants": size * (1 + len(rounded)),
            "rounded operand of either sign": size * len(signed),
            "zero point of an operand": size * sum(tensor.zero_point != 0 for tensor in stage.inputs),
        }

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Two sources, and the constants of the form."""
        arithmetic = self.arithmetic
        linear = stage.form and stage.form.constants
        double = arithmetic.rounding is Rounding.DOUBLE
        stage.use("clamp", *(["exact_double"] if double and linear is None else []))
        return {
            **stage.destination(),
            "a": operand_view(stage, 0),
            "b": operand_view(stage, 1),
            "channels": stage.output.channels,
            "linear_form": linear,
            # Rows of one layout are added as they lie in memory.
            "flat": flat_size(stage),
            "double": double,
            "zero_points": arithmetic.zero_points,
            "multipliers": arithmetic.multipliers,
            # The C functions count shifts to the right, the arithmetic contract to the left.
            "shifts": tuple(-s for s in arithmetic.shifts) if double else arithmetic.shifts,
            "left_factor": 1 << arithmetic.left_shift,
            "half": 0 if double else 1 << (arithmetic.shifts[2] - 1),
            "minimum": arithmetic.minimum,
            "maximum": arithmetic.maximum,
        }
