"""How the ranges of activations are chosen from what calibration shows."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import torch
from torchao.quantization.pt2e import FakeQuantize, FusedMovingAvgObsFakeQuantize, HistogramObserver
from torchao.quantization.pt2e.observer import MinMaxObserver, MovingAverageMinMaxObserver

_SMALLEST_SCALE = 2.0**-20
_PERCENTILE = 99.99
# Clipping bounds that are tried at either end, as parts of the range that was seen: by equal ratios.
_CANDIDATES = 32
_LEAST_PART = 0.02
# Of the moving average of ranges in training: fine-tuning is short.
_AVERAGING = 0.05


class Ranges(str, Enum):
    """MINMAX: all that was seen. PERCENTILE: without 0.01 % at either end. MSE: the least mean squared error."""

    MINMAX = "minmax"
    PERCENTILE = "percentile"
    MSE = "mse"


class PercentileObserver(HistogramObserver):
    """Leaves out the outermost 100 - 99.99 % of the values at either end."""

    def _non_linear_param_search(self) -> tuple[torch.Tensor, torch.Tensor]:
        edges = _edges(self)
        shares = torch.cumsum(self.histogram, 0) / self.histogram.sum()
        part = 1 - _PERCENTILE / 100
        first = int(torch.searchsorted(shares, torch.tensor(part)))
        last = int(torch.searchsorted(shares, torch.tensor(1 - part)))
        return edges[min(first, self.bins - 1)], edges[min(last + 1, self.bins)]


class MseObserver(HistogramObserver):
    """Searches the bounds whose int8 grid has the least squared error over the histogram."""

    def _non_linear_param_search(self) -> tuple[torch.Tensor, torch.Tensor]:
        edges = _edges(self)
        centres = (edges[:-1] + edges[1:]) / 2
        parts = torch.logspace(math.log10(_LEAST_PART), 0.0, _CANDIDATES)
        lows = torch.clamp(self.min_val, max=0.0) * parts
        highs = torch.clamp(self.max_val, min=0.0) * parts
        best, bounds = float("inf"), (self.min_val, self.max_val)
        for low in torch.unique(lows):
            scales = torch.clamp((highs - low) / 255, min=_SMALLEST_SCALE)[:, None]
            steps = torch.clamp(torch.round((centres - low) / scales), 0, 255)
            errors = ((steps * scales + low - centres) ** 2 * self.histogram).sum(1)
            index = int(errors.argmin())
            if float(errors[index]) < best:
                best, bounds = float(errors[index]), (low, highs[index])
        return bounds


def _edges(histogram: HistogramObserver) -> torch.Tensor:
    """float [bins + 1]: the bounds of the bins."""
    return torch.linspace(float(histogram.min_val), float(histogram.max_val), histogram.bins + 1)


_OBSERVERS: dict[Ranges, Any] = {
    Ranges.MINMAX: MinMaxObserver,
    Ranges.PERCENTILE: PercentileObserver,
    Ranges.MSE: MseObserver,
}


def observer(ranges: Ranges, qat: bool) -> Any:
    """What makes the observer of an activation; in training a moving average, whatever `ranges` says."""
    if qat:
        return FusedMovingAvgObsFakeQuantize.with_args(
            observer=MovingAverageMinMaxObserver, eps=_SMALLEST_SCALE, averaging_constant=_AVERAGING
        )
    return _OBSERVERS[ranges].with_args(eps=_SMALLEST_SCALE)


def weight_fake_quantize(kind: Any, smallest_scale: float) -> Any:
    """What makes the fake quantization of weights in training."""
    return FakeQuantize.with_args(observer=kind, eps=smallest_scale, averaging_constant=1.0)
