"""What TensorFlow Lite Micro's arena takes for a model, beside what mcugen's code does.

    python benchmarks/interpreter_arena.py MODEL.tflite ... [--target cortex-m4]

Needs `tflite-micro` and the core's emulator. The arena is as the interpreter from PyPI records it: maps and scratch,
the same on every machine with its reference kernels, and what it keeps of the model (structures of tensors and
operators), which on the 64-bit host that this runs on is more than on a 32-bit core. The model itself, in flash, is
not in it. Of mcugen: context and measured stack, flash of constants and code, and modelled cycles, of a run that is
compared with the reference.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from cortex_m import measure

_ALLOCATE = """
import sys
from tflite_micro.python.tflite_micro import runtime
runtime.Interpreter.from_file(sys.argv[1], arena_size=64 << 20).print_allocations()
"""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL.tflite")
    parser.add_argument("--target", default="cortex-m4")
    options = parser.parse_args()
    print("| model | interpreter: maps and scratch | its arena, 64-bit | mcugen: RAM | flash | cycles |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for path in options.models:
        head, total = arena(path)
        own = measure(path, options.target, "live")
        cycles = "-" if own.cycles is None else f"{own.cycles / 1e6:.2f} M"
        print(f"| {path.stem} | {head:,} | {total:,} | {own.ram:,} | {own.flash:,} | {cycles} |", flush=True)


def arena(model: Path) -> tuple[int, int]:
    """Bytes of maps and scratch, and of all. Raises SystemExit where the interpreter does not take the model."""
    command = [sys.executable, "-c", _ALLOCATE, str(model)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    found = [re.search(rf"Arena allocation {name} (\d+) bytes", told) for name in ("head", "total")]
    if done.returncode != 0 or None in found:
        raise SystemExit(f"{model}: {told.strip().splitlines()[-1] if told.strip() else 'no allocations told'}")
    head, total = (int(match[1]) for match in found if match is not None)
    return head, total


if __name__ == "__main__":
    main()
