"""A trunk with a head that tells a class at every position, as Edge Impulse's FOMO finds the centroids of objects.

The trunk is that of a MobileNet up to the last layer before its maps get smaller than wanted. FOMO's own is MobileNetV2
cut at an eighth of the image, behind the expansion that Keras calls block_6_expand.
"""

from __future__ import annotations

from collections.abc import Callable

from mcugen.nets.builder import Builder
from mcugen.nets.layers import Activation, Kind

STRIDES = (4, 8, 16)
"""Pixels of the image from one position of the output to the next."""

_HEAD_CHANNELS = 32


def fomo(trunk: Callable[[Builder], None], stride: int) -> Callable[[Builder], None]:
    """What builds a trunk, cut, with its head: num_classes logits at every position, the background's among them."""

    def build(net: Builder) -> None:
        trunk(net)
        net.cut(stride)
        net.layer(Kind.POINTWISE, _HEAD_CHANNELS, activation=Activation.RELU, normalized=False)
        net.layer(Kind.POINTWISE, net.num_classes, normalized=False, name="logits")
        net.end("head")

    return build
