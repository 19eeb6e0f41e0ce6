"""Ranges of weights and activations, in real numbers: what the eight bits of every layer are used for."""

from __future__ import annotations

import numpy as np

from mcugen import reference
from mcugen.accuracy.clipping import layer_ends
from mcugen.compiler import Compiled
from mcugen.ir import Graph
from mcugen.plan.live import live_channels
from mcugen.schemas.report.ranges import ActivationRange, WeightRange

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def weight_ranges(graph: Graph) -> list[WeightRange]:
    """Of every layer with weights: the lowest and highest, and how the largest magnitudes of its channels spread.

    graph: as imported.
    """
    found = []
    for op in graph.operators:
        if op.weight_matrix is None:
            continue
        scale = op.weight_scales([graph.tensors[name] for name in op.inputs], graph.tensors[op.output])
        real = op.weight_matrix.astype(np.int64) * scale[:, None]
        largest = np.abs(real).max(axis=1)
        spread = np.quantile(largest[largest > 0], _QUANTILES) if np.any(largest > 0) else np.zeros(len(_QUANTILES))
        found.append(
            WeightRange(
                layer=op.name,
                per_channel=bool(np.ptp(scale) > 0),
                minimum=float(real.min()),
                maximum=float(real.max()),
                zero_channels=int(np.sum(largest == 0)),
                channel_magnitudes=tuple(float(value) for value in spread),
            )
        )
    return found


def activation_ranges(compiled: Compiled, images: np.ndarray) -> list[ActivationRange]:
    """Of every layer's output: the range that its type holds, that it can reach by proof, and that `images` reach.

    images: int8 [N, H, W, C]. saturated, clamped: shares of these images' values that the range of the type cuts off,
    and that the layer's activation does, see `mcugen.accuracy.clipping`.
    """
    imported, optimized = compiled.imported, compiled.optimized
    ends = layer_ends(imported)
    found = []
    for op, values in reference.evaluate(imported, images):
        tensor = imported.tensors[op.output]
        low, high = (tensor.scale * (bound - tensor.zero_point) for bound in (tensor.qmin, tensor.qmax))
        observed = [tensor.scale * (int(bound) - tensor.zero_point) for bound in (values.min(), values.max())]
        reachable: tuple[float, float] | None = None
        if op.output in optimized.tensors and live_channels(optimized.tensors[op.output]):
            stored = optimized.tensors[op.output]
            interval = compiled.plan.intervals.tensors[op.output]
            least, greatest = int(interval.low.min()), int(interval.high.max())
            reachable = (
                float(stored.scale * (least - stored.zero_point)),
                float(stored.scale * (greatest - stored.zero_point)),
            )
        saturated, clamped = ends[op.name].count(values)
        found.append(
            ActivationRange(
                layer=op.name,
                scale=float(tensor.scale),
                zero_point=tensor.zero_point,
                representable=(float(low), float(high)),
                reachable=reachable,
                observed=(float(observed[0]), float(observed[1])),
                saturated=saturated / values.size,
                clamped=clamped / values.size,
            )
        )
    return found
