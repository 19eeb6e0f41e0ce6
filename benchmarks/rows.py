"""Prints the table of nets fed by rows: RAM of FOMO's and MobileNetV3's nets beside their whole maps.

    python benchmarks/rows.py NET:ALPHA...

The nets are those of `mcugen nets list`, 96x96x3, with random weights, for cortex-m4. "Whole maps" is as in
benchmarks/memory.py. "Rows in" is sizeof the context where rows of the image are fed, "rows in and out" that of
--output-rows, where a map comes out.
"""

from __future__ import annotations

import argparse

from memory import whole_maps

from mcugen.compiler import compile_model
from mcugen.explore.untrained import untrained_graph
from mcugen.nets.architecture import architecture

_SIZE = 96
_CLASSES = 2


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="+", metavar="NET:ALPHA")
    print("| net | alpha | output | whole maps | rows in | rows in and out |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for net in parser.parse_args().nets:
        name, alpha = net.split(":")
        graph = untrained_graph(architecture(name, alpha=float(alpha), size=_SIZE, in_chans=3, num_classes=_CLASSES))
        has_rows = graph.output_tensor.height > 1
        contexts = [
            f"{compile_model(graph, target='cortex-m4', output_rows=by_rows).ram_bytes:,}"
            for by_rows in (False, True)[: 1 + has_rows]
        ]
        shape = "x".join(map(str, graph.output_tensor.shape)) if has_rows else f"{_CLASSES}"
        print(f"| {name} | {alpha} | {shape} | {whole_maps(graph):,} | {' | '.join([*contexts, '-'][:2])} |")


if __name__ == "__main__":
    main()
