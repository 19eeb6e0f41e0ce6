"""Small QDQ nets whose operators put values elsewhere: other shapes, parts, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto, helper

from tests.support.onnx_builder import QdqBuilder


def calibrated(net: QdqBuilder, value: str, scale: float, zero_point: int = -20) -> str:
    """Quantizes a value to another scale, which becomes the current one."""
    net.scale, net.zero_point = scale, net.in_range(zero_point)
    net.current = net.quantize(value, net.scale, net.zero_point)
    return net.current


def _flattened_map(operator: str, layout: str) -> QdqBuilder:
    net = QdqBuilder(seed=7, shape=(3, 6, 8), layout=layout)
    net.conv(5, (3, 3), strides=(2, 2), activation="Relu")
    if operator == "Flatten":
        net.current = net.add_node("Flatten", [net.current])
    elif operator == "Transpose":
        net.current = net.add_node("Transpose", [net.current], perm=(0, 2, 3, 1))
        net.current = net.add_node("Reshape", [net.current, net.integers(0, 30)])
    else:
        net.current = net.add_node("Reshape", [net.current, net.integers(1, -1)])
    net.gemm(30, 4)
    return net


def _padded() -> QdqBuilder:
    net = QdqBuilder(seed=10)
    net.same_scale("Pad", net.integers(0, 0, 1, 2, 0, 0, 3, 0), net.constant(np.array(0, np.float32)))
    net.conv(4, (3, 3))
    net.current = net.add_node("Pad", [net.current, net.integers(0, 0, 0, 1, 0, 0, 1, 1)])
    net.depthwise()
    return net


def _computed_shape() -> QdqBuilder:
    net = QdqBuilder(seed=13, shape=(3, 4, 5))
    net.conv(4)
    net.current = net.add_node("Identity", [net.add_node("Dropout", [net.current])])
    shape = net.add_node("Cast", [net.add_node("Shape", [net.current])], to=TensorProto.INT64)
    batch = net.add_node("Unsqueeze", [net.add_node("Gather", [shape, net.constant(np.array(0))]), net.integers(0)])
    rest = net.add_node("Constant", [], value_ints=[-1])
    net.current = net.add_node("Reshape", [net.current, net.add_node("Concat", [batch, rest], axis=0)])
    net.gemm(80, 4)
    return net


def _pieces() -> QdqBuilder:
    net = QdqBuilder(seed=16, shape=(6, 8, 7))
    image, scale = net.current, net.scale
    net.conv(4, (3, 3), pads=(1, 1, 1, 1))
    joined = calibrated(net, net.add_node("Concat", [image, net.current, image], axis=1), max(net.scale, scale))
    net.current = net.add_node("Slice", [joined, *(net.integers(*v) for v in ([2, 1], [99, -1], [1, 3], [1, 2]))])
    calibrated(net, net.current, net.scale * 1.3)
    node = f"split_{len(net.nodes)}"
    halves = [f"{node}_0", f"{node}_1"]
    net.nodes.append(helper.make_node("Split", [net.current, net.integers(6, 8)], halves, name=node, axis=1))
    low, high = (net.quantize(half, net.scale, net.zero_point) for half in halves)
    net.current = net.add_node("Slice", [low, net.integers(0), net.integers(3), net.integers(-2)])
    upper = net.quantize(net.current, net.scale, net.zero_point)
    calibrated(net, net.add_node("Concat", [low, upper], axis=2), net.scale * 1.1)
    net.current = net.quantize(net.add_node("Relu", [net.add_node("Concat", [low, low], axis=-1)]), 0.03, 2)
    net.current = net.quantize(net.add_node("Concat", [high, high], axis=3), 0.03, 2)
    return net


def _lists() -> QdqBuilder:
    """Heads of two sizes as lists of boxes."""
    net = QdqBuilder(seed=17, shape=(3, 8, 8))
    net.conv(8, (3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    boxes = []
    for count in (32, 8):
        moved = net.add_node("Transpose", [net.current], perm=(0, 2, 3, 1))
        boxes.append((net.add_node("Reshape", [moved, net.integers(1, count, 4)]), net.scale))
        if count == 32:
            net.conv(8, (3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    calibrated(net, net.add_node("Concat", [box for box, _ in boxes], axis=1), max(scale for _, scale in boxes))
    return net


def _resized(mode: str, **attributes: object) -> QdqBuilder:
    net = QdqBuilder(seed=19, shape=(3, 5, 4))
    net.conv(3, bias="")
    for factors in ((1, 1, 2, 3), (1, 1, 0.5, 0.75)):
        scales = net.constant(np.array(factors, np.float32), "scales")
        net.same_scale("Resize", "", scales, mode=mode, **attributes)
    net.same_scale("Resize", "", "", net.integers(1, 3, 7, 6), mode=mode, **attributes)
    return net


def _blocks() -> QdqBuilder:
    net = QdqBuilder(seed=22, shape=(3, 6, 8))
    net.same_scale("SpaceToDepth", blocksize=2)
    net.same_scale("Gather", net.integers(3, -12, 11, 1, 5, 5, 2, 4), axis=1)
    net.same_scale("DepthToSpace", blocksize=2, mode="CRD")
    net.channels = 2
    net.conv(9, (3, 3), pads=(1, 1, 1, 1))
    net.rescaled("DepthToSpace", blocksize=3, factor=1.2)
    return net


def _positions() -> QdqBuilder:
    """Fully connected layers at every position: MatMul of a map with channels last, Gemm of a list of rows."""
    net = QdqBuilder(seed=23, shape=(3, 5, 6))
    net.conv(4, (3, 3), pads=(1, 1, 1, 1))
    net.same_scale("Transpose", perm=(0, 2, 3, 1))
    weight, scales = net.weights((4, 7), True, axis=1)
    product = net.add_node("MatMul", [net.current, weight])
    net.layer(net.add_node("Add", [product, *net.bias(7, scales, "int32")]), 4, "Relu")
    net.current = net.add_node("Reshape", [net.current, net.integers(30, 7)])
    net.gemm(7, 4)
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 30, 4)])
    net.current = net.add_node("Transpose", [net.current], perm=(0, 2, 1))
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 4, 5, 6)])
    net.channels = 4
    net.conv(5, (3, 3))
    return net


def _shuffled() -> QdqBuilder:
    net = QdqBuilder(seed=24, shape=(3, 5, 4))
    net.conv(12)
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 3, 4, 5, 4)])
    net.same_scale("Transpose", perm=(0, 2, 1, 3, 4))
    net.current = net.add_node("Reshape", [net.current, net.integers(1, 12, 5, 4)])
    net.depthwise()
    return net


MOVES: Mapping[str, Callable[[], QdqBuilder]] = {
    "flattened map": lambda: _flattened_map("Flatten", "NCHW"),
    "reshaped map": lambda: _flattened_map("Reshape", "NHWC"),
    "transposed map": lambda: _flattened_map("Transpose", "NHWC"),
    "pads": _padded,
    "computed shape": _computed_shape,
    "pieces": _pieces,
    "lists": _lists,
    "resized, asymmetric": lambda: _resized(
        "nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    ),
    "resized": lambda: _resized("nearest"),
    "resized, corners": lambda: _resized("nearest", coordinate_transformation_mode="align_corners"),
    "interpolated": lambda: _resized("linear"),
    "interpolated, torch": lambda: _resized("linear", coordinate_transformation_mode="pytorch_half_pixel"),
    "interpolated, corners": lambda: _resized("linear", coordinate_transformation_mode="align_corners"),
    "interpolated, asymmetric": lambda: _resized("linear", coordinate_transformation_mode="asymmetric"),
    "blocks": _blocks,
    "positions": _positions,
    "channel shuffle": _shuffled,
}
