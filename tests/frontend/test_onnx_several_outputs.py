"""ONNX models with several outputs, each against what ONNX's operators compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from mcugen import reference
from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.onnx import load
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.frontend.test_onnx_exactness import image_for
from tests.support.onnx_builder import QdqBuilder


def _two_heads(activations: str) -> onnx.ModelProto:
    """A map of boxes and a vector of scores, of one trunk."""
    net = QdqBuilder(seed=3, shape=(3, 7, 6), activations=activations, opset=19)
    net.conv(6, (3, 3), strides=(2, 2), pads=(1, 1, 1, 1), activation="Relu")
    trunk, scale, zero_point = net.current, net.scale, net.zero_point
    net.conv(4)
    boxes = net.current
    net.current, net.scale, net.zero_point, net.channels = trunk, scale, zero_point, 6
    net.rescaled("GlobalAveragePool")
    net.same_scale("Flatten")
    net.gemm(6, 5)
    model = net.finish()
    model.graph.output.append(helper.make_tensor_value_info(boxes, TensorProto.FLOAT, None))
    return model


@pytest.mark.parametrize("activations", ["int8", "uint8"])
def test_each_output_is_that_of_onnx(activations: str, tmp_path: Path) -> None:
    model = _two_heads(activations)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    graph = load(tmp_path / "net.onnx")
    assert [output.border.shape for output in graph.outputs] == [(1, 5), (1, 4, 4, 3)]
    for seed in range(3):
        image = image_for(graph, seed)
        expected = ReferenceEvaluator(model).run(None, {"image": image})
        stored = reference.run(graph, reference.quantize_input(graph, image))
        for output, got, wanted in zip(
            graph.outputs, reference.dequantize_outputs(graph, stored), expected, strict=True
        ):
            # A step of a layer may become another one of the next.
            assert np.abs(np.rint((got - wanted) / output.border.scale)).max() <= 2


def test_generated_code_is_exact(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(_two_heads("uint8").SerializeToString())
    graph = load(tmp_path / "net.onnx")
    images = np.concatenate([reference.quantize_input(graph, image_for(graph, seed)) for seed in range(3)])
    assert_equal_everywhere(graph, images, fold_constants=True, target="cortex-m4")


def test_an_output_that_is_the_input_is_refused(tmp_path: Path) -> None:
    model = _two_heads("int8")
    model.graph.output.append(helper.make_tensor_value_info("image", TensorProto.FLOAT, [1]))
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelFormatError, match="output 'image' is not computed"):
        load(tmp_path / "net.onnx")
