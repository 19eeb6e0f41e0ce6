"""The modules of a family that stand on the plan: loaded when needed, since the plan stands on the family's choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, cast

Counted = tuple[str, tuple[str | int | None, ...]]
"""A kernel, and what of its shape the size of its code depends on."""


@dataclass(frozen=True)
class Header:
    """variables: of its template, besides those that all templates have. counted: the functions whose code is counted
    by their shapes, and not by their lines: for each its kernel, and what of the shape its size depends on."""

    variables: Mapping[str, Any]
    counted: Mapping[str, Counted] = field(default_factory=dict)


class Emitter(Protocol):
    """`emit` of a family."""

    def view(self, context: Any, planned: Any) -> dict[str, Any]:
        """What the template of a stage reads, of a `StageContext` and a `StagePlan`."""

    def header(self, context: Any) -> Header | None:
        """NAME_FAMILY.h, once all stages have their views; None where none of them needs it."""


class Worker(Protocol):
    """`work` of a family."""

    def parts(self, plan: Any, planned: Any) -> Iterator[Any]:
        """The functions that a stage of the plan runs, as `Part`s."""


def emitter(family: str) -> Emitter:
    """The family's `emit`."""
    return cast(Emitter, import_module(f"mcugen.kernels.{family}.emit"))


def worker(family: str) -> Worker:
    """The family's `work`."""
    return cast(Worker, import_module(f"mcugen.kernels.{family}.work"))
