"""Average over a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mcugen.fixedpoint import Requantization, average, narrowed, requantize
from mcugen.ir.accumulate import pad, reduce_windows
from mcugen.ir.batches import in_batches
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.operator import Operator, OperatorByChannel, Planes, Rows
from mcugen.ir.operators.weighted import padded_requantization
from mcugen.ir.pool_loops import copies, loops_of_windows, rows_of_windows, windows_are_whole, windows_of
from mcugen.ir.rules import verify_clamp, verify_pooling_window, verify_requantization
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor
from mcugen.ir.window import Window
from mcugen.powers import is_power_of_two

_DIVISIONS = ("division", "division by a constant")


@dataclass(frozen=True, kw_only=True, eq=False)
class AveragePool2D(OperatorByChannel):
    """Average over a window, cells outside the input left out.

    With `requantization` (TensorFlow Lite's MEAN, ONNX): y = requantize(sum(x - z)), the window's cell count being
    part of the multiplier; the window then never reaches outside the input.
    Without (TensorFlow Lite's AVERAGE_POOL_2D): y = clamp(round_half_away(sum(x - input_origin) / n) + output_origin),
    n being the number of cells inside the input, and the origins the stored values that the model's int8 zero became.
    """

    window: Window
    requantization: Requantization | None = None
    minimum: int = -128
    maximum: int = 127
    input_origin: int = 0
    output_origin: int = 0

    template: ClassVar[str] = "average_pool"
    library_loops: ClassVar[tuple[str, ...]] = _DIVISIONS
    planes: ClassVar[Planes] = Planes.ALONE
    keeps_bounds: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """Pooling."""
        return "pooling"

    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """A window that is never empty; with a requantization one that is always full."""
        verify_pooling_window(self, self.window, inputs[0], output)
        if self.requantization is not None:
            self.require(self.window.padding == (0, 0, 0, 0), "no padding with a requantization")
            verify_requantization(self, self.requantization, output)
        else:
            verify_clamp(self, self.minimum, self.maximum, output)

    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """Sums of windows, requantized or divided."""
        requantization = self.requantization
        if requantization is not None:
            zero_point = inputs[0].zero_point

            def rescaled(x: np.ndarray) -> np.ndarray:
                return requantize(reduce_windows(np.add, x.astype(np.int64) - zero_point, self.window), requantization)

            return in_batches(rescaled, values, output, inputs[0].size)

        cells = np.ones((1, inputs[0].height, inputs[0].width, 1), np.int64)
        count = reduce_windows(np.add, pad(cells, self.window.padding, 0), self.window.unpadded)

        def averaged(x: np.ndarray) -> np.ndarray:
            shifted = pad(x.astype(np.int64) - self.input_origin, self.window.padding, 0)
            total = reduce_windows(np.add, shifted, self.window.unpadded)
            return np.clip(average(total, count) + self.output_origin, self.minimum, self.maximum)

        return in_batches(averaged, values, output, inputs[0].size)

    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """All cells at one end of the interval."""
        low, high = intervals[0].low, intervals[0].high
        if self.requantization is None:
            bounds = [average(x - self.input_origin, 1) + self.output_origin for x in (low, high)]
            return Reach(Interval(bounds[0], bounds[1]).clipped(self.minimum, self.maximum))
        low, high = ((x - inputs[0].zero_point) * self.window.cells for x in (low, high))
        requantization = self.requantization.broadcast(len(low))
        stored = Interval(requantize(low, requantization), requantize(high, requantization))
        partial_sums = Interval(np.minimum(low, 0), np.maximum(high, 0))
        return Reach(stored, Interval(low, high), partial_sums, magnitude=2 * 255 * self.window.cells)

    @property
    def requantizes(self) -> Requantization | None:
        """None where it averages stored values."""
        return self.requantization

    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """Zero point, clamp and origins move."""
        if self.requantization is not None:
            return replace(self, requantization=self.requantization.offset(output))
        return replace(
            self,
            minimum=self.minimum + output,
            maximum=self.maximum + output,
            input_origin=self.input_origin + inputs[0],
            output_origin=self.output_origin + output,
        )

    def clamped(self, minimum: int, maximum: int) -> Operator:
        """The requantization clamps, or the pool itself."""
        low, high = narrowed((self.minimum, self.maximum), (minimum, maximum))
        inner = self.requantization and self.requantization.clamped(minimum, maximum)
        return replace(self, requantization=inner, minimum=low, maximum=high)

    def without_channels(
        self,
        kept: Sequence[np.ndarray],
        outputs: np.ndarray,
        inputs: Sequence[Tensor],
        intervals: Sequence[Interval],
    ) -> Operator:
        """Their multipliers go."""
        if self.requantization is None:
            return self
        return replace(self, requantization=self.requantization.select(outputs))

    def with_channels(self, inputs: int, outputs: int) -> Operator:
        """Any multiplier does for a channel that is zero."""
        if self.requantization is None or self.requantization.channels == 1:
            return self
        channels = self.requantization.channels
        return replace(self, requantization=padded_requantization(self.requantization, channels, outputs))

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The rows under the window."""
        return [self.window.rows(y)]

    def function(self, stage: StageReader) -> str:
        """By what divides, by whether windows reach out of the image, and how the input lies."""
        if self._copies(stage):
            return "AveragePool2D of one pixel"
        divided = "requantized" if self.requantization is not None else "divided"
        return f"AveragePool2D {divided} {windows_of(self.window, stage)}"

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Rows and cells of the windows, and divisions."""
        if self._copies(stage):
            return {"copied value": stage.output.size}
        loops = super().loops(stage) | loops_of_windows(self.window, stage)
        if self.requantization is not None:
            return loops
        if self.output_origin:
            loops["output from an origin"] = stage.output.size
        if not windows_are_whole(self.window, stage):
            return loops | {_DIVISIONS[0]: stage.output.size}
        division = "division by 2^n" if is_power_of_two(self.window.cells) else _DIVISIONS[1]
        return loops | {division: stage.output.size}

    def _copies(self, stage: StageReader) -> bool:
        """Whether its output is its input."""
        return self.requantization is None and copies(stage)

    def rows_found(self, stage: StageReader) -> list[int]:
        """Rows of the windows."""
        return [rows_of_windows(self.window, stage)]

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """Sums from the zero point or the origin on; the epilogue where there is a requantization."""
        view = {
            "epilogue": None,
            **stage.source(),
            **stage.window(self.window),
            **stage.destination(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "input_origin": self.input_origin,
            "output_origin": self.output_origin,
        }
        clipped = any(view[f"clips_{side}"] for side in ("top", "bottom", "left", "right"))
        # Cells of every window, 0 where that differs from window to window.
        view["cells"] = 0 if clipped else self.window.cells
        if self.requantization is None:
            stage.use("average", "clamp")
        else:
            view["input_origin"] = stage.inputs[0].zero_point
            view["epilogue"] = stage.epilogue()
        return view
