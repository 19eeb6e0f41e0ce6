"""What a net is made of, as data: layers with their sizes, blocks of layers, and the whole of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mcugen.diagnostics import McugenError


class Kind(str, Enum):
    """Kinds of layers. POINTWISE is a 1x1 convolution, CONV any other over all channels.

    SCALE multiplies the map that its block's POOL averaged by what has become of the averages, channel by channel.
    """

    CONV = "conv"
    DEPTHWISE = "depthwise"
    POINTWISE = "pointwise"
    POOL = "pool"
    SCALE = "scale"
    DENSE = "dense"


class Activation(str, Enum):
    """What follows a layer: max(x, 0), min(max(x, 0), 6), x * min(max(x + 3, 0), 6) / 6, min(max(x + 3, 0), 6) / 6."""

    NONE = "none"
    RELU = "relu"
    RELU6 = "relu6"
    HARD_SWISH = "hard_swish"
    HARD_SIGMOID = "hard_sigmoid"


@dataclass(frozen=True)
class Layer:
    """One layer on an input of [height, width, inputs].

    name: unique in its block. kernel: (height, width) of the window, (1, 1) for DENSE. stride: in both directions.
    inputs, outputs: channels. height, width: of the input, of SCALE that of the map. activation: what follows.
    normalized: a convolution has batch norm behind it and no bias; where it is not, a bias alone. POOL averages over
    the whole map; DENSE has a bias and no batch norm.
    """

    name: str
    kind: Kind
    kernel: tuple[int, int]
    stride: int
    inputs: int
    outputs: int
    height: int
    width: int
    activation: Activation = Activation.NONE
    normalized: bool = True

    @property
    def output_height(self) -> int:
        """1 after the global average, else the input's divided by the stride, rounded up."""
        return 1 if self.kind is Kind.POOL else -(-self.height // self.stride)

    @property
    def output_width(self) -> int:
        """1 after the global average, else the input's divided by the stride, rounded up."""
        return 1 if self.kind is Kind.POOL else -(-self.width // self.stride)

    @property
    def padding(self) -> tuple[int, int]:
        """Rows above and below, columns on either side: as few as give outputs of that size; half an odd kernel."""
        sizes = zip((self.output_height, self.output_width), self.kernel, (self.height, self.width), strict=True)
        missing = [(outputs - 1) * self.stride + kernel - inputs for outputs, kernel, inputs in sizes]
        height, width = (max(-(-count // 2), 0) for count in missing)
        return height, width


@dataclass(frozen=True)
class Block:
    """Layers that belong together. residual: the block's input is added to its output, by way of the shortcut where
    there is one. activation: what follows that sum."""

    name: str
    layers: tuple[Layer, ...]
    residual: bool = False
    shortcut: Layer | None = None
    activation: Activation = Activation.NONE

    @property
    def all_layers(self) -> tuple[Layer, ...]:
        """With that of the shortcut, behind the others."""
        return self.layers if self.shortcut is None else (*self.layers, self.shortcut)


@dataclass(frozen=True)
class Architecture:
    """A net. name, options: what `architecture` makes it from. blocks: the last of a classifier is its pool and dense
    layers.

    Its input is a square or rectangular image [height, width, in_chans] of real numbers pixel / 255, its output
    num_classes logits, or as many at every position of a map.
    """

    name: str
    options: Mapping[str, Any]
    blocks: tuple[Block, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order, those on shortcuts behind the others of their block."""
        return tuple(layer for _, layer in named_layers(self))

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width, channels of the image."""
        first = self.blocks[0].layers[0]
        return first.height, first.width, first.inputs

    @property
    def num_classes(self) -> int:
        """Number of logits, at each position where there is more than one."""
        return self.blocks[-1].layers[-1].outputs

    @property
    def is_classifier(self) -> bool:
        """Whether it ends with logits for the whole image."""
        return self.blocks[-1].layers[-1].kind is Kind.DENSE


def require_classifier(net: Architecture) -> None:
    """Raises McugenError for a net that does not end with logits for the whole image."""
    if not net.is_classifier:
        raise McugenError(f"{net.name} does not tell classes of images apart", "nets that are trained are classifiers")


def named_layers(net: Architecture) -> Iterator[tuple[str, Layer]]:
    """Every layer with its name in the net, "block.layer"."""
    for block in net.blocks:
        for layer in block.all_layers:
            yield f"{block.name}.{layer.name}", layer
