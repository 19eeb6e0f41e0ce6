"""Files that contradict themselves: refused as damaged, saying where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from mcugen.diagnostics import McugenError, ModelFormatError
from mcugen.frontend.onnx import load
from tests.frontend.test_onnx_refusals import between, conv, save, transposed
from tests.support.onnx_builder import QdqBuilder


def _cycle() -> onnx.ModelProto:
    model = conv().finish()
    first = next(n for n in model.graph.node if n.op_type == "Conv")
    first.input[0] = model.graph.output[0].name
    return model


def _missing(field: str) -> onnx.ModelProto:
    model = conv().finish()
    if field == "initializer":
        del model.graph.initializer[-1]
    elif field == "opset":
        del model.opset_import[:]
    elif field == "data":
        model.graph.initializer[2].raw_data = b"\x01"
    elif field == "output":
        model.graph.output[0].name = "nowhere"
    elif field == "type":
        next(n for n in model.graph.node if n.op_type == "Conv").attribute[0].type = 3
    elif field == "channels":
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 7
    return model


def _with_scale(scale: float) -> QdqBuilder:
    net = QdqBuilder()
    net.current = net.quantize(net.current, scale, 0)
    return net


MALFORMED: dict[str, tuple[Callable[[], QdqBuilder | onnx.ModelProto], str]] = {
    "cycle": (_cycle, "depends on its own output"),
    "missing initializer": (lambda: _missing("initializer"), "which nothing writes"),
    "no opset": (lambda: _missing("opset"), "does not say which opset"),
    "short data": (lambda: _missing("data"), "values are stored for the shape"),
    "no output": (lambda: _missing("output"), "the model's output reads 'nowhere'"),
    "attribute of another type": (lambda: _missing("type"), "attribute"),
    "other channels": (lambda: _missing("channels"), "groups for 7 input channels"),
    "scale 0": (lambda: _with_scale(0.0), "its scale is not positive"),
    "scale below 0": (lambda: _with_scale(-0.1), "its scale is not positive"),
    "scale not a number": (lambda: _with_scale(float("nan")), "its scale is not positive"),
    "scale infinite": (lambda: _with_scale(float("inf")), "its scale is not positive"),
    "kernel larger than the input": (lambda: between("MaxPool", kernel_shape=(9, 9)), "larger than the padded input"),
    "impossible reshape": (lambda: between("Reshape", np.array([1, 7, -1])), "as (1, 7, 41)"),
    "channels without blocks": (lambda: between("DepthToSpace", blocksize=3), "8 channels in blocks of 3"),
    "size without blocks": (lambda: between("SpaceToDepth", blocksize=4), "6x6 in blocks of 4"),
    "no such channel": (lambda: between("Gather", np.array([0, 8]), axis=1), "indices [0, 8] of 8 channels"),
    "no such axis": (lambda: between("ReduceMax", axes=[4]), "axes [4] of shape (1, 8, 6, 6)"),
    "transposed groups": (lambda: transposed(group=3), "weights of shape (8, 4, 2, 2) in 3 groups"),
    "transposed kernel": (lambda: transposed(kernel_shape=(3, 2)), "kernel_shape disagrees with a kernel of (2, 2)"),
    "transposed padding": (lambda: transposed(pads=(0, -1, 0, 0)), "pads (0, -1, 0, 0)"),
    "transposed auto_pad": (lambda: transposed(auto_pad="SAME"), "auto_pad 'SAME' does not exist"),
    "nothing computed": (lambda: QdqBuilder(), "computes nothing"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(name: str, tmp_path: Path) -> None:
    make, message = MALFORMED[name]
    with pytest.raises(ModelFormatError) as raised:
        load(save(make(), tmp_path))
    assert message in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x08\x08" + bytes(range(256)), b"\xff" * 100])
def test_other_files(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelFormatError):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="cannot be read"):
        load(tmp_path / "absent.onnx")
