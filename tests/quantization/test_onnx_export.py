"""The ONNX model of a quantized program: other runtimes load it, and mcugen reads the same graph from it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")

from mcugen import reference  # noqa: E402
from mcugen.compiler import compile_model  # noqa: E402
from mcugen.frontend import load_model  # noqa: E402
from mcugen.frontend.torch import from_program  # noqa: E402
from mcugen.inputs import proof_images  # noqa: E402
from mcugen.quantization import quantize, to_onnx  # noqa: E402
from tests.support.torch_nets import Blocks, Classifier, Means, Pools, images, seeded  # noqa: E402

NETS = {
    "classifier": (Classifier, (1, 16, 16)),
    "pools": (Pools, (1, 16, 16)),
    "means": (Means, (2, 9, 11)),
    "blocks": (Blocks, (2, 9, 11)),
}


@pytest.fixture(scope="module", params=NETS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, Path]:
    kind, shape = NETS[request.param]
    program = quantize(seeded(kind), images(1, *shape), [images(16, *shape)])
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    path.write_bytes(to_onnx(program))
    return program, path


def test_both_front_ends_give_the_same_integers_and_the_same_code(pair: tuple[object, Path]) -> None:
    direct, read = from_program(pair[0]), load_model(pair[1])
    batch = proof_images(direct.input_tensor, 24, 0)
    for (ours, expected), (theirs, found) in zip(
        reference.evaluate(direct, batch), reference.evaluate(read, batch), strict=True
    ):
        assert ours.output == theirs.output
        assert np.array_equal(expected, found), ours.name
    code = [compile_model(graph, target="cortex-m4", name="net").library.files for graph in (direct, read)]
    for name in ("net.c", "net_weights.c"):
        # Comments name each layer's place in its own file.
        ours, theirs = (re.sub(r"/\*.*?\*/", "", files[name], flags=re.DOTALL) for files in code)
        assert ours == theirs


def test_the_output_has_a_name_to_ask_for(pair: tuple[object, Path]) -> None:
    (output,) = onnx.load(pair[1]).graph.output
    assert output.name == "scores"


def test_onnx_runtime_gives_the_same_within_one_unit(pair: tuple[object, Path]) -> None:
    onnxruntime = module("onnxruntime")
    graph = load_model(pair[1])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(pair[1]), options, providers=["CPUExecutionProvider"])
    batch = images(16, *(graph.input_border.shape[1:]), seed=8).numpy()
    name = session.get_inputs()[0].name
    theirs = np.concatenate([session.run(None, {name: image[None]})[0] for image in batch])
    stored = reference.run(graph, reference.quantize_input(graph, batch))
    ours = reference.dequantize_output(graph, stored).reshape(theirs.shape)
    apart = np.abs(np.rint((theirs - ours) / graph.output_tensor.scale))
    assert apart.max() <= 1
    assert (apart == 0).mean() > 0.9


def test_biases_are_int32_and_labels_metadata(pair: tuple[object, Path]) -> None:
    model = onnx.load(pair[1])
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 13)]
    by_output = {output: node for node in model.graph.node for output in node.output}
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        for parameter in node.input[1:] if node.op_type in ("Conv", "Gemm") else ():
            stored = initializers[by_output[parameter].input[0]]
            wanted = onnx.TensorProto.INT8 if parameter == node.input[1] else onnx.TensorProto.INT32
            assert stored.data_type == wanted
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)


def test_labels(tmp_path: Path) -> None:
    program = quantize(seeded(Means), images(1, 2, 9, 9), [images(4, 2, 9, 9)])
    (tmp_path / "model.onnx").write_bytes(to_onnx(program, labels=("a", "b, c", "d", "e")))
    assert load_model(tmp_path / "model.onnx").labels == ("a", "b; c", "d", "e")
