"""Cycles of nets on every core as one table, which docs/comparison.md quotes.

    python benchmarks/nets_by_core.py MODEL[:all] ... [--targets cortex-m4,cortex-m7]

A row a model, a column a core: cycles, modelled without wait states, and executed instructions, the latter alone where
the core has no model of cycles. Constant channels are left out but of a MODEL with :all. Every run is checked against
the reference before it is counted (`cortex_m.py`, which has RAM, flash and stages as well).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cortex_m import Measurement, measure

TARGETS = "cortex-m4,cortex-m7,cortex-m33,cortex-m55,cortex-m3,cortex-m0plus"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL[:all]")
    parser.add_argument("--targets", default=TARGETS)
    options = parser.parse_args()
    targets = options.targets.split(",")
    print("| model | " + " | ".join(targets) + " |")
    print("| --- " + "| ---: " * len(targets) + "|")
    for text in options.models:
        path, _, channels = text.partition(":")
        runs = [measure(Path(path), target, channels or "live") for target in targets]
        name = Path(path).stem + (", all channels" if channels == "all" else "")
        print(f"| {name} | " + " | ".join(map(cell, runs)) + " |", flush=True)


def cell(run: Measurement) -> str:
    """Millions of cycles and of instructions."""
    instructions = f"{run.instructions / 1e6:.2f}"
    return f"({instructions})" if run.cycles is None else f"{run.cycles / 1e6:.2f} ({instructions})"


if __name__ == "__main__":
    main()
