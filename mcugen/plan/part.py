"""A function of the generated code, as what its executed instructions are linear in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One function of a stage. function: its name without the stage's number. kind: functions of one kind share their
    constants. turns: by the name of a loop, over a whole inference."""

    function: str
    kind: str
    turns: Mapping[str, float]
