"""Operators with a window over tensors that are no maps: TensorFlow Lite Micro reads past the end of their shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend import load_model
from tests.fuzzing.tflite_tables import read_tables
from tests.support.tflite_builder import NetworkBuilder


@pytest.mark.parametrize("kind", ["MAX", "AVERAGE", "convolution", "depthwise"])
@pytest.mark.parametrize("tensor", ["input", "output"])
def test_maps_have_four_dimensions(kind: str, tensor: str, tmp_path: Path) -> None:
    net = NetworkBuilder(seed=1, shape=(1, 1, 4))
    if kind in ("MAX", "AVERAGE"):
        net.pool(kind, kernel=(1, 1), stride=(1, 1), padding="SAME", activation="NONE")
    elif kind == "convolution":
        net.convolution(4, kernel=(1, 1))
    else:
        net.depthwise(kernel=(1, 1))
    path = tmp_path / "model.tflite"
    path.write_bytes(net.finish())
    load_model(path)
    tables = read_tables(path.read_bytes())
    index = (tables.inputs if tensor == "input" else tables.outputs)[0]
    shape = tables.file.tensors[index].shape
    tables.file.tensors[index].shape = (1, shape[3])
    path.write_bytes(tables.write())
    with pytest.raises(ModelFormatError, match="not four dimensions"):
        load_model(path)
