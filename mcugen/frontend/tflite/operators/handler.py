"""The shape of an entry in the table of operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator

Translate = Callable[[Network, FileOperator], Operator | Sequence[Operator]]


@dataclass(frozen=True)
class Handler:
    """How one operator of the file becomes one operator of the graph, or several in order.

    translate: raises UnsupportedModelError, ModelFormatError, and ValueError where no fixed-point number can
    hold a ratio of scales. options: what to read of the operator's options, None if nothing.
    inputs, outputs: the least and the most that the operator has. unsigned: whether what it makes of uint8 tensors is
    proved to be what TensorFlow Lite's kernel computes.
    """

    translate: Translate
    options: OptionFields | None = None
    inputs: tuple[int, int] = (1, 1)
    outputs: tuple[int, int] = (1, 1)
    unsigned: bool = False
