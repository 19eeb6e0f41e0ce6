"""Files: paths, magic bytes, labels, and hundreds of damaged models that must end in one clear error or in a graph."""

from __future__ import annotations

import random
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from mcugen.diagnostics import McugenError, ModelFormatError
from mcugen.frontend import load_model
from tests.support.tflite_builder import NetworkBuilder

MODELS = Path(__file__).resolve().parents[2].parent / "shared" / "models"


def _small_model() -> bytes:
    net = NetworkBuilder(io="float32")
    net.pad((0, 1, 0, 1))
    net.convolution(4, stride=(2, 2), padding="VALID", activation="RELU6")
    net.depthwise(2)
    left = net.convolution(4, kernel=(1, 1))
    right = net.pool("MAX", kernel=(1, 1), stride=(1, 1))
    net.add(left, right)
    net.keras_flatten()
    net.fully_connected(3)
    net.softmax()
    return net.finish()


def _damaged(data: bytes, generator: random.Random) -> bytes:
    """A truncation, or some flipped bits; half of them near both ends, where the structure is."""
    if generator.random() < 0.2:
        return data[: generator.randrange(len(data))]
    broken = bytearray(data)
    for _ in range(generator.choice((1, 1, 1, 4))):
        near_end = generator.choice((0, len(broken) - min(24_000, len(broken))))
        where = generator.choice(
            (generator.randrange(len(broken)), near_end + generator.randrange(min(4096, len(data))))
        )
        if generator.random() < 0.5:
            broken[min(where, len(broken) - 1)] ^= 1 << generator.randrange(8)
        else:
            broken[min(where, len(broken) - 1)] = generator.choice((0, 127, 128, 255))
    return bytes(broken)


def _outcome(path: Path) -> McugenError | None:
    try:
        load_model(path)
    except McugenError as error:
        return error
    return None


def _assert_survives(data: bytes, count: int, path: Path) -> None:
    generator = random.Random(1)
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        path.write_bytes(_damaged(data, generator))
        outcome = _outcome(path)
        outcomes[type(outcome).__name__] += 1
        assert "\n" not in str(outcome)
    assert outcomes["ModelFormatError"] > count // 10


@pytest.mark.filterwarnings("error")
def test_damaged_small_model(tmp_path: Path) -> None:
    _assert_survives(_small_model(), 600, tmp_path / "model.tflite")


@pytest.mark.needs("shared-models")
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["vww_96_int8", "mnv2_a035_r96_rgb_c2"])
def test_damaged_real_model(name: str, tmp_path: Path) -> None:
    source = MODELS / f"{name}.tflite"
    _assert_survives(source.read_bytes(), 250, tmp_path / "model.tflite")


@pytest.mark.parametrize("size", [1, 4, 7, 8, 20, 30])
def test_very_short_file(size: int, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(_small_model()[:size])
    with pytest.raises(ModelFormatError):
        load_model(path)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"")
    with pytest.raises(ModelFormatError, match=r"model\.tflite: the file is empty"):
        load_model(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="no such file"):
        load_model(tmp_path / "model.tflite")


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="not a file"):
        load_model(tmp_path)


def test_name_that_no_file_system_takes(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="cannot be read"):
        load_model(tmp_path / f"{'x' * 5000}.tflite")


def test_unknown_suffix(tmp_path: Path) -> None:
    path = tmp_path / "model.pb"
    path.write_bytes(b"anything")
    with pytest.raises(McugenError, match=r"'\.pb'.*\.tflite.*\.onnx"):
        load_model(path)


def test_other_contents(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"<!DOCTYPE html> not found")
    with pytest.raises(ModelFormatError, match="not a TensorFlow Lite file"):
        load_model(path)


def test_suffix_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "Model.TFLITE"
    path.write_bytes(_small_model())
    assert load_model(path).name == "Model"


def _with_labels(path: Path, text: str) -> None:
    path.write_bytes(_small_model())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", "not a list\n")
        archive.writestr("labels.txt", text)


def test_names_stay_on_one_line(tmp_path: Path) -> None:
    net = NetworkBuilder()
    source = net.current
    output = net.file.tensor("two\nlines", source.shape, "int8", 0.1)
    net.file.operator("QUANTIZE", [source.index], [output])
    path = tmp_path / "model.tflite"
    path.write_bytes(net.file.finish([net.input], [output]))
    graph = load_model(path)
    assert graph.output == "two lines"
    assert graph.operators[0].name == "two_lines"


def test_labels(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    _with_labels(path, "cat\ndog\nnothing\n")
    assert load_model(path).labels == ("cat", "dog", "nothing")


def test_labels_of_another_length_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    _with_labels(path, "cat\ndog\n")
    assert load_model(path).labels == ()


def test_same_file_same_graph(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(_small_model())
    first, second = load_model(path), load_model(path)
    assert first.source_sha256 == second.source_sha256
    assert [op.name for op in first.operators] == [op.name for op in second.operators]
