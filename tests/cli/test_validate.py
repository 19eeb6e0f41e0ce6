"""mcugen validate: what it finds, and that it finds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.frontend import load_model
from mcugen.inputs import proof_images
from mcugen.validation import load_vectors
from tests.support.command import mcugen
from tests.support.needs import module
from tests.support.schemas import conform

KEYS = {"bit_exact", "cases", "first_mismatch", "ram_bytes", "flash_bytes", "layers_compared", "layers_skipped"}


def _vectors(model: Path, path: Path, count: int = 3, wrong: float = 0) -> Path:
    """The reference's own answers as a vectors file; the last value is off by `wrong`."""
    graph = load_model(model)
    border = graph.input_border
    if border.dtype == "float32":
        inputs = np.random.default_rng(0).uniform(-1, 1, (count, *border.shape[1:])).astype(np.float32)
    else:
        inputs = proof_images(graph.input_tensor, count, 5).reshape(count, *border.shape[1:])
    outputs = reference.dequantize_output(graph, reference.run(graph, reference.quantize_input(graph, inputs)))
    outputs.reshape(-1)[-1] += type(outputs.reshape(-1)[-1])(wrong)
    np.savez(path, inputs=inputs, outputs=outputs)
    return path


def test_json_of_tflite(tflite_model: Path, tmp_path: Path) -> None:
    vectors = _vectors(tflite_model, tmp_path / "vectors.npz")
    outcome = mcugen("validate", tflite_model, "--vectors", vectors, "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    report = outcome.json
    assert report.keys() >= KEYS | {"vectors_match"}
    assert report["bit_exact"] is True
    assert report["vectors_match"] is True
    assert report["first_mismatch"] is None
    assert report["cases"] == 3
    costs = mcugen("analyze", tflite_model, "--json").json
    assert report["ram_bytes"] == costs["ram_bytes"]
    assert report["layers_compared"] + report["layers_skipped"] == len(costs["layers"])
    assert report["flash_bytes"] > costs["flash"]["constant_bytes"]


def test_json_of_onnx(onnx_model: Path, tmp_path: Path) -> None:
    vectors = _vectors(onnx_model, tmp_path / "vectors.npz")
    outcome = mcugen("validate", onnx_model, "--vectors", vectors, "--json")
    assert outcome.code == 0
    assert outcome.json.keys() >= KEYS | {"vectors_max_lsb", "vectors_argmax_equal"}
    assert outcome.json["vectors_max_lsb"] == 0
    assert outcome.json["vectors_argmax_equal"] is True


@pytest.mark.parametrize("options", [(), ("--no-fold-constant-channels",), ("--target", "host")], ids=str)
def test_without_vectors(tflite_model: Path, options: tuple[str, ...]) -> None:
    outcome = mcugen("validate", tflite_model, "--cases", 12, "--seed", 7, "--json", *options)
    assert outcome.code == 0
    assert outcome.json["cases"] == 12
    assert outcome.json["bit_exact"] is True
    assert outcome.json["vectors_match"] is None


def test_a_camera_is_compared_too(tflite_model: Path) -> None:
    options = ("--camera", "yuyv:30x21", "--mirror", "--pixels", "offset", "--cases", 1)
    outcome = mcugen("validate", tflite_model, *options, "--json")
    assert outcome.code == 0
    assert outcome.json["camera"]["exact"] is True
    assert outcome.json["camera"]["frames"] > 1
    assert "equal in" in mcugen("validate", tflite_model, *options).stdout


def test_table(tflite_model: Path, tmp_path: Path) -> None:
    vectors = _vectors(tflite_model, tmp_path / "vectors.npz")
    outcome = mcugen("validate", tflite_model, "--vectors", vectors, "--cases", 2)
    assert outcome.code == 0
    for text in ("bit-exact", "5 cases", "given outputs", "RAM"):
        assert text in outcome.stdout


def test_sanitizers(tflite_model: Path) -> None:
    outcome = mcugen("validate", tflite_model, "--sanitize", "--cases", 4, "--json")
    assert (outcome.code, outcome.stderr) == (0, "")


def test_other_outputs_in_a_tflite_vectors_file_fail(tflite_model: Path, tmp_path: Path) -> None:
    vectors = _vectors(tflite_model, tmp_path / "vectors.npz", wrong=1)
    outcome = mcugen("validate", tflite_model, "--vectors", vectors, "--json")
    assert outcome.code == 1
    assert outcome.json["bit_exact"] is True
    assert outcome.json["vectors_match"] is False


def test_onnx_outputs_are_measured_in_last_places(onnx_model: Path, tmp_path: Path) -> None:
    scale = load_model(onnx_model).output_border.scale
    vectors = _vectors(onnx_model, tmp_path / "vectors.npz", wrong=3 * scale)
    outcome = mcugen("validate", onnx_model, "--vectors", vectors, "--json")
    assert outcome.code == 0
    assert outcome.json["vectors_max_lsb"] == 3
    assert mcugen("validate", onnx_model, "--vectors", vectors, "--max-lsb", 2).code == 1
    assert mcugen("validate", onnx_model, "--vectors", vectors, "--max-lsb", 3).code == 0


def test_a_missing_compiler(tflite_model: Path) -> None:
    outcome = mcugen("validate", tflite_model, "--cc", "no-such-compiler")
    assert outcome.code == 2
    assert "no-such-compiler" in outcome.error


@pytest.mark.parametrize(
    ("option", "place", "told"),
    [
        (("--cc", "clang"), "qemu", "--cc is of --on host, not of --on qemu"),
        (("--sanitize",), "qemu", "--sanitize is of --on host, not of --on qemu"),
        (("--cc", "cc"), "serial:/dev/absent", "--cc is of --on host, not of --on serial"),
        (("--sanitize",), "serial:/dev/absent", "--sanitize is of --on host, not of --on serial"),
        (("--cflags=-O3",), "serial:/dev/absent", "--cflags is of --on host and --on qemu, not of --on serial"),
        (("--baud", 115_200), "host", "--baud is of --on serial:PORT, not of --on host"),
        (("--timeout", 5), "qemu", "--timeout is of --on serial:PORT, not of --on qemu"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_options_of_other_places(tflite_model: Path, option: tuple[object, ...], place: str, told: str) -> None:
    outcome = mcugen("validate", tflite_model, "--on", place, "--target", "cortex-m4", *option)
    assert (outcome.code, outcome.error) == (2, f"mcugen: error: {told} (leave it out)")


def test_nothing_to_compare(tflite_model: Path) -> None:
    assert mcugen("validate", tflite_model, "--cases", 0).code == 2


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"images": np.zeros((1, 9, 8, 3), np.int8)}, "no array 'inputs'"),
        ({"inputs": np.zeros((1, 9, 8, 4), np.int8)}, "is [N, 9, 8, 3]"),
        ({"inputs": np.zeros((1, 9, 8, 3), np.float32)}, "is int8, not float32"),
        ({"inputs": np.zeros((0, 9, 8, 3), np.int8)}, "holds no inputs"),
        ({"inputs": np.int8(3)}, "holds no inputs"),
        ({"inputs": np.array([object()])}, "not a sound .npz"),
        ({"inputs": np.zeros((2, 9, 8, 3), np.int8), "outputs": np.zeros((1, 4), np.int8)}, "'outputs' is [1, 4]"),
        ({"inputs": np.zeros((1, 9, 8, 3), np.int8), "outputs": np.zeros((1, 4))}, "float64"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unusable_vectors(tflite_model: Path, tmp_path: Path, arrays: dict[str, np.ndarray], complaint: str) -> None:
    np.savez(tmp_path / "vectors.npz", **arrays)  # type: ignore[arg-type]
    outcome = mcugen("validate", tflite_model, "--vectors", tmp_path / "vectors.npz")
    assert outcome.code == 2
    assert complaint in outcome.error
    assert "vectors.npz" in outcome.error


def test_vectors_of_other_kinds(tflite_model: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (2, 9, 8, 3), np.uint8)
    np.save(tmp_path / "inputs.npy", (pixels.astype(np.int16) - 128).astype(np.int8))
    np.save(tmp_path / "pixels.npy", pixels)
    np.savez(tmp_path / "images.npz", images=pixels)
    graph = compile_model(tflite_model, pixels="offset").imported
    expected = load_vectors(tmp_path / "inputs.npy", graph)
    assert (expected.of, expected.outputs) == (2, None)
    for name in ("pixels.npy", "images.npz"):
        assert np.array_equal(load_vectors(tmp_path / name, graph).images, expected.images)
    # Of pixels, too, outputs are compared.
    np.savez(tmp_path / "both.npz", inputs=pixels, outputs=np.full((2, 4), 127, np.int8))
    outcome = mcugen("validate", tflite_model, "--vectors", tmp_path / "both.npz", "--pixels", "offset", "--json")
    assert (outcome.code, outcome.json["cases"], outcome.json["vectors_match"]) == (1, 2, False)
    assert outcome.json["bit_exact"]


def test_vectors_from_a_folder_of_images(tflite_model: Path, tmp_path: Path) -> None:
    image = module("PIL.Image")
    for name in ("a.png", "b/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.new("RGB", (8, 9), (1, 2, 3)).save(tmp_path / name)
    outcome = mcugen("validate", tflite_model, "--vectors", tmp_path, "--pixels", "offset", "--json")
    assert (outcome.code, outcome.json["cases"], outcome.json["vectors_match"]) == (0, 2, None)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"text"])
def test_vectors_that_are_no_archive(tflite_model: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vectors.npz").write_bytes(content)
    outcome = mcugen("validate", tflite_model, "--vectors", tmp_path / "vectors.npz")
    assert outcome.code == 2
    assert "vectors.npz" in outcome.error


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mnv1_a010_r48_gray_c2_relu_nosoftmax.tflite", "vww_96_int8.tflite", "qdq_mnv1_a025_r32_gray.onnx"]
)
def test_real_models(models: Path, name: str) -> None:
    path = models / name
    outcome = mcugen("validate", path, "--vectors", path.with_suffix(".npz"), "--json")
    assert outcome.code == 0
    assert outcome.json["bit_exact"] is True
    if path.suffix == ".tflite":
        assert outcome.json["vectors_match"] is True
    else:
        assert outcome.json["vectors_argmax_equal"] is True


@pytest.mark.needs("cortex-m4")
def test_on_an_emulated_core(tflite_model: Path) -> None:
    outcome = mcugen("validate", tflite_model, "--target", "cortex-m4", "--on", "qemu", "--cases", 2, "--json")
    assert outcome.code == 0
    view = outcome.json
    conform(view, "validate")
    assert view["bit_exact"]
    assert view["not_tried"] is None
    assert [build["compiled_by"] for build in view["builds"]] == ["arm-none-eabi-gcc -O2"] * 2
    flash = view["flash"]
    assert view["flash_bytes"] == flash["constant_bytes"] + flash["code_bytes"]
    assert 0 < flash["weight_bytes"] < flash["constant_bytes"]
    assert 0 < view["stack_bytes"] <= view["stack_bound_bytes"]
    costs = mcugen("analyze", tflite_model, "--target", "cortex-m4", "--json").json
    for key in ("macs", "live_macs"):
        assert sum(stage[key] for stage in view["stages"]) == costs[key]
    # Both count the same inference; only kernels that stages share differ.
    profiled = sum(stage["instructions"] for stage in view["stages"]) + view["instructions_outside_stages"]
    assert profiled == pytest.approx(view["instructions"], rel=0.02)


def _only(directory: Path, **programs: str) -> str:
    """A PATH with nothing but the shell and these programs, underscores for hyphens: shell scripts."""
    for name, script in programs.items():
        program = directory / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return str(directory)


@pytest.mark.parametrize(
    ("core", "packages"),
    [
        ("cortex-m4", "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"),
        ("rv32imc", "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc"),
        ("xtensa", "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf qemu-system-misc"),
    ],
)
def test_missing_tools_of_a_core_name_their_packages(
    tflite_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, core: str, packages: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = mcugen("validate", tflite_model, "--target", core, "--on", "qemu")
    assert outcome.code == 2
    assert "not installed" in outcome.error
    assert f"apt-get install {packages})" in outcome.error


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("net.c:7:1: error: redefinition of 'weight110'", "arm-none-eabi-gcc refused the generated code: net.c:7:1"),
        ("net.c:1:10: fatal error: stdint.h: No such file or directory", "apt-get install gcc-arm-none-eabi libnewlib"),
    ],
)
def test_a_cross_compiler_that_refuses(
    tflite_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, complaint: str
) -> None:
    programs = {f"arm_none_eabi_{tool}": f'echo "{said}" >&2; exit 1' for tool in ("gcc", "size", "objdump")}
    monkeypatch.setenv("PATH", _only(tmp_path, qemu_system_arm="exit 0", **programs))
    outcome = mcugen("validate", tflite_model, "--target", "cortex-m4", "--on", "qemu")
    assert outcome.code == 2
    assert complaint in outcome.error
    monkeypatch.setenv("PATH", _only(tmp_path, cc=f'echo "{said}" >&2; exit 1'))
    assert mcugen("validate", tflite_model).code == outcome.code
