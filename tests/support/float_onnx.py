"""Float ONNX models of random weights, which quantizers make int8 models of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE = (3, 16, 16)


class FloatNet:
    """A small float network of random weights, node by node; the batch is open and named."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def weights(self, *shape: int) -> str:
        name = f"weights_{len(self.initializers)}"
        values = self.random.normal(0, 0.3, shape).astype(np.float32)
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=f"/{name}", **attributes))
        return name

    def conv(self, source: str, inputs: int, outputs: int, size: int, group: int = 1, stride: int = 1) -> str:
        operands = (source, self.weights(outputs, inputs // group, size, size), self.weights(outputs))
        pads = [size // 2] * 4
        done = self.node("Conv", *operands, group=group, kernel_shape=[size] * 2, strides=[stride] * 2, pads=pads)
        return self.node("Relu", done)

    def save(
        self, path: Path, output: str, classes: int, opset: int = 13, also: tuple[str, ...] = (), batch: int | str = "N"
    ) -> None:
        """also: outputs beside it, of any shape."""
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, *SHAPE])],
            [
                helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, classes]),
                *(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in also),
            ],
            self.initializers,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset < 21 else 10
        )
        path.write_bytes(model.SerializeToString())
