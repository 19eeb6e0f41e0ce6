"""MobileNets as data: every layer with its sizes, without torch.

The torch modules (`modules`) and the cost model (`costs`) are both made of this description, so neither can disagree
with the other. Sources: MobileNetV1, arXiv 1704.04861, table 1; MobileNetV2, arXiv 1801.04381, table 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mcugen.diagnostics import McugenError

BASE_SIZE = 224
"""Side of the images of the papers; rho multiplies it."""


class Kind(str, Enum):
    """Kinds of layers. POINTWISE is a 1x1 convolution, CONV any other over all channels."""

    CONV = "conv"
    DEPTHWISE = "depthwise"
    POINTWISE = "pointwise"
    POOL = "pool"
    DENSE = "dense"


@dataclass(frozen=True)
class Layer:
    """One layer on an input of [height, width, inputs].

    name: unique in its block. kernel: side of the window, 1 for DENSE. stride: in both directions. inputs, outputs:
    channels. height, width: of the input. activation: ReLU6 follows. Convolutions have a padding of kernel // 2 on
    every side, no bias, and batch norm behind them; POOL averages over the whole map; DENSE has a bias.
    """

    name: str
    kind: Kind
    kernel: int
    stride: int
    inputs: int
    outputs: int
    height: int
    width: int
    activation: bool = True

    @property
    def output_height(self) -> int:
        """1 after the global average, else the input's divided by the stride, rounded up."""
        return 1 if self.kind is Kind.POOL else -(-self.height // self.stride)

    @property
    def output_width(self) -> int:
        """1 after the global average, else the input's divided by the stride, rounded up."""
        return 1 if self.kind is Kind.POOL else -(-self.width // self.stride)


@dataclass(frozen=True)
class Block:
    """Layers that belong together. residual: the block's input is added to its output."""

    name: str
    layers: tuple[Layer, ...]
    residual: bool = False


@dataclass(frozen=True)
class Architecture:
    """A net. name, options: what `architecture` makes it from. blocks: the last is the classifier (pool and dense).

    Its input is a square or rectangular image [height, width, in_chans] of real numbers pixel / 255, its output
    num_classes logits.
    """

    name: str
    options: Mapping[str, Any]
    blocks: tuple[Block, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order."""
        return tuple(layer for block in self.blocks for layer in block.layers)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width, channels of the image."""
        first = self.blocks[0].layers[0]
        return first.height, first.width, first.inputs

    @property
    def num_classes(self) -> int:
        """Number of logits."""
        return self.blocks[-1].layers[-1].outputs


class _Builder:
    """Appends blocks; knows the shape of the map so far."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        self.height, self.width, self.channels = height, width, channels
        self.blocks: list[Block] = []
        self._pending: list[Layer] = []

    def layer(self, kind: Kind, outputs: int, kernel: int = 1, stride: int = 1, activation: bool = True) -> None:
        """A layer of the block that `end` will close."""
        name = kind.value
        if any(layer.name == name for layer in self._pending):
            name = f"{name}_{len(self._pending)}"
        layer = Layer(name, kind, kernel, stride, self.channels, outputs, self.height, self.width, activation)
        self._pending.append(layer)
        self.height, self.width, self.channels = layer.output_height, layer.output_width, outputs

    def end(self, name: str, residual: bool = False) -> None:
        """Closes a block."""
        self.blocks.append(Block(name, tuple(self._pending), residual))
        self._pending = []

    def classifier(self, num_classes: int) -> None:
        """Global average and a fully connected layer."""
        self.layer(Kind.POOL, self.channels, activation=False)
        self.layer(Kind.DENSE, num_classes, activation=False)
        self.end("classifier")


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


def _v1(
    net: _Builder,
    alpha: float,
    num_classes: int,
    min_depth: int,
    blocks: tuple[tuple[int, int], ...] = _V1_BLOCKS,
    separable: bool = True,
) -> None:
    def depth(channels: int) -> int:
        # Keras: int(channels * alpha). TF-slim: the same, and at least min_depth.
        return max(int(channels * alpha), min_depth)

    net.layer(Kind.CONV, depth(32), kernel=3, stride=2)
    net.end("stem")
    for number, (channels, stride) in enumerate(blocks, 1):
        if separable:
            net.layer(Kind.DEPTHWISE, net.channels, kernel=3, stride=stride)
            net.layer(Kind.POINTWISE, depth(channels))
        else:
            net.layer(Kind.CONV, depth(channels), kernel=3, stride=stride)
        net.end(f"block{number}")
    net.classifier(num_classes)


def _v1_shallow(net: _Builder, alpha: float, num_classes: int, min_depth: int) -> None:
    _v1(net, alpha, num_classes, min_depth, blocks=_SHALLOW_BLOCKS)


def _v1_full(net: _Builder, alpha: float, num_classes: int, min_depth: int) -> None:
    _v1(net, alpha, num_classes, min_depth, separable=False)


def make_divisible(value: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, one more where that is over 10 % less than `value`; at least `divisor`.

    MobileNetV2's rounding of channels, in TF-slim, Keras and torchvision alike.
    """
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


def _v2(net: _Builder, alpha: float, num_classes: int, min_depth: int) -> None:
    def depth(channels: int) -> int:
        return max(make_divisible(channels * alpha), min_depth)

    net.layer(Kind.CONV, depth(32), kernel=3, stride=2)
    net.end("stem")
    number = 0
    for expansion, channels, repetitions, first_stride in _V2_BLOCKS:
        for repetition in range(repetitions):
            number += 1
            stride = first_stride if repetition == 0 else 1
            inputs = net.channels
            if expansion != 1:
                net.layer(Kind.POINTWISE, inputs * expansion)
            net.layer(Kind.DEPTHWISE, net.channels, kernel=3, stride=stride)
            net.layer(Kind.POINTWISE, depth(channels), activation=False)
            net.end(f"block{number}", residual=stride == 1 and inputs == net.channels)
    # Thin nets keep the 1280 channels before the classifier.
    net.layer(Kind.POINTWISE, depth(1280) if alpha > 1 else 1280)
    net.end("head")
    net.classifier(num_classes)


_BUILDERS: dict[str, Callable[[_Builder, float, int, int], None]] = {
    "mobilenet_v1": _v1,
    "mobilenet_v1_shallow": _v1_shallow,
    "mobilenet_v1_full": _v1_full,
    "mobilenet_v2": _v2,
}

NETS: Mapping[str, str] = {
    "mobilenet_v1": "MobileNetV1: depthwise-separable convolutions",
    "mobilenet_v1_shallow": "MobileNetV1 without its five 512-channel blocks of stride 1",
    "mobilenet_v1_full": "MobileNetV1 with full 3x3 convolutions instead of separable ones",
    "mobilenet_v2": "MobileNetV2: inverted residuals with linear bottlenecks",
}
"""Names of nets, each with what it is."""


def architecture(
    name: str,
    *,
    alpha: float = 1.0,
    rho: float = 1.0,
    size: int | tuple[int, int] = BASE_SIZE,
    in_chans: int = 3,
    num_classes: int = 1000,
    min_depth: int = 1,
) -> Architecture:
    """A net of `NETS`.

    alpha: width multiplier. rho: resolution multiplier, on `size`, rounded to whole pixels. size: side of the image,
    or (height, width). in_chans: channels of the image. min_depth: least channels of a layer; 1 as Keras has it, 8 as
    TF-slim does (MobileNetV2 has multiples of 8 at any rate). Raises McugenError for values that make no net.
    """
    if name not in _BUILDERS:
        raise McugenError(f"there is no net {name!r}", f"nets are {', '.join(_BUILDERS)}")
    for option, value in (("alpha", alpha), ("rho", rho)):
        if not 0 < value <= 16:
            raise McugenError(f"{option} is {value:g}; it must be greater than 0, and no more than 16")
    height, width = (size, size) if isinstance(size, int) else size
    height, width = round(height * rho), round(width * rho)
    for option, count in (
        ("height", height),
        ("width", width),
        ("in_chans", in_chans),
        ("num_classes", num_classes),
        ("min_depth", min_depth),
    ):
        if count < 1:
            raise McugenError(f"{option} is {count}; it must be at least 1")
    net = _Builder(height, width, in_chans)
    _BUILDERS[name](net, alpha, num_classes, min_depth)
    options = {
        "alpha": alpha,
        "size": (height, width),
        "in_chans": in_chans,
        "num_classes": num_classes,
        "min_depth": min_depth,
    }
    return Architecture(name, options, tuple(net.blocks))


def named_layers(net: Architecture) -> Iterator[tuple[str, Layer]]:
    """Every layer with its name in the net, "block.layer"."""
    for block in net.blocks:
        for layer in block.layers:
            yield f"{block.name}.{layer.name}", layer
