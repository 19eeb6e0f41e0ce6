"""Puts blocks together, layer by layer."""

from __future__ import annotations

import math

from mcugen.nets.layers import Activation, Block, Kind, Layer


class Builder:
    """Appends blocks; knows the shape of the map so far: height, width, channels.

    alpha: width multiplier. num_classes: outputs of the net. min_depth: least channels of a layer.
    """

    def __init__(
        self, shape: tuple[int, int, int], *, alpha: float = 1.0, num_classes: int = 1, min_depth: int = 1
    ) -> None:
        self.height, self.width, self.channels = shape
        self.alpha, self.num_classes, self.min_depth = alpha, num_classes, min_depth
        self.blocks: list[Block] = []
        self._pending: list[Layer] = []

    def depth(self, channels: float) -> int:
        """Channels times alpha as Keras has them, int(channels * alpha); at least min_depth, as TF-slim has."""
        return max(int(channels * self.alpha), self.min_depth)

    def depth_of_eight(self, channels: float) -> int:
        """Channels times alpha as a multiple of 8; at least min_depth."""
        return max(make_divisible(channels * self.alpha), self.min_depth)

    def layer(
        self,
        kind: Kind,
        outputs: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        activation: Activation = Activation.NONE,
        normalized: bool = True,
        name: str = "",
    ) -> None:
        """A layer of the block that `end` will close; named after its kind where it has no name."""
        name = name or kind.value
        if any(layer.name == name for layer in self._pending):
            name = f"{name}_{len(self._pending)}"
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        shape = (self.height, self.width)
        layer = Layer(name, kind, sides, stride, self.channels, outputs, *shape, activation, normalized)
        self._pending.append(layer)
        self.height, self.width, self.channels = layer.output_height, layer.output_width, outputs

    def squeeze_and_excite(self, squeezed: int) -> None:
        """Every channel times a number from 0 to 1, which two pointwise layers make of all channels' averages.

        As in MobileNetV3 (arXiv 1905.02244, section 5.3): ReLU between them, a hard sigmoid behind, no batch norm.
        """
        height, width, channels = self.height, self.width, self.channels
        self.layer(Kind.POOL, channels)
        self.layer(Kind.POINTWISE, squeezed, activation=Activation.RELU, normalized=False, name="squeeze")
        self.layer(Kind.POINTWISE, channels, activation=Activation.HARD_SIGMOID, normalized=False, name="excite")
        self.height, self.width = height, width
        self.layer(Kind.SCALE, channels)

    def end(self, name: str, residual: bool = False, activation: Activation = Activation.NONE) -> None:
        """Closes a block. Where residual, the input is added: through a pointwise layer if its shape is another."""
        first, last = self._pending[0], self._pending[-1]
        stride = math.prod(layer.stride for layer in self._pending)
        shortcut = None
        if residual and (stride, first.inputs) != (1, last.outputs):
            shortcut = Layer(
                "shortcut", Kind.POINTWISE, (1, 1), stride, first.inputs, last.outputs, first.height, first.width,
                normalized=False,
            )  # fmt: skip
        self.blocks.append(Block(name, tuple(self._pending), residual, shortcut, activation))
        self._pending = []

    def classifier(self, *hidden: tuple[int, Activation]) -> None:
        """Global average and fully connected layers: hidden ones, then that of the logits."""
        self.layer(Kind.POOL, self.channels)
        for outputs, activation in hidden:
            self.layer(Kind.DENSE, outputs, activation=activation)
        self.layer(Kind.DENSE, self.num_classes)
        self.end("classifier")

    def cut(self, stride: int) -> None:
        """Drops all layers from the first on whose outputs are further apart than `stride` pixels of the image."""
        blocks, reached = self.blocks, 1
        self.blocks = []
        for block in blocks:
            kept = []
            for layer in block.layers:
                reached *= layer.stride
                if reached > stride:
                    break
                kept.append(layer)
                self.height, self.width, self.channels = layer.output_height, layer.output_width, layer.outputs
            whole = len(kept) == len(block.layers)
            if kept:
                self.blocks.append(block if whole else Block(block.name, tuple(kept)))
            if not whole:
                return


def make_divisible(value: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, one more where that is over 10 % less than `value`; at least `divisor`.

    The rounding of channels of MobileNetV2 and V3, in TF-slim, Keras and torchvision alike.
    """
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor
