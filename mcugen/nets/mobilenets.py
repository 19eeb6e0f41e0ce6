"""MobileNetV1, V2 and V3, layer by layer.

Sources: MobileNetV1, arXiv 1704.04861, table 1; MobileNetV2, arXiv 1801.04381, table 2; MobileNetV3, arXiv 1905.02244,
tables 1 (large) and 2 (small). Where the tables leave a choice, it is that of the authors' code and of Keras.
"""

from __future__ import annotations

from mcugen.nets.builder import Builder, make_divisible
from mcugen.nets.layers import Activation, Kind

# (channels at alpha 1, stride) of the thirteen blocks. The paper's table prints stride 2 for the last one, with a map
# of 7x7 before and behind it: as in the authors' code it is 1.
_V1_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
# The paper's shallow net, table 5: "the 5 layers of separable filters with feature size 14 x 14 x 512 are removed".
_SHALLOW_BLOCKS = tuple(block for block in _V1_BLOCKS if block != (512, 1))

# (expansion, channels at alpha 1, repetitions, stride of the first)
_V2_BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)

_RELU, _SWISH = Activation.RELU, Activation.HARD_SWISH
# (kernel, expanded channels at alpha 1, channels at alpha 1, squeeze and excite, activation, stride)
_V3_LARGE_BLOCKS = (
    (3, 16, 16, False, _RELU, 1),
    (3, 64, 24, False, _RELU, 2),
    (3, 72, 24, False, _RELU, 1),
    (5, 72, 40, True, _RELU, 2),
    (5, 120, 40, True, _RELU, 1),
    (5, 120, 40, True, _RELU, 1),
    (3, 240, 80, False, _SWISH, 2),
    (3, 200, 80, False, _SWISH, 1),
    (3, 184, 80, False, _SWISH, 1),
    (3, 184, 80, False, _SWISH, 1),
    (3, 480, 112, True, _SWISH, 1),
    (3, 672, 112, True, _SWISH, 1),
    (5, 672, 160, True, _SWISH, 2),
    (5, 960, 160, True, _SWISH, 1),
    (5, 960, 160, True, _SWISH, 1),
)
_V3_SMALL_BLOCKS = (
    (3, 16, 16, True, _RELU, 2),
    (3, 72, 24, False, _RELU, 2),
    (3, 88, 24, False, _RELU, 1),
    (5, 96, 40, True, _SWISH, 2),
    (5, 240, 40, True, _SWISH, 1),
    (5, 240, 40, True, _SWISH, 1),
    (5, 120, 48, True, _SWISH, 1),
    (5, 144, 48, True, _SWISH, 1),
    (5, 288, 96, True, _SWISH, 2),
    (5, 576, 96, True, _SWISH, 1),
    (5, 576, 96, True, _SWISH, 1),
)
_V3_STEM = 16


def v1(net: Builder, blocks: tuple[tuple[int, int], ...] = _V1_BLOCKS, separable: bool = True) -> None:
    """MobileNetV1."""
    net.layer(Kind.CONV, net.depth(32), kernel=3, stride=2, activation=Activation.RELU6)
    net.end("stem")
    for number, (channels, stride) in enumerate(blocks, 1):
        if separable:
            net.layer(Kind.DEPTHWISE, net.channels, kernel=3, stride=stride, activation=Activation.RELU6)
            net.layer(Kind.POINTWISE, net.depth(channels), activation=Activation.RELU6)
        else:
            net.layer(Kind.CONV, net.depth(channels), kernel=3, stride=stride, activation=Activation.RELU6)
        net.end(f"block{number}")
    net.classifier()


def v1_shallow(net: Builder) -> None:
    """MobileNetV1 without the five blocks in its middle."""
    v1(net, blocks=_SHALLOW_BLOCKS)


def v1_full(net: Builder) -> None:
    """MobileNetV1 with full convolutions."""
    v1(net, separable=False)


def v2(net: Builder) -> None:
    """MobileNetV2."""
    net.layer(Kind.CONV, net.depth_of_eight(32), kernel=3, stride=2, activation=Activation.RELU6)
    net.end("stem")
    number = 0
    for expansion, channels, repetitions, first_stride in _V2_BLOCKS:
        for repetition in range(repetitions):
            number += 1
            stride = first_stride if repetition == 0 else 1
            inputs = net.channels
            if expansion != 1:
                net.layer(Kind.POINTWISE, inputs * expansion, activation=Activation.RELU6)
            net.layer(Kind.DEPTHWISE, net.channels, kernel=3, stride=stride, activation=Activation.RELU6)
            net.layer(Kind.POINTWISE, net.depth_of_eight(channels))
            net.end(f"block{number}", residual=stride == 1 and inputs == net.depth_of_eight(channels))
    # Thin nets keep the 1280 channels before the classifier.
    net.layer(Kind.POINTWISE, net.depth_of_eight(1280) if net.alpha > 1 else 1280, activation=Activation.RELU6)
    net.end("head")
    net.classifier()


def v3_large(net: Builder) -> None:
    """MobileNetV3-Large."""
    _v3(net, _V3_LARGE_BLOCKS, 1280)


def v3_small(net: Builder) -> None:
    """MobileNetV3-Small. Its table has squeeze and excite behind the last convolution, which no implementation has."""
    _v3(net, _V3_SMALL_BLOCKS, 1024)


def _v3(net: Builder, blocks: tuple[tuple[int, int, int, bool, Activation, int], ...], hidden: int) -> None:
    net.layer(Kind.CONV, net.depth_of_eight(_V3_STEM), kernel=3, stride=2, activation=_SWISH)
    net.end("stem")
    before = _V3_STEM
    for number, (kernel, expanded, channels, excites, activation, stride) in enumerate(blocks, 1):
        inputs, outputs = net.channels, net.depth_of_eight(channels)
        if number > 1:
            # Of the channels that there are, as rounding has left them.
            net.layer(Kind.POINTWISE, make_divisible(inputs * expanded / before), activation=activation)
        net.layer(Kind.DEPTHWISE, net.channels, kernel=kernel, stride=stride, activation=activation)
        if excites:
            net.squeeze_and_excite(make_divisible(net.channels / 4))
        net.layer(Kind.POINTWISE, outputs)
        net.end(f"block{number}", residual=stride == 1 and inputs == outputs)
        before = channels
    net.layer(Kind.POINTWISE, make_divisible(6 * net.channels), activation=_SWISH)
    net.end("head")
    # Thin nets keep the channels before the classifier.
    net.classifier((net.depth_of_eight(hidden) if net.alpha > 1 else hidden, _SWISH))
