"""Graphs after the passes."""

from __future__ import annotations

from mcugen.ir import Graph
from mcugen.passes import run_passes
from mcugen.targets import Target
from mcugen.targets.generic import GENERIC


def optimized(graph: Graph, target: Target = GENERIC, *, fold_constants: bool = True) -> Graph:
    """The graph as it is planned for a target."""
    return run_passes(graph, target, fold_constants=fold_constants)[0]
