"""The modules of a family that stand on the plan: loaded when needed, since the plan stands on the family's choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast


@dataclass(frozen=True)
class Header:
    """variables: of its template, besides those that all templates have."""

    variables: Mapping[str, Any]


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
