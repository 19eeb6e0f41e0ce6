"""What `mcugen validate` reports of the builds that it compared: which are right, and whether a compiler is suspect."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mcugen.schemas.validate import ValidateOutput
    from mcugen.schemas.validation import BuildResult
    from mcugen.targets import Target


@dataclass(frozen=True)
class BuildsReport:
    """compiler_suspect: builds of one source differ. advice: how to show it. not_tried: what says nothing of the core's
    own build, None where that was tried or there is none."""

    builds: tuple[BuildResult, ...]
    compiler_suspect: bool
    advice: tuple[str, ...]
    not_tried: str | None


def builds_report(builds: Sequence[BuildResult], target: Target, command: str, *, on_core: bool) -> BuildsReport:
    """command: as it was called, up to the options that choose a compiler and its flags. on_core: builds ran on the
    target's core."""
    from mcugen.validation.builds import disagree

    suspect = disagree(builds)
    return BuildsReport(
        tuple(builds),
        suspect,
        tuple(_advice(builds, command)) if suspect else (),
        None if on_core or not target.machine else _not_tried(target),
    )


def command_line(model: str, options: Iterable[tuple[str, Any]]) -> str:
    """`mcugen validate` with those options that are set: a flag where the value is True."""
    words = ["mcugen", "validate", model]
    for name, value in options:
        if value is True:
            words.append(name)
        elif value not in (None, False):
            words += [name, str(value)]
    return shlex.join(words)


def _not_tried(target: Target) -> str:
    return f"{target.compiler}gcc and what it makes for {target.name}; --on qemu compiles and runs that"


def _advice(builds: Sequence[BuildResult], command: str) -> list[str]:
    """A command for each compiler and its flags; where its builds differ from each other, that says wrong."""
    exact: dict[str, bool] = {}
    for build in builds:
        compiled_by = build.compiled_by.removesuffix(" with sanitizers")
        exact[compiled_by] = exact.get(compiled_by, True) and build.bit_exact
    advice = []
    for compiled_by, right in sorted(exact.items(), key=lambda item: item[1]):
        if compiled_by:
            compiler, *flags = compiled_by.split()
            choice = [] if compiler == "cc" or compiler.endswith("-gcc") else ["--cc", compiler]
            words = shlex.join([*choice, f"--cflags={shlex.join(flags)}"])
            advice.append(f"{'right' if right else 'wrong'}: {command} {words}")
    return advice


def describe(builds: Sequence[BuildResult]) -> str:
    """traced and shipped by cc -O2, shipped by cc -O1; without the macro that leaves the level to the compiler"""
    kinds: dict[str, list[str]] = {}
    for build in builds:
        compiled_by = re.sub(r" -D\w+_NO_OPTIMIZE_PRAGMA\b", "", build.compiled_by)
        kinds.setdefault(compiled_by, []).append(build.build)
    by_kind: dict[str, list[str]] = {}
    for compiled_by, made in kinds.items():
        by_kind.setdefault(" and ".join(made), []).append(compiled_by)
    parts = (f"{made} by {', '.join(compilers)}" for made, compilers in by_kind.items())
    return "; ".join(part.removesuffix(" by ") for part in parts)


def add_build_rows(table: Table, outcome: ValidateOutput) -> None:
    """Rows of the summary; of a difference, which builds are wrong, and what that means."""
    from mcugen.text import terminal_text

    builds = outcome.builds
    if outcome.bit_exact:
        table.add_row("builds", terminal_text(describe(builds)))
        if outcome.not_tried:
            table.add_row("not tried", terminal_text(outcome.not_tried))
        return
    table.add_row("wrong builds", terminal_text(describe([build for build in builds if not build.bit_exact])))
    if outcome.compiler_suspect:
        table.add_row("right builds", terminal_text(describe([build for build in builds if build.bit_exact])))


def show_suspicion(console: Console, advice: Sequence[str]) -> None:
    """Below the summary, in lines that can be copied."""
    console.print(
        "[red]The C compiler is suspect[/]: its programs of one source differ. Undefined behaviour of the source would "
        "explain that, too, and is what --sanitize looks for. To show it:"
    )
    for line in advice:
        console.print(line, soft_wrap=True, markup=False)
