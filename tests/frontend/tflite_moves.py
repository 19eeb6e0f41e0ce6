"""Small networks whose operators put values elsewhere: other shapes, parts, copies, sizes."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tflite_builder import NetworkBuilder


def _keras_flatten(net: NetworkBuilder) -> None:
    net.convolution(5)
    net.keras_flatten()
    net.fully_connected(7)


def _padded(net: NetworkBuilder) -> None:
    net.pad((1, 2, 0, 3))
    net.convolution(4, padding="VALID", stride=(2, 1))
    net.pool("MAX")


def _padded_with_value(net: NetworkBuilder) -> None:
    net.pad((0, 1, 0, 1), value=net.current.zero_point)
    net.depthwise(padding="VALID", stride=(2, 2))


def _squeezed(net: NetworkBuilder) -> None:
    net.mean(keep_dims=True, axes=(-2, -3))
    net.squeeze()
    net.fully_connected(4, per_channel=True, activation="RELU6")


def _pieces(net: NetworkBuilder) -> None:
    first = net.slice((0, 2, 1, 0), (1, -1, 5, 3))
    pooled = net.pool("MAX", kernel=(3, 3), stride=(1, 1), padding="SAME")
    joined = net.concatenate(first, pooled, first)
    net.concatenate(joined, joined, axis=2)
    net.strided_slice((0, 1, -9, 2), (1, 0, -1, 8), (1, 2, 3, 1), BeginMask=1, EndMask=2)


def _blocks(net: NetworkBuilder) -> None:
    net.slice((0, 0, 1, 0), (1, 8, 6, 3))
    net.blocks("SpaceToDepth", 2)
    net.convolution(18, kernel=(1, 1))
    net.blocks("DepthToSpace", 3)
    net.pad((0, 1, 2, 0), channels=(1, 5))
    net.pad((0, 0, 0, 0), channels=(0, 2), value=net.current.zero_point)


def _axes_in_another_order(net: NetworkBuilder) -> None:
    net.convolution(5)
    net.transpose((0, 3, 1, 2))
    net.pool("MAX", kernel=(2, 2), stride=(1, 1))
    net.transpose((0, 2, 3, 1))
    net.convolution(4, kernel=(1, 1))
    net.transpose((0, 2, 1, 3))
    net.transpose((0, 1, 3, 2))
    net.transpose((0, 3, 2, 1))
    _, height, width, channels = net.current.shape
    net.reshape((1, height * width, channels))
    net.transpose((0, 2, 1))
    net.reshape((channels, height * width))
    net.transpose((1, 0))
    net.reshape((1, 1, height * width, channels))
    net.transpose((1, 2, 0, 3))


def _split(net: NetworkBuilder) -> None:
    net.convolution(8)
    first, _, third, last = net.split(4)
    net.current = net.concatenate(last, first, third, first)
    top, bottom = net.split([-1, 4], axis=1)
    net.current = bottom
    net.split([2, 3, -1], axis=-2)
    net.concatenate(top, bottom, bottom, axis=1)
    net.strided_slice((0, 0, 3, 0), (1, 99, 4, 8), (1, 2, 1, 1), ShrinkAxisMask=4)
    net.slice((0, 1, 2), (1, -1, 5))


def _lists_of_boxes(net: NetworkBuilder) -> None:
    """Heads of two maps, in the shapes that detectors of several scales give them."""
    small = net.convolution(12, stride=(2, 2))
    large = net.convolution(8, scale=small.scale, zero_point=small.zero_point, source=net.current)
    net.current = small
    boxes = net.reshape((1, small.size // 4, 1, 4))
    net.current = large
    others = net.reshape((1, large.size // 4, 1, 4))
    net.concatenate(boxes, others, axis=1)


def _shuffled_channels(net: NetworkBuilder) -> None:
    net.convolution(8)
    net.shuffle((1, 9, 7, 2, 4), (0, 1, 2, 4, 3), (1, 9, 7, 8))
    net.depthwise(1, kernel=(3, 3), padding="SAME")


def _broadcast(net: NetworkBuilder) -> None:
    net.convolution(1)
    net.repeat("BROADCAST_TO", (1, 9, 7, 4))
    net.mean()
    net.reshape((1, 1, 1, 4))
    net.repeat("BROADCAST_TO", (1, 3, 5, 4))


def _resized(kind: str, **fields: bool) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        net.resize(kind, (18, 14), **fields)
        net.resize(kind, (7, 23), **fields)
        net.resize(kind, (1, 5), **fields)
        net.resize(kind, (3, 11), **fields)

    return build


def _reshaped(net: NetworkBuilder) -> None:
    net.reshape((1, net.current.size), target=(-1, net.current.size))
    net.fully_connected(9)
    net.softmax(beta=0.7)


MOVES: dict[str, Callable[[NetworkBuilder], None]] = {
    "keras flatten": _keras_flatten,
    "padded": _padded,
    "padded with value": _padded_with_value,
    "squeezed": _squeezed,
    "pieces": _pieces,
    "axes in another order": _axes_in_another_order,
    "split": _split,
    "blocks": _blocks,
    "lists of boxes": _lists_of_boxes,
    **{
        f"resized {kind} {' '.join(fields)}": _resized(kind, **fields)
        for kind in ("Bilinear", "NearestNeighbor")
        for fields in ({}, {"align_corners": True}, {"half_pixel": True})
    },
    "shuffled channels": _shuffled_channels,
    "broadcast": _broadcast,
    "reshaped": _reshaped,
}
