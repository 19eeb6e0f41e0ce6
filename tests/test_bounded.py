"""Files that claim more than they hold, or unpack to more than is sensible, take no memory and are refused."""

from __future__ import annotations

import ast
import gzip
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.arrays import read_arrays
from mcugen.bounded import read_gzip
from mcugen.data.idx import read_idx
from mcugen.diagnostics import McugenError
from tests.support.needs import ROOT

_LITTLE = 64 << 20


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    """None of these takes more than 64 MiB."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < _LITTLE


def _archive(path: Path, member: bytes, *, name: str = "inputs.npy") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, member)
    return path


def _npy(shape: tuple[int, ...], data: bytes, dtype: str = "|i1", version: int = 1) -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}".encode()
    return b"\x93NUMPY" + bytes((version, 0)) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + data


def test_sound_arrays(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        "inputs": np.arange(24, dtype=np.int8).reshape(2, 3, 4),
        "none": np.zeros((0, 3)),
        "one": np.array(5.0),
    }
    arrays["columns"] = np.asfortranarray(np.arange(6).reshape(2, 3))
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        read = read_arrays(tmp_path / "a.npz")
        assert read.keys() == arrays.keys()
        assert all(np.array_equal(read[name], arrays[name]) for name in arrays)


@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 20, 1 << 20, 1 << 20), (1 << 62, 4), (3,), (-1,), (-2, -2)])
def test_shapes_that_the_data_does_not_have(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = _archive(tmp_path / "a.npz", _npy(shape, b"\0\0\0\0"))
    with pytest.raises(McugenError, match=r"a\.npz: not a sound \.npz file"):
        read_arrays(path)


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = _archive(tmp_path / "a.npz", _npy((10 << 20,), bytes(10 << 20)))
    assert path.stat().st_size < 100_000
    assert read_arrays(path)["inputs"].size == 10 << 20
    with pytest.raises(McugenError, match="more than 9 MiB"):
        read_arrays(path, limit=9 << 20)


def test_an_archive_that_lies_about_its_size(tmp_path: Path) -> None:
    path = _archive(tmp_path / "a.npz", _npy((10 << 20,), bytes(10 << 20)))
    size = struct.pack("<I", len(_npy((10 << 20,), bytes(10 << 20))))
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<I", 5000)))
    with pytest.raises(McugenError):
        read_arrays(path, limit=9 << 20)


@pytest.mark.parametrize(
    "member",
    [_npy((1,), b"\x80\x04N.", "|O"), _npy((1,), b"\0", version=3), _npy((1,), b"\0", "nonsense"), b"", b"\x93NUMPY"],
)
def test_members_that_are_no_arrays(tmp_path: Path, member: bytes) -> None:
    with pytest.raises(McugenError, match="not a sound"):
        read_arrays(_archive(tmp_path / "a.npz", member))


def test_no_pickle_is_read(tmp_path: Path) -> None:
    """Neither from an archive nor beside it, and no other place reads arrays by NumPy."""
    np.savez(tmp_path / "a.npz", inputs=np.array([{}], dtype=object))
    with pytest.raises(McugenError, match="Python objects"):
        read_arrays(tmp_path / "a.npz")
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(McugenError, match="one array"):
        read_arrays(tmp_path / "b.npy")
    for path in (ROOT / "mcugen").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                if ast.unparse(node.func) in ("np.load", "numpy.load") or node.func.attr == "read_array":
                    assert ast.unparse(keywords["allow_pickle"]) == "False", path
                if ast.unparse(node.func) == "torch.load":
                    assert ast.unparse(keywords["weights_only"]) == "True", path
                assert ast.unparse(node.func) not in ("pickle.load", "pickle.loads", "marshal.loads"), path


def test_a_gzip_file_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bytes(20 << 20)))
    assert len(read_gzip(path)) == 20 << 20
    with pytest.raises(McugenError, match="unpacks to more than 9 MiB"):
        read_gzip(path, limit=9 << 20)


def test_damaged_idx_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = bytes((0, 0, 8, 3))
    sound = head + struct.pack(">3I", 2, 2, 2) + bytes(8)
    for name, data in {
        "cut.gz": gzip.compress(sound)[:-9],
        "no.gz": sound,
        "huge": head + struct.pack(">3I", 1 << 31, 1 << 31, 1 << 31) + bytes(8),
        "wraps": head + struct.pack(">3I", 1 << 31, 1 << 31, 4) + b"",
        "short": head,
        "empty.gz": b"",
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(McugenError, match=name):
            read_idx(tmp_path / name, 3)
    (tmp_path / "sound.gz").write_bytes(gzip.compress(sound))
    assert read_idx(tmp_path / "sound.gz", 3).shape == (2, 2, 2)
    # Its images are read by what bounds them.
    monkeypatch.setattr("mcugen.data.idx.read_gzip", lambda path: read_gzip(path, limit=4))
    with pytest.raises(McugenError, match="unpacks to more"):
        read_idx(tmp_path / "sound.gz", 3)
