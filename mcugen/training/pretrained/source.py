"""What a file of a trained net holds, whatever its format: layers with weights, in their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcugen.nets.layers import Kind


@dataclass(frozen=True, eq=False)
class Norm:
    """Batch norm: (x - mean) / sqrt(variance + epsilon) * scale + shift; each float32 [outputs]."""

    scale: np.ndarray
    shift: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float


@dataclass(frozen=True, eq=False)
class SourceLayer:
    """A layer with weights.

    kind: CONV, DEPTHWISE, POINTWISE or DENSE. weight: float32 [outputs, inputs, height, width], of depthwise layers
    [channels, 1, height, width], of DENSE [outputs, inputs]. bias: float32 [outputs], None for none. norm: what stands
    behind it, None where there is none or it has become part of weights and bias.
    """

    name: str
    kind: Kind
    weight: np.ndarray
    bias: np.ndarray | None = None
    norm: Norm | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """A trained net.

    layers: in the order in which they compute. gain, offset: float32, one for each channel of the image or a single
    one: the net was trained on pixel / 255 * gain + offset.
    """

    layers: tuple[SourceLayer, ...]
    gain: np.ndarray
    offset: np.ndarray


def kind_of(weight: np.ndarray, first: bool) -> Kind:
    """Of a convolution, by its weights [outputs, inputs, height, width]: one input channel is a depthwise layer's,
    unless the layer is the first, which may read gray images."""
    if weight.shape[2:] == (1, 1):
        return Kind.POINTWISE
    return Kind.DEPTHWISE if weight.shape[1] == 1 and not first else Kind.CONV
