"""Command line for kernel developers: build a C program, run it in the emulator, print what it printed and its sizes.

The exit status is that of the emulated program, or 2 where it could not be built or run.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .build import DEFAULT_STACK, BuildReport, build
from .errors import EmulatorError
from .machines import MACHINES
from .profile import Profile, annotate, profile
from .run import RunResult, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(_joined(words))
    try:
        with tempfile.TemporaryDirectory(prefix="mcugen-") as scratch:
            result = _build_and_run(options, options.elf or Path(scratch) / "program.elf")
    except (EmulatorError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(result.emulator_messages, file=sys.stderr, end="")
    if result.timed_out:
        print(f"killed after {options.timeout} s", file=sys.stderr)
        return 2
    if result.status:
        print(f"exit status {result.status}", file=sys.stderr)
    return result.status or 0


def _joined(words: Sequence[str]) -> list[str]:
    """The words, with "--cflags -O3" as "--cflags=-O3": argparse would take -O3 for an option of ours."""
    found: list[str] = []
    for word in words:
        if found and found[-1] == "--cflags":
            found[-1] += "=" + word
        else:
            found.append(word)
    return found


def _parser() -> argparse.ArgumentParser:
    summary = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m mcugen.simulate.emulator", description=summary)
    parser.add_argument("machine", choices=sorted(MACHINES))
    parser.add_argument("sources", nargs="+", type=Path, metavar="main.c")
    parser.add_argument("--cflags", default="-O2", help="compiler options, one string; replaces -O2")
    parser.add_argument("-I", dest="include_dirs", action="append", default=[], type=Path, metavar="DIR")
    parser.add_argument("--inputs", type=Path, metavar="FILE", help="bytes that mcu_input() points to")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--stack", type=int, default=DEFAULT_STACK, metavar="BYTES")
    parser.add_argument("--elf", type=Path, metavar="FILE", help="keep the ELF file (and the objects beside it)")
    parser.add_argument("--profile", action="store_true", help="instructions and modelled cycles by function")
    parser.add_argument("--annotate", action="append", default=[], metavar="FUNCTION", help="its listing with counts")
    return parser


def _build_and_run(options: argparse.Namespace, elf: Path) -> RunResult:
    machine = MACHINES[options.machine]
    cflags = shlex.split(options.cflags)
    report = build(machine, options.sources, options.include_dirs, elf, cflags, options.stack)
    sys.stderr.write(report.warnings)
    inputs = options.inputs.read_bytes() if options.inputs else b""
    wants_profile = options.profile or options.annotate
    profiled = profile(machine, elf, inputs, options.timeout) if wants_profile else None
    result = profiled.result if profiled else run(machine, elf, inputs, options.timeout)
    print(result.console, end="" if result.console.endswith("\n") else "\n")
    _print_sizes(report)
    if profiled:
        _print_profile(profiled)
        for function in options.annotate:
            print(f"\n{function}: executions, modelled cycles each")
            print(*annotate(machine, elf, profiled, function), sep="\n")
    return result


def _print_sizes(report: BuildReport) -> None:
    print(f"{'bytes':24} {'text':>8} {'rodata':>8} {'data':>8} {'bss':>8}")
    for name, sizes in (*report.objects.items(), ("whole program", report.total)):
        print(f"{name:24} {sizes.text:8} {sizes.rodata:8} {sizes.data:8} {sizes.bss:8}")


def _print_profile(profiled: Profile) -> None:
    own = profiled.without_runtime()
    print(f"\n{'function':32} {'calls':>8} {'instructions':>13} {'cycles':>13}   {profiled.model or 'no cycle model'}")
    by_cost = sorted(own.functions.items(), key=lambda item: item[1].cycles or item[1].instructions, reverse=True)
    for name, function in by_cost:
        print(f"{name:32} {function.calls:8} {function.instructions:13} {_blank(function.cycles):>13}")
    print(f"{'all but the run time':32} {'':8} {own.instructions:13} {_blank(own.cycles):>13}")
    print(f"\n{'lap':32} {'':8} {'instructions':>13} {'cycles':>13}")
    for index, lap in enumerate(profiled.laps):
        print(f"{index:<32} {'':8} {lap.instructions:13} {_blank(lap.cycles):>13}")


def _blank(cycles: int | None) -> str:
    return "" if cycles is None else str(cycles)


if __name__ == "__main__":
    raise SystemExit(main())
