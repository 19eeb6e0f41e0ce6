"""Prints the README's table of memory: what row streaming leaves of the RAM that whole maps take.

    python benchmarks/memory.py MODEL...

"Whole maps" is what a runtime needs at least that runs layer by layer with every feature map whole: the most bytes of
maps that are alive at the same time, the image among them. "Context" is sizeof the context of the generated code,
exact, all the RAM that the library has besides its stack. It holds the rows of the image that are still needed, not the
image; with "the image in it" it is that of --resident-image.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mcugen.compiler import compile_model
from mcugen.ir import Graph

# Headline, target, --resident-image.
CONTEXTS = (
    ("context, generic", "generic", False),
    ("context, cortex-m4", "cortex-m4", False),
    ("cortex-m4, the image in it", "cortex-m4", True),
)


def whole_maps(graph: Graph) -> int:
    """The most bytes of feature maps alive while one operator runs, its inputs and output included."""
    last = {name: index for index, op in enumerate(graph.operators) for name in op.inputs}
    last[graph.output] = len(graph.operators)
    born = {graph.input: -1} | {op.output: index for index, op in enumerate(graph.operators)}
    alive = [
        sum(graph.tensors[name].size for name in born if born[name] <= index <= last.get(name, born[name]))
        for index in range(len(graph.operators))
    ]
    return max(alive)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    headings = ["model", "image", "whole maps", *(heading for heading, _, _ in CONTEXTS)]
    print("| " + " | ".join(headings) + " |")
    print("| --- |" + " ---: |" * (len(headings) - 1))
    for path in parser.parse_args().models:
        compiled = [compile_model(path, target=target, resident_image=resident) for _, target, resident in CONTEXTS]
        graph = compiled[0].imported
        sizes = [graph.input_tensor.size, whole_maps(graph), *(c.library.context_bytes for c in compiled)]
        print(f"| {path.stem} | " + " | ".join(f"{size:,}" for size in sizes) + " |")


if __name__ == "__main__":
    main()
