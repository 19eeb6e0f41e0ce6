"""ONNX data in other files: on request, from regular files beneath the model's folder, as if it were in the model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError
from mcugen.frontend import load_model
from mcugen.frontend.onnx.external import embed
from tests.support.onnx_builder import QdqBuilder

WEIGHTS = "weights.bin"


def one_file() -> onnx.ModelProto:
    net = QdqBuilder()
    net.conv(4)
    net.depthwise()
    net.same_scale("GlobalAveragePool")
    net.same_scale("Flatten")
    net.gemm(4, 3)
    return net.finish()


def initializer_with_most(model: onnx.ModelProto) -> TensorProto:
    return max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))


def write(folder: Path, *, location: str = WEIGHTS, offset: str | None = "0", length: str | None = None) -> Path:
    """A model the largest tensor of which lies in another file; `location` is what the model says, and so on."""
    folder.mkdir(exist_ok=True)
    model = one_file()
    tensor = initializer_with_most(model)
    data = tensor.raw_data
    (folder / WEIGHTS).write_bytes(data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length or str(len(data)))):
        if value is not None:
            tensor.external_data.add(key=key, value=value)
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_it_is_refused_without_the_request(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(UnsupportedModelError) as raised:
        load_model(path)
    assert "--external-data" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_graph_is_that_of_the_model_as_one_file(tmp_path: Path) -> None:
    """Saved by onnx itself, all tensors in a folder below, each at an offset of its own."""
    whole, parts = tmp_path / "whole" / "net.onnx", tmp_path / "parts" / "net.onnx"
    for path in (whole, parts):
        path.parent.mkdir()
    onnx.save(one_file(), whole)
    (parts.parent / "below").mkdir()
    onnx.save(
        one_file(), parts, save_as_external_data=True, location=os.path.join("below", "all.bin"), size_threshold=0
    )
    assert (parts.parent / "below" / "all.bin").is_file()
    expected, found = load_model(whole), load_model(parts, external_data=True)
    assert repr(expected.tensors) == repr(found.tensors)
    assert expected.source_sha256 != found.source_sha256
    found = replace(found, source_sha256=expected.source_sha256)
    one, other = (compile_model(graph, name="net").library.files for graph in (expected, found))
    assert one == other


def test_the_hash_covers_the_other_files(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = load_model(path, external_data=True).source_sha256
    data = bytearray((tmp_path / WEIGHTS).read_bytes())
    data[0] ^= 1
    (tmp_path / WEIGHTS).write_bytes(data)
    assert load_model(path, external_data=True).source_sha256 != before


def move_out(folder: Path) -> Path:
    """The weights beside the model's folder, not beneath it."""
    return (folder / WEIGHTS).rename(folder.parent / WEIGHTS)


def link_in_between(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / WEIGHTS).rename(outside / WEIGHTS)
    (folder / "below").symlink_to(outside)


def pipe(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    os.mkfifo(folder / WEIGHTS)


def directory(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()


def circle(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(WEIGHTS)


def nothing(_: Path) -> None:
    pass


def link_to(place: str) -> Callable[[Path], None]:
    def link(folder: Path) -> None:
        move_out(folder)
        (folder / WEIGHTS).symlink_to(place)

    return link


# How the model names it, what is done to the folder, what the message says.
REFUSED: dict[str, tuple[dict[str, str], Callable[[Path], object], str]] = {
    "above": ({"location": f"../{WEIGHTS}"}, move_out, "is not beneath the model's folder"),
    "above by way of below": ({"location": f"x/../../{WEIGHTS}"}, move_out, "is not beneath the model's folder"),
    "absolute": ({"location": "/etc/passwd"}, nothing, "is an absolute path"),
    "a link out": ({}, link_to(f"../{WEIGHTS}"), "is not beneath the model's folder"),
    "an absolute link out": ({}, link_to("/etc/passwd"), "is not beneath the model's folder"),
    "a link in between": ({"location": f"below/{WEIGHTS}"}, link_in_between, "is not beneath the model's folder"),
    "links in a circle": ({}, circle, "cannot be"),
    "the folder itself": ({"location": "."}, nothing, "is not beneath the model's folder"),
    "no name": ({"location": ""}, nothing, "is not the name of a file"),
    "a drive": ({"location": "C:weights.bin"}, nothing, "is not the name of a file"),
    "backslashes": ({"location": "..\\weights.bin"}, nothing, "is not the name of a file"),
    "a zero byte": ({"location": "weights.bin\0"}, nothing, "is not the name of a file"),
    "a pipe": ({}, pipe, "is not a regular file"),
    "a directory": ({}, directory, "is not a regular file"),
    "absent": ({"location": "other.bin"}, nothing, "cannot be read: no such file"),
    "beyond the end": ({"offset": "1"}, nothing, "are to begin at 1"),
    "far beyond the end": ({"offset": "9" * 18}, nothing, "are to begin at 9"),
    "an offset that is no number": ({"offset": "-1"}, nothing, "the offset of its external data is '-1'"),
    "a length beyond counting": ({"length": "9" * 30}, nothing, "the length of its external data is"),
    "another length": ({"length": "7"}, nothing, "its length is 7"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    options, change, message = REFUSED[name]
    path = write(tmp_path / "model", **options)
    change(path.parent)
    with pytest.raises(McugenError) as raised:
        load_model(path, external_data=True)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.needs("/dev/full")
def test_a_device_is_not_read(tmp_path: Path) -> None:
    """The folder is /dev itself, of which /dev/full is beneath."""
    path = write(tmp_path, location="full")
    with pytest.raises(ModelFormatError, match="not a regular file"):
        embed(onnx.ModelProto.FromString(path.read_bytes()), Path("/dev/net.onnx"), allowed=True)


def test_links_and_dots_that_stay_beneath_are_followed(tmp_path: Path) -> None:
    path = write(tmp_path, location=f"link/../link/{WEIGHTS}")
    (tmp_path / "real").mkdir()
    (tmp_path / WEIGHTS).rename(tmp_path / "real" / WEIGHTS)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file.onnx").write_bytes(path.read_bytes())
    path.write_bytes(path.read_bytes().replace(b"link/../link/", b"real/../link/"))
    load_model(path, external_data=True)


def test_offset_and_length_may_be_left_out(tmp_path: Path) -> None:
    load_model(write(tmp_path, offset=None), external_data=True)
    model = onnx.ModelProto.FromString((tmp_path / "net.onnx").read_bytes())
    tensor = next(each for each in model.graph.initializer if each.external_data)
    del tensor.external_data[-1]
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    load_model(tmp_path / "net.onnx", external_data=True)


def test_the_total_is_bounded_before_anything_is_read(tmp_path: Path) -> None:
    """A sparse file of a terabyte, and many tensors that share one region."""
    path = write(tmp_path)
    model = onnx.ModelProto.FromString(path.read_bytes())
    tensor = next(each for each in model.graph.initializer if each.external_data)
    tensor.dims[:] = [1 << 40]
    tensor.external_data[-1].value = str(1 << 40)
    os.truncate(tmp_path / WEIGHTS, 1 << 40)
    with pytest.raises(ModelFormatError, match="more than 1024 MiB"):
        embed(model, path, allowed=True)
    model = onnx.ModelProto.FromString(path.read_bytes())
    tensor = next(each for each in model.graph.initializer if each.external_data)
    size = int(tensor.external_data[-1].value)
    model.graph.initializer.extend([tensor] * 9)
    with pytest.raises(ModelFormatError, match=f"{10 * size} bytes"):
        embed(model, path, allowed=True, limit=5 * size)


def test_data_in_both_places_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    model = onnx.ModelProto.FromString(path.read_bytes())
    next(each for each in model.graph.initializer if each.external_data).raw_data = b"abc"
    with pytest.raises(ModelFormatError, match="in the model and in another file"):
        embed(model, path, allowed=True)


@pytest.mark.parametrize("external", [False, True])
def test_tensors_of_branches_and_functions_are_found(external: bool, tmp_path: Path) -> None:
    """ONNX Runtime, which runs float models, would look for their data by itself."""
    path = write(tmp_path)
    model = onnx.ModelProto.FromString(path.read_bytes())
    tensor = next(each for each in model.graph.initializer if each.external_data)
    outer = onnx.ModelProto()
    branch = onnx.helper.make_graph([], "branch", [], [], [tensor])
    outer.graph.node.append(onnx.helper.make_node("If", ["c"], ["y"], then_branch=branch))
    outer.functions.add().node.append(onnx.helper.make_node("Constant", [], ["y"], value=tensor))
    if not external:
        with pytest.raises(UnsupportedModelError, match="--external-data"):
            embed(outer, path, allowed=False)
        return
    data = embed(outer, path, allowed=True)
    assert data == (tmp_path / WEIGHTS).read_bytes() * 2
    assert b"location" not in outer.SerializeToString()


COMMANDS = {
    "analyze": ("analyze", "{model}"),
    "generate": ("generate", "{model}", "-o", "{out}"),
    "validate": ("validate", "{model}", "--cases", "2"),
    "report": ("report", "{model}", "-o", "{out}.html", "--no-boards"),
    "diff": ("diff", "{model}", "{model}@cortex-m3"),
    "new": ("new", "{out}", "--model", "{model}", "--board", "native", "--pixels", "offset"),
    "flash": ("flash", "{model}", "--board", "native", "--project", "{out}", "--until", "generate"),
    "accuracy": ("accuracy", "{model}", "--images", "{images}"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_the_option(command: str, tmp_path: Path) -> None:
    path = write(tmp_path / "model")
    images = tmp_path / "images.npz"
    shape = load_model(path, external_data=True).input_tensor.shape
    np.savez(images, images=np.zeros((2, *shape), np.uint8), labels=np.zeros(2, np.int64))
    words = [word.format(model=path, out=tmp_path / "out", images=images) for word in COMMANDS[command]]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-m", "mcugen", *words, *more]
        return subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path)

    refused = run()
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "--external-data" in refused.stderr
    assert not (tmp_path / "out").exists()
    done = run("--external-data")
    assert done.returncode == 0, done.stderr
