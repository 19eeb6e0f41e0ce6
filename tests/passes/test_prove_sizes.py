"""Maps that generated code cannot count, or that no microcontroller holds, are refused before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend import load_model
from mcugen.passes.prove_sizes import prove_sizes
from tests.support.tflite_builder import NetworkBuilder


def written(net: NetworkBuilder, folder: Path) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(net.finish())
    return path


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((65_536, 1, 1), r"^the input has 65,536 rows; at most 65,535 are supported"),
        ((4096, 2049, 1), r"^the input has 4096 x 2049 x 1 = 8,392,704 values; at most 8,388,608 fit"),
    ],
)
def test_large_inputs_are_refused(shape: tuple[int, int, int], message: str, tmp_path: Path) -> None:
    net = NetworkBuilder(shape=shape)
    net.pool(kernel=(2, 1), stride=(2, 1))
    with pytest.raises(UnsupportedModelError, match=message):
        compile_model(written(net, tmp_path))


def test_a_large_map_inside_is_refused_by_the_layers_name(tmp_path: Path) -> None:
    net = NetworkBuilder(shape=(1024, 1024, 1))
    net.convolution(9, kernel=(1, 1))
    with pytest.raises(UnsupportedModelError, match=r"^conv_conv \(CONV_2D #0\): its output has 1024 x 1024 x 9 = "):
        compile_model(written(net, tmp_path))


def test_the_largest_maps_are_accepted(tmp_path: Path) -> None:
    for shape in ((65_535, 1, 1), (4096, 2048, 1)):
        net = NetworkBuilder(shape=shape)
        net.pool(kernel=(1, 1), stride=(1, 1))
        graph = load_model(written(net, tmp_path))
        assert prove_sizes(graph) is graph
