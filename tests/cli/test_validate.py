"""mcugen validate: what it finds, and that it finds it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.frontend import load_model
from mcugen.inputs import proof_images
from mcugen.validation import emulated, load_vectors
from mcugen.validation import run as validation
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


NO_PRAGMA = "-DSMALL_NO_OPTIMIZE_PRAGMA"
O1 = f"cc -O1 {NO_PRAGMA}"


def _corrupt(
    monkeypatch: pytest.MonkeyPatch, kind: str, only_shipped: bool = False, only_flags: tuple[str, ...] = ()
) -> None:
    """Adds 64 to the first number of the first table of weights or biases, as a wrong generator would write it.

    only_shipped, only_flags: in shipped builds alone, or in those of exactly these flags, as a wrong compiler would
    translate it.
    """
    real = validation.host_program

    def corrupted(library: Library, **options: object) -> object:
        traced = "_trace(" in library.files[f"{library.name}.c"]
        name = f"{library.name}_weights.c"
        text = library.files[name]
        table = re.search(rf"{library.name}_\w*{kind}\w*\[\d+\] = {{\s*(-?\d+),", text)
        assert table is not None
        number = (int(table[1]) + 64 + 128) % 256 - 128
        text = text[: table.start(1)] + str(number) + text[table.end(1) :]
        if (only_shipped and traced) or (only_flags and options["flags"] != only_flags):
            return real(library, **options)  # type: ignore[arg-type]
        return real(dataclasses.replace(library, files={**library.files, name: text}), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "host_program", corrupted)


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


def test_table(tflite_model: Path, tmp_path: Path) -> None:
    vectors = _vectors(tflite_model, tmp_path / "vectors.npz")
    outcome = mcugen("validate", tflite_model, "--vectors", vectors, "--cases", 2)
    assert outcome.code == 0
    for text in ("bit-exact", "5 cases", "given outputs", "RAM"):
        assert text in outcome.stdout


def test_sanitizers(tflite_model: Path) -> None:
    outcome = mcugen("validate", tflite_model, "--sanitize", "--cases", 4, "--json")
    assert (outcome.code, outcome.stderr) == (0, "")


@pytest.mark.parametrize("kind", ["weights", "bias"])
def test_a_wrong_constant_is_found_where_it_is(tflite_model: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    _corrupt(monkeypatch, kind)
    outcome = mcugen("validate", tflite_model, "--json")
    assert outcome.code == 1
    report = outcome.json
    assert report["bit_exact"] is False
    found = report["first_mismatch"]
    assert found["layer"] == mcugen("analyze", tflite_model, "--json").json["layers"][0]["name"]
    assert found["build"] == "traced"
    assert found["expected"] != found["got"]
    graph = load_model(tflite_model)
    image = proof_images(graph.input_tensor, 24, 0)
    _, values = next(reference.evaluate(graph, image))
    assert values[tuple(found["index"])] == found["expected"]


def test_a_difference_of_the_shipped_build_alone_is_found(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights", only_shipped=True)
    outcome = mcugen("validate", tflite_model, "--json")
    assert outcome.code == 1
    view = outcome.json
    assert view["first_mismatch"]["build"] == "shipped"
    assert view["first_mismatch"]["compiled_by"] == "cc -O2"
    assert all(build["bit_exact"] == (build["build"] == "traced") for build in view["builds"])
    assert view["compiler_suspect"]


def test_every_level_is_built_traced_and_shipped(tflite_model: Path) -> None:
    view = mcugen("validate", tflite_model, "--cases", 2, "--json").json
    assert [(build["build"], build["compiled_by"]) for build in view["builds"]] == [
        ("traced", "cc -O2"),
        ("shipped", "cc -O2"),
        ("traced", O1),
        ("shipped", O1),
    ]
    shown = mcugen("validate", tflite_model, "--cases", 2, columns=200).stdout
    assert "traced and shipped by cc -O2, cc -O1\n" in re.sub(" +\n", "\n", shown)
    # The macro is the one that the source knows.
    source = compile_model(tflite_model).library.files["small.c"]
    assert f"!defined({O1.partition(' -D')[2]})" in source
    assert not view["compiler_suspect"]
    assert view["advice"] == []
    flags = mcugen("validate", tflite_model, "--cases", 2, "--json", "--cflags", "-O3 -funroll-loops").json
    assert {build["compiled_by"] for build in flags["builds"]} == {"cc -O3 -funroll-loops"}
    assert mcugen("validate", tflite_model, "--cflags", "'").code == 2


def test_a_level_that_differs_makes_the_compiler_suspect(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights", only_flags=tuple(O1.split()[1:]))
    view = mcugen("validate", tflite_model, "--cases", 3, "--json").json
    assert not view["passed"]
    assert view["first_mismatch"]["compiled_by"] == O1
    assert {build["compiled_by"] for build in view["builds"] if not build["bit_exact"]} == {O1}
    assert {build["compiled_by"] for build in view["builds"] if build["bit_exact"]} >= {"cc -O2", f"cc -O0 {NO_PRAGMA}"}
    assert f"wrong: mcugen validate {tflite_model} --cases 3 '--cflags=-O1 {NO_PRAGMA}'" in view["advice"]
    assert f"right: mcugen validate {tflite_model} --cases 3 '--cflags=-O0 {NO_PRAGMA}'" in view["advice"]
    shown = mcugen("validate", tflite_model, "--cases", 3, columns=300)
    assert "wrong builds        traced and shipped by cc -O1" in shown.stdout
    assert "The C compiler is suspect" in shown.stdout
    assert view["advice"][0] in shown.stdout


def test_a_difference_of_all_builds_is_not_the_compilers(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights")
    view = mcugen("validate", tflite_model, "--cases", 3, "--json").json
    # The wrong layer need not reach the outputs, which are all that shipped builds show.
    assert not any(build["bit_exact"] for build in view["builds"] if build["build"] == "traced")
    assert len({build["outputs_exact"] for build in view["builds"]}) == 1
    assert not view["compiler_suspect"]
    assert "suspect" not in mcugen("validate", tflite_model, "--cases", 3).stdout


def test_sanitizers_come_on_top(tflite_model: Path) -> None:
    view = mcugen("validate", tflite_model, "--cases", 2, "--sanitize", "--json").json
    assert [build["compiled_by"] for build in view["builds"][-2:]] == ["cc -O2 with sanitizers"] * 2
    assert len(view["builds"]) == 6


def test_the_host_says_nothing_of_the_cores_own_compiler(tflite_model: Path) -> None:
    view = mcugen("validate", tflite_model, "--cases", 1, "--target", "cortex-m4", "--json").json
    assert "arm-none-eabi-gcc" in view["not_tried"]
    assert "--on qemu" in view["not_tried"]
    shown = mcugen("validate", tflite_model, "--cases", 1, "--target", "cortex-m4", columns=200).stdout
    assert "not tried" in shown
    assert mcugen("validate", tflite_model, "--cases", 1, "--json").json["not_tried"] is None


def test_a_mismatch_in_the_table(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrupt(monkeypatch, "weights")
    outcome = mcugen("validate", tflite_model)
    assert outcome.code == 1
    assert "first mismatch" in outcome.stdout
    assert "expected" in outcome.stdout


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


@pytest.mark.needs("cortex-m4")
def test_a_shipped_build_that_differs_on_an_emulated_core(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = emulated.EmulatedLibrary.run

    def wrong(self: emulated.EmulatedLibrary, images: np.ndarray) -> object:
        """As if the cross compiler had got the shipped code wrong, but not without optimization."""
        run = real(self, images)
        shipped = "_trace(" not in self.library.files[f"{self.library.name}.c"]
        return dataclasses.replace(run, outputs=run.outputs ^ 1) if shipped and "-O0" not in self.flags else run

    monkeypatch.setattr(emulated.EmulatedLibrary, "run", wrong)
    options = ("--target", "cortex-m3", "--on", "qemu", "--cases", 2)
    outcome = mcugen("validate", tflite_model, *options, "--json")
    assert outcome.code == 1
    view = outcome.json
    assert view["first_mismatch"]["build"] == "shipped"
    assert [(build["build"], build["compiled_by"], build["bit_exact"]) for build in view["builds"]] == [
        ("traced", "arm-none-eabi-gcc -O2", True),
        ("shipped", "arm-none-eabi-gcc -O2", False),
        ("traced", f"arm-none-eabi-gcc -O0 {NO_PRAGMA}", True),
        ("shipped", f"arm-none-eabi-gcc -O0 {NO_PRAGMA}", True),
    ]
    assert view["compiler_suspect"]
    assert any("--on qemu" in line and line.endswith(f"'--cflags=-O0 {NO_PRAGMA}'") for line in view["advice"])
