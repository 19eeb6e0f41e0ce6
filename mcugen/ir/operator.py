"""What an operator is: a frozen dataclass whose fields decide every bit of its result, and whose methods say the rest.

Arithmetic common to all: x, y are the stored integers of input and output, z their zero points. Values outside
a padded input are the input's zero point. Shapes are height x width x channels of one image.

Each operator is a module of `mcugen.ir.operators`. Reference, passes, plan and generator call the methods below and
know no operator by name; what most operators have in common is the default here.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, NoReturn

import numpy as np

from mcugen.fixedpoint import Requantization
from mcugen.ir.errors import InvalidGraphError
from mcugen.ir.interval import Interval, Reach
from mcugen.ir.stage import Form, StageReader, StageWriter
from mcugen.ir.tensor import Tensor

UNBOUNDED = (-math.inf, math.inf)
"""The bounds of no activation."""

Rows = tuple[int, int]
"""(first, last) row."""


class Planes(Enum):
    """Whether an operator wants each channel of its input as a plane of its own, stored as uint8.

    NEVER: pixels, whose channels stand together. ALONE: planes, if all who read the tensor want them. ALWAYS: planes.
    """

    NEVER = "never"
    ALONE = "alone"
    ALWAYS = "always"


class Channels(Enum):
    """What an operator makes of channels.

    TIED: an output channel is made of the same channel of each input alone. MIXED: weights make any number of output
    channels from any number of input channels. FIXED: every channel counts, so that none can be added.
    """

    TIED = "tied"
    MIXED = "mixed"
    FIXED = "fixed"


@dataclass(frozen=True, kw_only=True, eq=False)
class Operator(ABC):
    """Base of all operators.

    name: what people call the layer, unique in the graph.
    inputs, output: tensor names.
    source: where it stands in the model file, for messages, such as "CONV_2D #12".
    source_index: position among the model file's operators, None where an operator has no counterpart there.
    activation: real bounds between which the file's activation function holds the output, (0, 6) for ReLU6. No bit of
        the result depends on them, the stored clamp does that: they tell a clamp that the net means from a range that
        is too small.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    source: str = ""
    source_index: int | None = None
    activation: tuple[float, float] = UNBOUNDED

    template: ClassVar[str] = ""
    """Name of its template in `templates/stages`; none where kernel families write it, or a pass replaces it."""
    planes: ClassVar[Planes] = Planes.NEVER
    keeps_type: ClassVar[bool] = False
    """It hands stored values on, so that its output has to be stored as its inputs are."""
    keeps_bounds: ClassVar[bool] = False
    """What it writes lies between the bounds of what it reads."""
    flattens: ClassVar[bool] = False
    """Its weights stand for the elements of its input as one list, whatever their shape."""
    range_is_fixed: ClassVar[bool] = False
    """The range of its output is part of its definition, as that of probabilities is."""
    meaning: ClassVar[str] = ""
    """What a value of its output is, where that follows from the operator: "a probability"."""
    library_loops: ClassVar[tuple[str, ...]] = ()
    """Of its `loops`, those in which all cores call the compiler's library, which copies, counts zeros or divides."""

    @property
    def input(self) -> str:
        """The first (for most operators the only) input."""
        return self.inputs[0]

    @property
    def kind(self) -> str:
        """What kind of layer it is in the words of the papers: "pointwise", "pooling", ..., or "other"."""
        return "other"

    # Meaning

    @abstractmethod
    def verify(self, inputs: Sequence[Tensor], output: Tensor) -> None:
        """Raises InvalidGraphError naming operator and rule unless the fields fit each other and the tensors."""

    @abstractmethod
    def evaluate(self, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """The output [N, height, width, channels], in the output tensor's dtype, for values of the inputs' shapes."""

    @abstractmethod
    def reach(self, intervals: Sequence[Interval], inputs: Sequence[Tensor], output: Tensor) -> Reach:
        """What it can produce of inputs in these intervals."""

    def require(self, condition: bool, rule: str) -> None:
        """Raises InvalidGraphError naming the operator and the rule unless the condition holds."""
        if not condition:
            raise InvalidGraphError(f"{self.name}: {rule}")

    # Requantization

    @property
    def requantizes(self) -> Requantization | None:
        """What makes stored values of its sums, None where it has none."""
        return None

    @property
    def sums_start(self) -> np.ndarray:
        """int64 [C], or of one entry: what the sums that it requantizes start from."""
        return np.zeros(1, np.int64)

    # Rewriting

    @abstractmethod
    def stored(self, inputs: tuple[int, ...], output: int) -> Operator:
        """The operator after `inputs` and `output` were added to the stored values of its tensors."""

    def padded(self, amounts: tuple[int, int, int, int], source: str) -> Operator | None:
        """The operator that reads tensor `source` and itself adds so many zero points above, below, left and right of
        it; None if it cannot."""
        return None

    def without_constant_sums(self, accumulators: Interval) -> Operator:
        """The operator without the weights of channels that these accumulators show to be constant, equal in every
        output."""
        return self

    def clamped(self, minimum: int, maximum: int) -> Operator | None:
        """The operator with its stored output clamped to these bounds too, None if it has no clamp."""
        return None

    # Channels

    @property
    def channels(self) -> Channels:
        """What it makes of channels."""
        return Channels.FIXED

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Bool [C] of each input: the channels that it needs for `outputs` (bool [C_out]). By default all of them.

        constants: bool [C] of each input, the channels that hold one value whatever the image.
        """
        return [np.ones(tensor.channels, bool) for tensor in inputs]

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """Bool [C_out]: the channels that it writes, whether needed or not, once it reads `inputs` (bool [C] each).

        outputs: bool [C_out], the channels that are needed. By default it writes all.
        """
        return np.ones(len(outputs), bool)

    def without_channels(
        self,
        kept: Sequence[np.ndarray],
        outputs: np.ndarray,
        inputs: Sequence[Tensor],
        intervals: Sequence[Interval],
    ) -> Operator:
        """The operator on the channels that stay: `kept` (bool [C]) of each input and `outputs` (bool [C_out]).

        intervals: of the inputs; removed channels that are constant count with their value. By default unchanged,
        since those inputs and outputs stay whole.
        """
        return self

    def with_channels(self, inputs: int, outputs: int) -> Operator:
        """The operator with so many more channels of no effect at the end of its input and output."""
        return self

    # Positions

    @property
    def by_position(self) -> bool:
        """Whether a position of the output is the same function of that position of the only input, wherever it is."""
        return False

    # Rows and costs

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """(first, last) row of each input that output row y reads, rows outside the input included: neither lies above
        that of row y - 1. By default row y of each."""
        return [(y, y)] * len(inputs)

    def rows_below(self, inputs: Sequence[Tensor]) -> list[int | None]:
        """Of each input, by how many rows what an output row reads lies below what the row before it reads; None where
        that differs from row to row, and `last_rows` says where the table of last rows is."""
        rows = zip(self.rows_read(0, inputs), self.rows_read(1, inputs), strict=True)
        return [after[0] - before[0] for before, after in rows]

    def waiting(self) -> Operator | None:
        """The operator that makes no row before its whole input is there, None where there is no choice: its rows come
        at another pace, and which of the two takes less memory depends on what stands around it."""
        return None

    @property
    def last_rows(self) -> tuple[str, int, int]:
        """The stage's table of last rows that it reads: its suffix, how many entries a row has, and which one it is."""
        return self._lacks("rows of different distances")

    def macs(self, output: Tensor) -> int:
        """Multiply-accumulates, as the papers count them: taps on the padding included."""
        return 0

    @property
    def weight_matrix(self) -> np.ndarray | None:
        """int [C_out, weights of each], None where it is no layer with weights."""
        return None

    def weight_scales(self, inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
        """float64 [C_out]: the real value of one unit of a weight, of an operator that has some."""
        return self._lacks("weights")

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return 0

    def parameters_between(self, inputs: int, outputs: int) -> int:
        """Weights and biases that it would have with so many channels of its input and output."""
        return self.parameters

    def macs_between(self, inputs: int, outputs: int, output: Tensor) -> int:
        """Multiply-accumulates that it would have with so many channels of its input and output."""
        return self.macs(output)

    # Loops of the generated code

    def function(self, stage: StageReader) -> str:
        """Functions of one name do the same in a turn of each of their loops."""
        return type(self).__name__

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Turns of the loops of its function, by name, over a whole inference. Of loops in which a value is
        requantized only those that its template does not call an epilogue."""
        output = stage.output
        element = "element" if stage.one_layout else "element across layouts"
        return {"pixel": output.height * output.width, element: output.size}

    def calls(self, stage: StageReader) -> dict[str, float]:
        """Turns of the compiler's library's functions that its loops are calls of (`ir.library_calls`)."""
        return {}

    def rows_found(self, stage: StageReader) -> list[int]:
        """How often its function looks for a row of each input."""
        return [stage.output.height for _ in stage.inputs]

    # Generated code

    def form(self, inputs: Sequence[Tensor]) -> Form | None:
        """The cheapest form of its arithmetic that is proved equal, None where there is no choice."""
        return None

    def view(self, stage: StageWriter) -> dict[str, Any]:
        """What its template reads."""
        return self._lacks("template of its own")

    def _lacks(self, what: str) -> NoReturn:
        raise TypeError(f"{self.name}: {type(self).__name__} has no {what}")


class OperatorByChannel(Operator):
    """Base of operators that make each output channel of the same channel of their inputs, whatever it holds."""

    @property
    def channels(self) -> Channels:
        """Each channel on its own."""
        return Channels.TIED

    def channels_read(
        self, outputs: np.ndarray, inputs: Sequence[Tensor], constants: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """The channels that are needed."""
        return [outputs.copy() for _ in inputs]

    def channels_written(self, inputs: Sequence[np.ndarray], outputs: np.ndarray) -> np.ndarray:
        """The channels that are read of any input, so that all inputs have the same in the end."""
        return np.logical_or.reduce(inputs)
