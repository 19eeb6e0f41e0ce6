"""Graphs whose channels are calibrated, as training and quantization leave them: most kernels take those."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, quantize_multipliers
from mcugen.ir import Graph
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators import ADDERS


class CalmBuilder(GraphBuilder):
    """Weights of which the largest of each filter is 127, small biases, and scales under which a batch's sums fill the
    range of the output."""

    def weights(self, shape: tuple[int, ...], out_axis: int, in_axis: int | None) -> np.ndarray:
        """int8, normally distributed."""
        real = self.rng.normal(0, 1, shape)
        others = tuple(axis for axis in range(len(shape)) if axis != out_axis)
        return np.rint(127 * real / np.abs(real).max(axis=others, keepdims=True)).astype(np.int8)

    def bias(self, channels: int) -> np.ndarray:
        """int32, about as large as a product."""
        return self.rng.integers(-2000, 2001, channels).astype(np.int32)

    def requantization(self, accumulator: np.ndarray, block: Block, bound: np.ndarray) -> Requantization:
        """One multiplier a channel."""
        reach = np.maximum(np.abs(accumulator.reshape(-1, accumulator.shape[-1]).astype(np.float64)).max(axis=0), 64)
        multiplier, shift = quantize_multipliers(200 / reach * np.exp2(self.rng.uniform(-0.5, 0.5, len(reach))))
        return Requantization(multiplier, shift, self.rounding, block.zero_point, *self.clamp(block))


def calm_graph(
    shape: tuple[int, int, int], zero_point: int, rounding: Rounding, blocks: Sequence[Block], seed: int = 0
) -> Graph:
    """The graph of these blocks."""
    builder = CalmBuilder(rounding, np.random.default_rng(seed))
    builder.start(shape, zero_point)
    for block in blocks:
        ADDERS[block.kind](builder, block)
    return builder.finish()
