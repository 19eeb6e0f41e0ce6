"""Draws what lies where in the arena while an inference runs: one box for each ring, map row and block of columns.

    python benchmarks/memory_timeline.py MODEL --target cortex-m4 -o timeline.png [--all-channels]

Across: rows in the order in which they are produced. Up: bytes of the arena. Needs matplotlib (`pip install
mcugen[plots]`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from mcugen.compiler import compile_model
from mcugen.plan.plan import Plan


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--target", default="cortex-m4")
    parser.add_argument("-o", "--output", type=Path, default=Path("memory_timeline.png"))
    parser.add_argument("--all-channels", action="store_true", help="keep channels that are constant")
    options = parser.parse_args()
    compiled = compile_model(options.model, target=options.target, fold_constants=not options.all_channels)
    draw(compiled.plan, options.output)


def draw(plan: Plan, path: Path) -> None:
    """The picture as a PNG file."""
    figure, axes = plt.subplots(figsize=(12, 6), dpi=110)
    end = 2 * len(plan.schedule.steps)
    colours = plt.get_cmap("tab20")
    for number, (item, offset) in enumerate(plan.items):
        colour = "0.75" if "columns" in item.name else colours(number % 20)
        for slot, (birth, death) in enumerate(zip(item.births, item.deaths, strict=True)):
            low = offset + slot * item.slot_bytes
            width = min(int(death), end) - int(birth) + 1
            edge = "0.4" if item.slot_bytes > plan.arena_bytes // 100 else "none"
            style = {"facecolor": colour, "edgecolor": edge, "linewidth": 0.3}
            axes.add_patch(Rectangle((birth / 2, low), width / 2, item.slot_bytes, **style))
        first = min(range(len(item.births)), key=lambda s: (offset + s * item.slot_bytes, item.births[s]))
        if item.size > plan.arena_bytes // 25:
            label = item.name if len(item.name) < 32 else "..." + item.name[-29:]
            axes.text(item.births[first] / 2 + 1, offset + item.size / 2, label, fontsize=6, va="center")
    axes.set_xlim(0, end / 2)
    axes.set_ylim(0, plan.arena_bytes * 1.02)
    axes.set_xlabel("rows produced, in order")
    axes.set_ylabel("byte of the arena")
    axes.set_title(f"{plan.graph.name} for {plan.target.name}: arena of {plan.arena_bytes:,} bytes")
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    main()
