"""Graphs of layers of one output pixel."""

from __future__ import annotations

from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block


def dense_graph(
    sizes: tuple[int, ...], rounding: Rounding, zero_points: tuple[int, int] = (-128, 5), seed: int = 0
) -> Graph:
    """Layers of one pixel, one with an activation and the next one without. sizes: values of the image, then channels
    of one layer after the other. zero_points: of their outputs."""
    clamps = ("relu", "none")
    blocks = [
        Block("conv", channels=size, clamp=clamps[i % 2], zero_point=zero_points[i % 2], option=1)
        for i, size in enumerate(sizes[1:], start=seed)
    ]
    return calm_graph((1, 1, sizes[0]), -3, rounding, blocks, seed)
