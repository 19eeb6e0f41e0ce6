"""Operators of two maps, one of which may be a vector or a row that is repeated over the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcugen.ir.copies import addresses
from mcugen.ir.operator import Operator, OperatorByChannel, Rows
from mcugen.ir.stage import StageReader, StageWriter
from mcugen.ir.tensor import Tensor

CLAMPS = frozenset({"saturation", "lower clamp", "lower clamp to 0", "upper clamp"})
"""Loops of comparisons that clamp (`clamps`)."""


class ElementwiseOperator(OperatorByChannel):
    """Base of operators that make each value of those at its place in two maps, either of which may be repeated."""

    def rows_read(self, y: int, inputs: Sequence[Tensor]) -> list[Rows]:
        """The same row, or the only one."""
        height = max(tensor.height for tensor in inputs)
        return [(y, y) if tensor.height == height else (0, 0) for tensor in inputs]

    def loops(self, stage: StageReader) -> dict[str, float]:
        """Of one loop where the operands lie alike."""
        return loops_by_element(stage)


def verify_broadcast(op: Operator, inputs: Sequence[Tensor], output: Tensor) -> None:
    """Two inputs of the output's channels; height and width are the output's, or 1 and repeated."""
    op.require(len(inputs) == 2, "two inputs")
    op.require(all(t.channels == output.channels for t in inputs), "as many channels in every input as in the output")
    for axis, word in enumerate(("height", "width")):
        sizes = {t.shape[axis] for t in inputs}
        op.require(sizes <= {1, output.shape[axis]}, f"inputs have the output's {word} or 1")
        op.require(output.shape[axis] in sizes, f"one input has the output's {word}")


def operand_view(stage: StageWriter, position: int) -> dict[str, Any]:
    """An operand as templates read it: its row, and strides that are 0 where it is repeated."""
    tensor, source = stage.inputs[position], stage.source(position)
    return {
        "source": source["source"],
        "ctype": source["ctype"],
        "row": "y" if tensor.height == stage.output.height else "0",
        "x_stride": source["source_x_stride"] if tensor.width == stage.output.width else 0,
        "channel_stride": source["source_channel_stride"],
        "zero_point": tensor.zero_point,
    }


def flat_size(stage: StageReader) -> int:
    """Values of a row that can be run through as they lie in memory, 0 where the operands' differ."""
    whole = all(tensor.shape == stage.output.shape for tensor in stage.inputs)
    return stage.output.width * stage.output.channels if whole and stage.one_layout else 0


def loops_by_element(stage: StageReader) -> dict[str, float]:
    """Turns of the loop over the values of a row, or of those over its pixels and their channels."""
    output = stage.output
    element = "element" if stage.output.dtype == "int8" else "element of uint8"
    found = addresses(stage, output.size)
    if flat_size(stage):
        return {element: output.size, **found}
    *read, written = stage.planes
    layouts = "" if stage.one_layout else " from planes" * any(read) + " to planes" * written
    return {"pixel": output.height * output.width, f"{element} of a pixel{layouts}": output.size, **found}


def clamps(low: float, high: float, minimum: int, maximum: int, count: int) -> dict[str, float]:
    """Turns of the comparisons of a clamp: a compiler leaves out those that its knowledge of types decides. low, high:
    what it knows the values to lie between. Saturating to an unsigned byte is an instruction of some cores."""
    if (minimum, maximum) == (0, 255) and low < minimum and high > maximum:
        return {"saturation": count}
    # Cores have an instruction that clears what is negative.
    lower = "lower clamp to 0" if minimum == 0 else "lower clamp"
    return {lower: count * (low < minimum), "upper clamp": count * (high > maximum)}
