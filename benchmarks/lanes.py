"""Which layers' sums stay within lanes of so many bits, as the ESP32-S3 has them: 20 for products of int8.

    python -m benchmarks.lanes MODEL... [--bits 20]

Prints a table in Markdown, a row a model. Bounds are proofs, not measurements: no image makes a larger sum. What is
bounded is what a kernel would keep in a lane, sums of w * x of the stored values in whatever order; the bias and the
input's zero point join them in 32 bits afterwards.

The last column estimates the instructions of such kernels on the ESP32-S3: two for 16 products (one multiplies and
loads, one loads), as many for what is left of 16; two to read a sum of ACCX, three to cut one out of QACC; 13 to
requantize it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.frontend import load_model
from mcugen.ir import Graph
from mcugen.ir.operators.depthwise_conv import DepthwiseConv2D
from mcugen.ir.operators.weighted import Weighted
from mcugen.passes.intervals import Interval, analyze_intervals

_LANES = 16
_READ, _CUT_OUT, _REQUANTIZE = 2, 3, 13


@dataclass(frozen=True)
class Layer:
    """kind: as of the operator. products: of one sum. blocks: a lane is emptied so often for one sum, 1 where all of it
    fits. sums, macs: of an inference."""

    kind: str
    products: int
    blocks: int
    sums: int
    macs: int

    @property
    def instructions(self) -> int:
        """By the estimate of the module's docstring: channels in lanes where it is depthwise, else dot products."""
        if self.kind == "depthwise":
            return -(-self.sums // _LANES) * 2 * self.products + self.sums * (_CUT_OUT + _REQUANTIZE)
        return self.sums * (2 * -(-self.products // _LANES) + _READ + _REQUANTIZE)


def layers(graph: Graph, bits: int) -> list[Layer]:
    """The layers with weights."""
    intervals = analyze_intervals(graph)
    found = []
    for op in graph.operators:
        if isinstance(op, Weighted):
            source = graph.tensors[op.inputs[0]]
            products = extremes(op, intervals.tensors[op.inputs[0]], source.zero_point)
            output = graph.tensors[op.output]
            sums = output.height * output.width * output.channels
            layer = Layer(op.kind, products[0].shape[1], blocks(*products, bits), sums, op.macs(output))
            found.append(layer)
    return found


def extremes(op: Weighted, stored: Interval, zero_point: int) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest of each product w * x, int64 [out channels, products of each]. Padding is the zero
    point."""
    matrix = op.weight_matrix.astype(np.int64)
    low, high = np.minimum(stored.low, zero_point), np.maximum(stored.high, zero_point)
    if isinstance(op, DepthwiseConv2D):
        low, high = (np.repeat(bound, op.depth_multiplier)[:, None] for bound in (low, high))
    else:
        low, high = (np.tile(bound, matrix.shape[1] // len(bound)) for bound in (low, high))
    return np.minimum(matrix * low, matrix * high), np.maximum(matrix * low, matrix * high)


def blocks(lowest: np.ndarray, highest: np.ndarray, bits: int) -> int:
    """Into how many runs the products are divided, in their order and for all channels alike, so that no order within
    a run leaves the lane."""
    limit = 1 << (bits - 1)
    down, up = np.minimum(lowest, 0), np.maximum(highest, 0)
    count, below, above = 1, np.zeros(len(down), np.int64), np.zeros(len(up), np.int64)
    for column in range(down.shape[1]):
        below, above = below + down[:, column], above + up[:, column]
        if below.min() < -limit or above.max() >= limit:
            count, below, above = count + 1, down[:, column], up[:, column]
    return count


def row(name: str, found: list[Layer]) -> str:
    """A row of the table."""
    whole = [layer for layer in found if layer.blocks == 1]
    rest = [layer for layer in found if layer.blocks > 1]
    macs = sum(layer.macs for layer in found)
    share = 100 * sum(layer.macs for layer in whole) / macs
    kinds = ", ".join(
        f"{sum(layer.kind == kind for layer in whole)} of {sum(layer.kind == kind for layer in found)} {kind}"
        for kind in dict.fromkeys(layer.kind for layer in found)
    )
    most = max((layer.blocks for layer in rest), default=1)
    run = min((layer.products // layer.blocks for layer in rest), default=0)
    return (
        f"| {name} | {kinds} | {share:.0f} % | {most} | {run or ''} "
        f"| {macs / 1e6:.2f} | {sum(layer.instructions for layer in found) / 1e6:.2f} |"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--bits", type=int, default=20)
    arguments = parser.parse_args()
    print("| model | whole sums fit | their MACs | emptied, at most | products between | M MACs | M instructions |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for model in arguments.models:
        print(row(model.stem, layers(load_model(model), arguments.bits)), flush=True)


if __name__ == "__main__":
    main()
