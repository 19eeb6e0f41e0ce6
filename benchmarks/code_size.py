"""Code size by kind of stage, measured with the cross compiler: what the table in mcugen/plan/flash.py is made with.

    python benchmarks/code_size.py MODEL... [--target cortex-m4]

Prints the mean bytes of each kind of stage, what the library takes besides, and measured against estimated totals.
Needs gcc-arm-none-eabi (or the target's own compiler).
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.ir import Graph
from mcugen.plan.flash import estimate_code_bytes, stage_kind

_STAGE = re.compile(r"\.text\.[A-Za-z0-9_]*?_(\d+)(?:\.\w+)*")


def code_bytes(library: Library) -> tuple[dict[int, int], int]:
    """Bytes by stage index, and of all code that belongs to no stage."""
    target = library.plan.target
    stages: dict[int, int] = defaultdict(int)
    rest = 0
    with tempfile.TemporaryDirectory() as name:
        for file, text in library.files.items():
            (Path(name) / file).write_text(text)
        sources = [file for file in library.files if file.endswith(".c")]
        flags = [*target.compiler_flags, target.optimization, "-std=gnu99", "-ffunction-sections"]
        subprocess.run([f"{target.compiler}gcc", *flags, "-c", *sources], cwd=name, check=True)
        objects = [source.removesuffix("c") + "o" for source in sources]
        listing = subprocess.run([f"{target.compiler}size", "-A", *objects], cwd=name, capture_output=True, text=True)
    for line in listing.stdout.splitlines():
        words = line.split()
        if len(words) != 3 or not words[0].startswith(".text"):
            continue
        match = _STAGE.fullmatch(words[0])
        if match and "run_group" not in words[0]:
            stages[int(match[1])] += int(words[1])
        else:
            rest += int(words[1])
    return stages, rest


def measure(models: list[Path | Graph], target: str) -> None:
    """Prints the table."""
    kinds: dict[str, list[int]] = defaultdict(list)
    rests = []
    totals = []
    for model in models:
        compiled = compile_model(model, target=target, name="net")
        stages, rest = code_bytes(compiled.library)
        for planned in compiled.plan.stages:
            kinds[stage_kind(planned)].append(stages[planned.stage.index])
        rests.append(rest / (len(compiled.plan.schedule.groups) + 8))
        total = sum(stages.values()) + rest
        totals.append((compiled.imported.name, total, estimate_code_bytes(compiled.plan), rest))
    for kind, sizes in sorted(kinds.items()):
        print(f"{kind:20} {len(sizes):4} stages, mean {statistics.mean(sizes):6.0f}, {min(sizes)} to {max(sizes)}")
    for name, total, estimate, rest in totals:
        print(f"{name:40} measured {total:6}, estimated {estimate:6} ({estimate / total - 1:+.0%}), of no stage {rest}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--target", default="cortex-m4")
    options = parser.parse_args()
    measure(options.models, options.target)


if __name__ == "__main__":
    main()
