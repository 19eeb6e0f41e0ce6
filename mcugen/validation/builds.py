"""The programs that one C source is made into, so that they can be compared with each other, and what each computed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mcugen.schemas.validation import BuildKind, BuildResult

LEVELS = ("-O2", "-O1")
"""Optimization levels that the host's compiler is tried at, the one that the library is meant for first."""


def no_pragma(name: str) -> str:
    """The flag under which GCC takes the level that it is given, not the one that the source of a library asks for."""
    return f"-D{name.upper()}_NO_OPTIMIZE_PRAGMA"


def unoptimized(name: str) -> tuple[str, ...]:
    """Flags under which a library of that name is compiled without optimization."""
    return ("-O0", no_pragma(name))


@dataclass(frozen=True)
class Build:
    """How a library is made a program.

    traced: with the hook that tells of every row, or as shipped. compiler: the command. flags: of optimization, and
    whatever else was asked for. sanitize: with the address and undefined behaviour sanitizers.
    """

    traced: bool
    compiler: str
    flags: tuple[str, ...]
    sanitize: bool = False

    @property
    def kind(self) -> BuildKind:
        """traced or shipped."""
        return "traced" if self.traced else "shipped"

    @property
    def compiled_by(self) -> str:
        """As people are told."""
        return " ".join([self.compiler, *self.flags]) + (" with sanitizers" if self.sanitize else "")


def host_builds(name: str, compiler: str, flags: Sequence[str], sanitize: bool) -> list[Build]:
    """Traced and shipped at each level, or with `flags` if there are any; once more with sanitizers on request.

    name: of the library. The first level is what its source asks for; at the others it does not ask.
    """
    levels = [tuple(flags)] if flags else [LEVELS[:1], *((level, no_pragma(name)) for level in LEVELS[1:])]
    made = [Build(traced, compiler, level) for level in levels for traced in (True, False)]
    return made + [Build(build.traced, compiler, build.flags, True) for build in made[:2] if sanitize]


def builds_to_look_into(name: str, compiler: str) -> list[Build]:
    """What is compiled besides once a difference is known: the source without optimization, and by another compiler."""
    made = [(compiler, unoptimized(name))]
    made += [(other, (LEVELS[0],)) for other in ("gcc", "clang") if not _same_program(other, compiler)]
    return [Build(traced, command, flags) for command, flags in made for traced in (True, False)]


def _same_program(name: str, other: str) -> bool:
    """Whether both are one program, or the first is not installed."""
    path, known = shutil.which(name), shutil.which(other)
    return path is None or known is None or os.path.realpath(path) == os.path.realpath(known)


def disagree(builds: Iterable[BuildResult]) -> bool:
    """Whether programs made of one source differ, which a sound compiler and a sound source exclude.

    Like is compared with like: a wrong layer need not reach the outputs, which are all that a shipped build shows.
    """
    builds = list(builds)
    outputs = {build.outputs_exact for build in builds}
    traced = {build.bit_exact for build in builds if build.build == "traced"}
    return len(outputs) > 1 or len(traced) > 1
