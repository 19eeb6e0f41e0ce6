"""Nets of `mcugen.nets`, quantized: each layer's C equals the reference, and ONNX holds the same integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")

from mcugen import reference  # noqa: E402
from mcugen.compiler import compile_model  # noqa: E402
from mcugen.frontend import load_model  # noqa: E402
from mcugen.frontend.torch import from_program  # noqa: E402
from mcugen.inputs import proof_images  # noqa: E402
from mcugen.ir import Lookup  # noqa: E402
from mcugen.ir.operators.mul import Mul  # noqa: E402
from mcugen.nets import Activation, Architecture, Kind, architecture, build  # noqa: E402
from mcugen.nets.builder import Builder  # noqa: E402
from mcugen.nets.costs import net_cost  # noqa: E402
from mcugen.plan.macs import graph_macs, graph_parameters  # noqa: E402
from mcugen.quantization import FineTuning, finetune, quantize, to_onnx  # noqa: E402
from mcugen.validation import validate_in_emulator  # noqa: E402
from tests.end_to_end.comparison import assert_equal_everywhere  # noqa: E402
from tests.support.torch_nets import images, seeded  # noqa: E402


def small_v3() -> Architecture:
    """All that MobileNetV3 has, in two blocks: both activations, with and without a residual."""
    net = Builder((16, 16, 1), num_classes=3)
    net.layer(Kind.CONV, 8, kernel=3, stride=2, activation=Activation.HARD_SWISH)
    net.end("stem")
    for number, (activation, stride) in enumerate([(Activation.RELU, 2), (Activation.HARD_SWISH, 1)], 1):
        net.layer(Kind.POINTWISE, 16, activation=activation)
        net.layer(Kind.DEPTHWISE, 16, kernel=5, stride=stride, activation=activation)
        net.squeeze_and_excite(8)
        net.layer(Kind.POINTWISE, 8)
        net.end(f"block{number}", residual=stride == 1)
    net.layer(Kind.POINTWISE, 24, activation=Activation.HARD_SWISH)
    net.end("head")
    net.classifier((12, Activation.HARD_SWISH))
    return Architecture("small_v3", {}, tuple(net.blocks))


def tiny(name: str) -> Architecture:
    """One of MLPerf Tiny's or a trunk, narrow."""
    return architecture(name, alpha=0.125, size=32 if name == "mobilenet_v2_fomo" else None)


def _check(program: torch.export.ExportedProgram, net: Architecture) -> None:
    """C equals the reference on the host; operators are those that the net's description says."""
    graph = from_program(program)
    cost = net_cost(net)
    assert (graph_macs(graph), graph_parameters(graph)) == (cost.macs, cost.parameters)
    hard = (Activation.HARD_SWISH, Activation.HARD_SIGMOID)
    assert sum(isinstance(op, Lookup) for op in graph.operators) == sum(x.activation in hard for x in net.layers)
    assert sum(isinstance(op, Mul) for op in graph.operators) == sum(x.kind is Kind.SCALE for x in net.layers)
    assert_equal_everywhere(graph, proof_images(graph.input_tensor, 4, 0), fold_constants=True, target="cortex-m4")


@pytest.fixture(scope="module")
def program() -> torch.export.ExportedProgram:
    return quantize(seeded(lambda: build(small_v3())), images(1, 1, 16, 16), [images(16, 1, 16, 16)])


def test_mobilenet_v3_after_training(program: torch.export.ExportedProgram) -> None:
    _check(program, small_v3())


def test_mobilenet_v3_through_onnx(program: torch.export.ExportedProgram, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(to_onnx(program))
    graphs = (from_program(program), load_model(tmp_path / "net.onnx"))
    batch = proof_images(graphs[0].input_tensor, 8, 0)
    for (_, expected), (_, found) in zip(*(reference.evaluate(graph, batch) for graph in graphs), strict=True):
        assert np.array_equal(expected, found)


@pytest.mark.needs("cortex-m4")
def test_mobilenet_v3_on_an_emulated_cortex_m4(program: torch.export.ExportedProgram) -> None:
    compiled = compile_model(program, target="cortex-m4", name="net")
    validation, _ = validate_in_emulator(compiled, proof_images(compiled.imported.input_tensor, 2, 1))
    assert validation.mismatch is None


@pytest.mark.slow
def test_mobilenet_v3_with_quantization_in_the_loop() -> None:
    pictures, labels = images(16, 1, 16, 16), torch.arange(16) % 3
    batches = [(pictures[:8], labels[:8]), (pictures[8:], labels[8:])]
    result = finetune(seeded(lambda: build(small_v3())), pictures[:1], lambda _: batches, FineTuning(2, 0.01))
    _check(result.program, small_v3())


@pytest.mark.parametrize("name", ["ds_cnn", "resnet8", "fc_autoencoder", "mobilenet_v2_fomo"])
def test_other_nets_after_training(name: str) -> None:
    net = tiny(name)
    height, width, channels = net.input_shape
    shape = (channels, height, width)
    _check(quantize(seeded(lambda: build(net)), images(1, *shape), [images(4, *shape)]), net)
