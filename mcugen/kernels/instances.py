"""A kernel's C functions: one for each shape, which all stages of that shape call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


def shape_words(given: Sequence[tuple[int, str]]) -> list[str]:
    """Lines of an initializer of uint32_t, each with what it is."""
    texts = [f"{value}u," if value >= 0 else f"(uint32_t){value}," for value, _ in given]
    width = max(len(text) for text in texts)
    return [f"{text:<{width}} /* {meaning} */" for text, (_, meaning) in zip(texts, given, strict=True)]


@dataclass(frozen=True)
class Instance:
    """One C function of a kernel.

    function: its name, without the library's. comment: what is written above it. shape: all that its code depends on,
    comparable: stages of one family whose shapes are equal share the function.
    """

    function: str
    comment: str
    shape: Any


@dataclass(frozen=True)
class AssembledInstance(Instance):
    """An instance in assembly that stands beside the same in C.

    parameters: of the function. assembly: its lines, none where a template makes C of the shape. portable: the inline C
    function that does the same. arguments: literals that follow the parameters in its call.
    """

    parameters: str
    assembly: tuple[str, ...]
    portable: str
    arguments: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        """The parameters' names, as arguments of the portable function."""
        return [parameter.split()[-1].lstrip("*") for parameter in self.parameters.split(",")]
