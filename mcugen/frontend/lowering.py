"""How a front end makes the tensors and operators that stand for one operator of a file where it takes several."""

from __future__ import annotations

from typing import Any, Protocol

from mcugen.ir import Tensor


class Lowering(Protocol):
    """Of one operator of a file: new tensors between the operators of the graph, and the fields of those."""

    def inner(self, suffix: str, shape: tuple[int, int, int]) -> Tensor:
        """A new tensor (height, width, channels) of the scale and zero point that the output has."""
        ...

    def fields(self, inputs: tuple[Tensor, ...], output: Tensor) -> dict[str, Any]:
        """The fields that every `ir.Operator` has."""
        ...
