"""A function of the generated code, as what its executed instructions are linear in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One function of a stage. function: its name without the stage's number. kind: functions of one kind share their
    constants. turns: by the name of a loop, over a whole inference. portable_outputs: values that it requantizes in
    portable code. like: kinds with the same loops, any of which stands for this one where it was not measured."""

    function: str
    kind: str
    turns: Mapping[str, float]
    portable_outputs: float = 0.0
    like: tuple[str, ...] = ()
