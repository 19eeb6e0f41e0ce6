"""Elementwise product of two maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import Requantization, requantize
from mcugen.ir.batches import in_batches
from mcugen.ir.broadcast import ElementwiseOperator, clamps, flat_size, loops_by_element, operand_view, verify_broadcast
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator
from mcugen.ir.rules import verify_requantization
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Mul(ElementwiseOperator):
    """y = requantize((a - za) * (b - zb)), one multiplier for all; a row or a vector is repeated over the other map."""

    requantization: Requantization

    template: ClassVar[str] = "mul"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Operands that fit each other, and one multiplier."""
        verify_broadcast(self, inputs, output)
        self.require(self.requantization.channels == 1, "one multiplier")
        verify_requantization(self, self.requantization, output)

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Products of distances from the zero points, requantized."""
        za, zb = (tensor.zero_point for tensor in inputs)

        def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return requantize((a.astype(np.int64) - za) * (b.astype(np.int64) - zb), self.requantization)

        return in_batches(product, values, output, output.size)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """A product is extreme where both operands are."""
        (a, b), (za, zb) = intervals, (tensor.zero_point for tensor in inputs)
        corners = np.array([(x - za) * (y - zb) for x in (a.low, a.high) for y in (b.low, b.high)])
        low, high = corners.min(axis=0), corners.max(axis=0)
        stored = Interval(requantize(low, self.requantization), requantize(high, self.requantization))
        return Reach(stored, Interval(low, high), Interval(low, high), magnitude=2 * int(np.abs(corners).max()))

    @property
    def requantizes(self) -> Requantization:
        """Of the products."""
        return self.requantization

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """Zero point and clamp of the output move; those of the inputs are the tensors'."""
        return replace(self, requantization=self.requantization.offset(output))

    def clamped(self, minimum: int, maximum: int) -> Operator:
        """The requantization clamps."""
        return replace(self, requantization=self.requantization.clamped(minimum, maximum))

    def loops(self, stage: StageReader) -> dict[str, float]:
        """With the comparisons that clamp a product."""
        a, b = ((t.qmin - t.zero_point, t.qmax - t.zero_point) for t in stage.inputs)
        products = [x * y for x in a for y in b]
        scale = int(self.requantization.multiplier[0]) * 2.0 ** (int(self.requantization.shift[0]) - 31)
        low, high = (round(end(products) * scale) + self.requantization.zero_point for end in (min, max))
        bounds = self.requantization.minimum, self.requantization.maximum
        size = stage.output.size
        return {
            **loops_by_element(stage),
            **clamps(low, high, *bounds, size),
            "zero point of an operand": size * sum(abs(tensor.zero_point) > 1 for tensor in stage.inputs),
            # Some cores multiply and add in one instruction: a product and one more time an operand.
            "zero point of 1 of an operand": size * sum(abs(tensor.zero_point) == 1 for tensor in stage.inputs),
        }

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Two operands and one requantization."""
        return {
            **stage.destination(),
            "a": operand_view(stage, 0),
            "b": operand_view(stage, 1),
            "channels": stage.output.channels,
            "flat": flat_size(stage),
            "requantization": stage.single_requantization(),
        }
