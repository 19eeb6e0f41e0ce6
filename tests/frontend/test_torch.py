"""The torch front end: quantized programs become the graph that computes what torch's own integers say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")

import mcugen  # noqa: E402
from mcugen import ir, reference  # noqa: E402
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError  # noqa: E402
from mcugen.frontend import load_model  # noqa: E402
from mcugen.frontend.torch import from_program  # noqa: E402
from mcugen.frontend.torch.archive import LABELS_FILE  # noqa: E402
from mcugen.frontend.torch.places import code, describe  # noqa: E402
from mcugen.inputs import proof_images  # noqa: E402
from mcugen.quantization import quantize, to_onnx  # noqa: E402
from tests.end_to_end.comparison import assert_equal_everywhere  # noqa: E402
from tests.support.torch_nets import (  # noqa: E402
    Attended,
    Blocks,
    Classifier,
    Excited,
    Functions,
    Gate,
    Means,
    Pools,
    Positions,
    Pyramid,
    Segments,
    Shuffled,
    Smooth,
    images,
    seeded,
)

NETS = {
    "classifier": (Classifier, (1, 16, 16)),
    "pools": (Pools, (1, 16, 16)),
    "means": (Means, (2, 9, 11)),
    "functions": (Functions, (2, 9, 11)),
    "smooth": (Smooth, (2, 9, 11)),
    "attended": (Attended, (2, 9, 11)),
    "excited": (Excited, (2, 9, 11)),
    "blocks": (Blocks, (2, 9, 11)),
    "positions": (Positions, (2, 9, 11)),
    "shuffled": (Shuffled, (2, 9, 11)),
}


def program_of(name: str) -> torch.export.ExportedProgram:
    kind, shape = NETS[name]
    return quantize(seeded(kind), images(2, *shape), [images(16, *shape)])


@pytest.fixture(scope="module", params=NETS)
def net(request: pytest.FixtureRequest) -> tuple[str, torch.export.ExportedProgram]:
    return request.param, program_of(request.param)


def test_results_are_those_of_torch_within_one_unit(net: tuple[str, torch.export.ExportedProgram]) -> None:
    name, program = net
    graph = from_program(program)
    batch = images(24, *NETS[name][1], seed=9)
    theirs = np.concatenate([program.module()(image[None]).detach().numpy() for image in batch])
    stored = reference.run(graph, reference.quantize_input(graph, batch.numpy()))
    ours = reference.dequantize_output(graph, stored).reshape(theirs.shape)
    apart = np.abs(np.rint((theirs - ours) / graph.output_tensor.scale))
    assert apart.max() <= 1
    assert (apart == 0).mean() > 0.9


def test_generated_code_is_exact(net: tuple[str, torch.export.ExportedProgram]) -> None:
    graph = from_program(net[1])
    assert_equal_everywhere(graph, proof_images(graph.input_tensor, 6, 0), fold_constants=True)


def test_several_outputs_are_those_of_torch() -> None:
    shape = (2, 9, 11)
    program = quantize(seeded(Pyramid), images(2, *shape), [images(16, *shape)])
    graph = from_program(program)
    assert [output.border.shape for output in graph.outputs] == [(1, 3, 9, 11), (1, 5, 5, 6)]
    batch = images(24, *shape, seed=9)
    stored = reference.quantize_input(graph, batch.numpy())
    ours = reference.dequantize_outputs(graph, reference.run(graph, stored))
    theirs = zip(*(program.module()(image[None]) for image in batch), strict=True)
    for output, got, parts in zip(graph.outputs, ours, theirs, strict=True):
        wanted = np.concatenate([part.detach().numpy() for part in parts])
        apart = np.abs(np.rint((wanted - got) / output.border.scale))
        assert apart.max() <= 2
        assert (apart == 0).mean() > 0.9
    assert_equal_everywhere(graph, proof_images(graph.input_tensor, 6, 0), fold_constants=True)


def test_numbers_of_classes_are_those_of_torch(tmp_path: Path) -> None:
    program = quantize(seeded(Segments), images(2, 2, 9, 11), [images(16, 2, 9, 11)])
    (tmp_path / "net.onnx").write_bytes(to_onnx(program))
    batch = images(8, 2, 9, 11, seed=9)
    theirs = np.concatenate([program.module()(image[None]).numpy() for image in batch])
    for graph in (from_program(program), load_model(tmp_path / "net.onnx")):
        stored = reference.run(graph, reference.quantize_input(graph, batch.numpy()))
        ours = reference.dequantize_output(graph, stored)
        assert ours.dtype == np.int64
        # Where two scores are one unit apart, torch's may be equal.
        assert (ours.reshape(theirs.shape) == theirs).mean() > 0.98
    assert_equal_everywhere(graph, proof_images(graph.input_tensor, 6, 0), fold_constants=True)


def test_layers_have_the_names_of_modules_and_the_image_its_exact_scale() -> None:
    graph = from_program(program_of("classifier"))
    assert [op.name for op in graph.operators][:3] == ["stem.0", "depthwise", "add"]
    assert graph.operators[0].source.startswith("conv2d 'stem.0' (torch_nets.py, line ")
    assert (graph.input_tensor.scale, graph.input_tensor.zero_point) == (float(np.float32(1 / 255)), -128)
    assert graph.input_tensor.shape == (16, 16, 1)
    kinds = [type(op) for op in graph.operators]
    # Every activation is part of its layer, and no scale changes where values are only moved.
    assert kinds == [
        *(ir.Conv2D, ir.DepthwiseConv2D, ir.Add, ir.Conv2D, ir.Pad, ir.MaxPool2D),
        *(ir.AveragePool2D, ir.FullyConnected, ir.Softmax),
    ]


def test_a_saved_program_gives_the_same_graph_and_keeps_its_labels(tmp_path: Path) -> None:
    program = program_of("classifier")
    path = tmp_path / "net.pt2"
    torch.export.save(program, path, extra_files={LABELS_FILE: "a\nb\nc, d\ne\nf"})
    graph = load_model(path)
    assert graph.labels == ("a", "b", "c, d", "e", "f")
    assert (graph.name, graph.source_format, len(graph.source_sha256)) == ("net", "torch", 64)
    batch = proof_images(graph.input_tensor, 8, 3)
    assert np.array_equal(reference.run(graph, batch), reference.run(from_program(program), batch))
    compiled = mcugen.compile(program, target="cortex-m4", name="net")
    assert compiled.model_file == ""
    again = mcugen.compile(path, target="cortex-m4")
    assert again.library.files["net.c"] == compiled.library.files["net.c"].replace(
        "from model (torch)", "from net (torch)"
    )


def test_an_operator_that_is_not_compiled_is_named_with_its_line() -> None:
    program = quantize(seeded(Gate), images(2, 1, 8, 8), [images(4, 1, 8, 8)])
    lines = Path(sys.modules[Gate.__module__].__file__ or "").read_text().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "the line that messages name" in line)
    with pytest.raises(UnsupportedModelError, match=rf"^sin 'sin' \(torch_nets.py, line {number}\): ") as caught:
        from_program(program)
    assert "not supported, in 'return features + torch.sin(features)" in str(caught.value)
    assert "(supported: abs, " in str(caught.value)


def test_a_float_program_is_refused() -> None:
    program = torch.export.export(seeded(Means), (images(1, 2, 9, 9),))
    with pytest.raises(UnsupportedModelError, match=r"not quantized \(quantize it: mcugen.quantization.quantize"):
        from_program(program)


class _InPlace(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.conv(image)
        view = features.flatten(1)
        features.relu_()
        return view


def test_a_change_in_place_of_what_a_view_shows_is_refused() -> None:
    with pytest.raises(
        UnsupportedModelError, match=r"relu 'relu_' \(test_torch.py, line \d+\): .*in place what 'flatten'"
    ):
        quantize(_InPlace(), images(2, 1, 8, 8), [images(4, 1, 8, 8)])
    with pytest.raises(UnsupportedModelError, match="in place what 'flatten' also reads"):
        from_program(torch.export.export(_InPlace(), (images(1, 1, 8, 8),)))


def test_training_mode_is_refused() -> None:
    program = torch.export.export(Classifier().train(), (images(2, 1, 16, 16),))
    with pytest.raises(UnsupportedModelError, match="batch norm"):
        from_program(program)


@pytest.mark.parametrize("damage", ["cut", "zip of something else", "not a zip", "byte"])
def test_damaged_files_are_one_line(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.export.save(program_of("means"), path)
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "not a zip":
        path.write_bytes(b"weights")
    elif damage == "byte":
        at = data.index(b'"graph_module"') + 20
        path.write_bytes(data[:at] + b"\x00" + data[at + 1 :])
    else:
        np.savez(tmp_path / "net.npz", weights=np.zeros(3))
        (tmp_path / "net.npz").replace(path)
    with pytest.raises(ModelFormatError) as caught:
        load_model(path)
    assert "net.pt2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="no such file"):
        load_model(tmp_path / "net.pt2")


def test_places_leave_out_what_is_not_known() -> None:
    assert describe("relu", "net.act", "") == "relu 'net.act'"
    trace = 'File "/x/net.py", line 3, in forward\n    y = f(x)\n  File "/lib/torch/nn/m.py", line 9, in forward\n    z'
    assert describe("relu", "act", trace) == "relu 'act' (net.py, line 3)"
    assert code(trace) == ", in 'y = f(x)'"


def test_the_package_does_not_import_torch() -> None:
    code = "import sys, mcugen, mcugen.compiler, mcugen.frontend; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
