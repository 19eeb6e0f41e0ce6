"""C arrays of .tflite files, as xxd and others write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.frontend.tflite import c_array
from tests.support.tflite_builder import NetworkBuilder


def model(seed: int = 1) -> bytes:
    net = NetworkBuilder(seed)
    net.convolution(4)
    return net.finish()


def xxd(data: bytes, name: str = "model_tflite") -> str:
    rows = [", ".join(f"0x{byte:02x}" for byte in data[at : at + 12]) for at in range(0, len(data), 12)]
    body = ",\n  ".join(rows)
    return f"unsigned char {name}[] = {{\n  {body}\n}};\nunsigned int {name}_len = {len(data)};\n"


def decimal(data: bytes) -> str:
    return "const uint8_t m[] PROGMEM = {" + ",".join(map(str, data)) + ",};"


def teachable(data: bytes) -> str:
    return (
        '#include "model.h" // 1 /* not a comment\n/* {1, 2} */\nalignas(8) const unsigned char g_model[] = {\n'
        + ",\n".join(f"0X{byte:X}U /* byte */" for byte in data)
        + "};\nconst int sizes[] = {1, 2, 3};\nint main(void) { return 0; }\n"
    )


@pytest.mark.parametrize("write", [xxd, decimal, teachable])
@pytest.mark.parametrize("suffix", [".h", ".cc", ".cpp", ".c", ".HPP"])
def test_is_the_same_network(write: object, suffix: str, tmp_path: Path) -> None:
    data = model()
    (tmp_path / "net.tflite").write_bytes(data)
    path = tmp_path / f"net{suffix}"
    path.write_text(write(data))  # type: ignore[operator]
    one, other = load_model(tmp_path / "net.tflite"), load_model(path)
    assert (one.name, one.source_sha256) == (other.name, other.source_sha256)
    images = np.random.default_rng(2).integers(-128, 128, (3, *one.input_tensor.shape)).astype(np.int8)
    np.testing.assert_array_equal(reference.run(one, images), reference.run(other, images))


def test_compiles(tmp_path: Path) -> None:
    path = tmp_path / "net.h"
    path.write_text(xxd(model()))
    assert compile_model(path).plan.arena_bytes > 0


REFUSED = {
    "no array": ("int main(void) { return 0; }", "holds no array of numbers that begins like a .tflite"),
    "another array": ("char a[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};", "holds no array"),
    "strings": (r'const char m[] = "\x1c\x00\x00\x00TFL3";', "holds no array"),
    "in a comment": (f"/* {xxd(model())}", "holds no array"),
    "two": (xxd(model(1), "a") + xxd(model(2), "b"), "holds 2 arrays"),
    "too large": ("int m[] = {28,0,0,0,84,70,76,51,256};", "no list of numbers from 0 to 255"),
    "octal that is none": ("int m[] = {28,0,0,0,84,70,76,51,08};", "no list of numbers"),
    "a hole": ("int m[] = {28,0,0,0,84,70,76,51,,1};", "no list of numbers"),
    "cut short": (xxd(model()[:200]), "damaged"),
    "braces": ("{" * 100_000, "holds no array"),
    "comments": ("/*" * 100_000, "holds no array"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.cc"
    path.write_text(text)
    with pytest.raises(McugenError, match=message) as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_array, "_LARGEST_TEXT", 100)
    path = tmp_path / "net.h"
    path.write_text(xxd(model()))
    with pytest.raises(McugenError, match="bytes of source; up to 100"):
        load_model(path)
