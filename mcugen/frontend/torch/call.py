"""One call of an exported program as plain data: nothing after this file touches torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mcugen.diagnostics import UnsupportedModelError


@dataclass(frozen=True)
class Operand:
    """A tensor that a call reads: its name in the translation, and its shape."""

    name: str
    dims: tuple[int, ...]


Argument = Operand | int | float | bool | str | tuple[int, ...] | tuple[float, ...] | tuple[Operand, ...] | None


@dataclass(frozen=True)
class Call:
    """operator: without namespace and overload, "conv2d".

    arguments: by the names of torch's schema, defaults filled in.
    module: path of the torch.nn.Module that it stands in, "features.0.conv", or its own name outside of one.
    place: what messages call it, with the line of the user's model where torch recorded it.
    output, dims: name and shape of the result.
    """

    operator: str
    arguments: Mapping[str, Argument]
    module: str
    place: str
    output: str
    dims: tuple[int, ...]

    def __str__(self) -> str:
        return self.place

    def operand(self, name: str) -> Operand:
        """A tensor argument. Raises UnsupportedModelError if it is a number or missing."""
        value = self.arguments.get(name)
        if not isinstance(value, Operand):
            raise UnsupportedModelError(f"{self}: its {name} is {value!r}, not a tensor")
        return value

    def optional(self, name: str) -> Operand | None:
        """A tensor argument that may be left out."""
        return None if self.arguments.get(name) is None else self.operand(name)

    def number(self, name: str, missing: float = math.nan) -> float:
        """A number; `missing` where it is None. Raises UnsupportedModelError if it is anything else."""
        value = self.arguments.get(name)
        if value is None and not math.isnan(missing):
            return missing
        if not isinstance(value, int | float):
            raise UnsupportedModelError(f"{self}: its {name} is {_shown(value)}", "supported: a constant number")
        return float(value)

    def integer(self, name: str) -> int:
        """A whole number. Raises UnsupportedModelError if it is anything else."""
        value = self.arguments.get(name)
        if not isinstance(value, int):
            raise UnsupportedModelError(f"{self}: its {name} is {_shown(value)}", "supported: a constant whole number")
        return int(value)

    def integers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; one alone is a list of one, None an empty list."""
        value = self.arguments.get(name)
        if value is None:
            return ()
        if isinstance(value, int):
            return (int(value),)
        numbers = tuple(item for item in value if isinstance(item, int)) if isinstance(value, tuple) else ()
        if not isinstance(value, tuple) or len(numbers) != len(value):
            raise UnsupportedModelError(f"{self}: its {name} is {_shown(value)}", "supported: constant whole numbers")
        return numbers

    def reals(self, name: str) -> tuple[float, ...]:
        """A list of numbers; None an empty list."""
        value = self.arguments.get(name)
        if value is None:
            return ()
        numbers = (
            tuple(float(item) for item in value if isinstance(item, int | float)) if isinstance(value, tuple) else ()
        )
        if not isinstance(value, tuple) or len(numbers) != len(value):
            raise UnsupportedModelError(f"{self}: its {name} is {_shown(value)}", "supported: constant numbers")
        return numbers

    def operands(self, name: str) -> tuple[Operand, ...]:
        """A list of tensors."""
        value = self.arguments.get(name)
        tensors = tuple(item for item in value if isinstance(item, Operand)) if isinstance(value, tuple) else ()
        if not isinstance(value, tuple) or len(tensors) != len(value) or not tensors:
            raise UnsupportedModelError(f"{self}: its {name} is {_shown(value)}", "supported: a list of tensors")
        return tensors

    def pair(self, name: str) -> tuple[int, int] | None:
        """(height, width): two whole numbers, or one for both; None where the list is empty."""
        values = self.integers(name)
        if len(values) not in (0, 1, 2):
            raise UnsupportedModelError(f"{self}: its {name} is {values}", "supported: 2-D maps")
        return (values[0], values[-1]) if values else None


def _shown(value: Argument) -> str:
    return "computed from the image" if isinstance(value, Operand) else repr(value)
