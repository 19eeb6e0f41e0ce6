"""mcugen new --camera: the board's own camera, the library's camera path, and a program for frames of a file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.camera import Camera, CameraOptions
from mcugen.compiler import compile_model
from mcugen.firmware.sensors import SENSORS, Sensor
from mcugen.reference.pixels import input_of_pixels
from mcugen.targets import find_target
from mcugen.targets.boards import BOARDS, find_board
from tests.support.command import mcugen
from tests.support.needs import need
from tests.support.small_net import small_network

ROOT = Path(__file__).resolve().parents[2]
# The interface that a program of a camera stands on; none for those of the C library alone.
STUBS = {
    "sensor.c": "", "sensor_file.c": "", "sensor_esp32.c": "esp32", "sensor_mbed.cpp": "mbed",
    "sensor_ov767x.cpp": "ov767x", "sensor_dcmi.cpp": "stm32"
}  # fmt: skip
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wpedantic", "-Werror")


def make(directory: Path, model: Path, board: str, camera: str, *options: str) -> None:
    words = ("--model", model, "--board", board, "--pixels", "offset", "--camera", camera, *options)
    outcome = mcugen("new", directory, *words)
    assert outcome.code == 0, outcome.stderr


def camera_of(board: str) -> str:
    """The first frame that the board's camera gives, of the largest size up to QVGA."""
    sensor = SENSORS.get(board)
    if sensor is None or not sensor.formats:
        return "rgb565be:40x30"
    width, height = max(size for size in sensor.sizes if size <= (320, 240))
    return f"{next(iter(sensor.formats))}:{width}x{height}"


def compiled_for(project: Path, board: str) -> None:
    """Every C and C++ file but the port under the board's own compiler, against the library's interface."""
    target = find_target(find_board(board).target)
    prefix = target.compiler
    specs = ["--specs=picolibc.specs"] if prefix.startswith("riscv") else []
    common = [*target.compiler_flags, *specs, "-O2", *WARNINGS, "-Iinclude", "-Ilib/small"]
    for source in [*sorted(project.glob("src/*.c*")), *sorted(project.glob("lib/*/*.c"))]:
        stubs = STUBS.get(source.name, "")
        included = [f"-I{ROOT / 'tests' / 'support' / 'cameras' / stubs}"] if stubs else []
        tool, standard = ("g++", "-std=gnu++17") if source.suffix == ".cpp" else ("gcc", "-std=gnu11")
        command = [f"{prefix}{tool}", standard, *common, *included, "-c", str(source), "-o", "x.o"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("board", [*SENSORS, "rpipico", "esp32-c3-devkitm-1"])
def test_it_compiles_for_its_board_without_a_warning(board: str, small_model: Path, tmp_path: Path) -> None:
    prefix = find_target(find_board(board).target).compiler
    need(f"{prefix}gcc", f"{prefix}g++")
    make(tmp_path / "p", small_model, board, camera_of(board))
    compiled_for(tmp_path / "p", board)


@pytest.mark.slow
@pytest.mark.parametrize(("board", "camera"), [("nucleo_f446re", "yuyv:320x240"), ("esp32cam", "yuyv:160x120")])
def test_other_formats_compile_too(board: str, camera: str, small_model: Path, tmp_path: Path) -> None:
    prefix = find_target(find_board(board).target).compiler
    need(f"{prefix}gcc", f"{prefix}g++")
    make(tmp_path / "p", small_model, board, camera)
    compiled_for(tmp_path / "p", board)


@pytest.mark.parametrize("board", [board.name for board in BOARDS if board.has_firmware])
def test_the_project_has_the_board_s_own_camera(board: str, small_model: Path, tmp_path: Path) -> None:
    make(tmp_path / "p", small_model, board, camera_of(board))
    readme = (tmp_path / "p" / "README.md").read_text()
    for name in re.findall(r"`((?:src|include|lib)/[\w./]*)`", readme):
        assert (tmp_path / "p" / name).exists(), name
    (sensor,) = (path for path in (tmp_path / "p" / "src").glob("sensor*.c*"))
    assert (sensor.name == "sensor.c") == (board not in SENSORS)
    configuration = (tmp_path / "p" / "platformio.ini").read_text()
    assert (f"+<{sensor.name}>" in configuration) == (sensor.suffix == ".cpp")
    assert "${" not in configuration
    assert f"--camera {camera_of(board)}" in readme


@pytest.mark.needs("cc")
@pytest.mark.parametrize(
    "camera",
    [
        CameraOptions("rgb565be:40x30"),
        CameraOptions("uyvy:22x13", crop="2,1,16,11", mirror=True),
        CameraOptions("bayer-rggb:32x24", resize="bilinear"),
        CameraOptions("gray:31x19", rotate=90),
    ],
    ids=lambda camera: camera.text,
)
def test_frames_of_a_file_are_classified_as_in_python(camera: CameraOptions, small_model: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    options = ["--crop", camera.crop, "--resize", camera.resize, *(["--mirror"] if camera.mirror else [])]
    options += ["--rotate", str(camera.rotate), "--resident-image"] if camera.rotate else []
    make(project, small_model, "native", camera.text, *options)
    sources = [*project.glob("src/**/*.c"), *project.glob("lib/small/*.c")]
    command = ["cc", "-std=gnu11", "-O1", *WARNINGS, "-Iinclude", "-Ilib/small", "-Isrc", *map(str, sources)]
    done = subprocess.run([*command, "-o", "program"], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    graph = compile_model(small_model, pixels="offset", camera=camera, resident_image=camera.rotate != 0).imported
    known = graph.camera
    assert known is not None
    frames = known.frames(5)
    printed = subprocess.run([project / "program"], input=frames.tobytes(), capture_output=True, check=True).stdout
    images = input_of_pixels(graph, np.stack([known(frame) for frame in frames]))
    scores = reference.run(graph, images).reshape(5, -1)
    assert len(set(map(tuple, scores.tolist()))) > 1
    first, *rest = printed.decode().splitlines()
    assert first == "small: ready"
    said = [re.match(r"class (\d+), score (-?\d+), ", line) for line in rest]
    assert [(int(m[1]), int(m[2])) for m in said if m] == [(row.argmax(), row.max()) for row in scores]


def test_a_frame_that_the_camera_does_not_give_is_refused(small_model: Path, tmp_path: Path) -> None:
    words = ("--model", small_model, "--board", "esp32cam", "--pixels", "offset", "--camera", "uyvy:320x240")
    outcome = mcugen("new", tmp_path / "p", *words)
    assert outcome.code == 2
    assert "of esp32cam gives no uyvy of 320x240 (rgb565be or gray or yuyv of 96x96, 160x120" in outcome.error
    assert not (tmp_path / "p").exists()


def test_what_is_kept_of_a_frame_counts(small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qvga = Camera("rgb565be", 320, 240, (9, 8, 3))
    kept = {name: sensor.ram_bytes(qvga) for name, sensor in SENSORS.items()}
    assert (kept["nano33ble"], kept["nucleo_f446re"], kept["esp32cam"]) == (153600, 16 * 640, 0)
    monkeypatch.setitem(SENSORS, "bluepill_f103c8", Sensor("camera", "sensor.c", rows=-1))
    words = ("--model", small_model, "--board", "bluepill_f103c8", "--pixels", "offset")
    for camera, code in (("gray:80x60", 0), ("gray:160x120", 3)):
        assert mcugen("new", tmp_path / camera.replace(":", "_"), *words, "--camera", camera).code == code


def test_the_readme_names_what_makes_the_same_library_again(tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(small_network(softmax=False))
    words = ("new", tmp_path / "p", "--model", tmp_path / "small.tflite", "--board", "native")
    camera = ("--camera", "rgb565be:40x30", "--crop", "0,2,20,20", "--mirror")
    made = mcugen(*words, "--pixels", "-1..1", *camera)
    assert made.code == 0, made.stderr
    readme = (tmp_path / "p" / "README.md").read_text()
    options = f"--pixels -1..1 {' '.join(camera)}"
    assert f"--name small --target generic {options}\n" in readme
    assert f"mcugen flash small.tflite --board native {options}`, which runs 2 frames" in readme
    again = mcugen(
        "generate", tmp_path / "small.tflite", "--name", "small", "--target", "generic", *options.split(), "-o",
        tmp_path / "lib",
    )  # fmt: skip
    assert again.code == 0, again.stderr
    for file in ("small.c", "small.h", "small_test_vectors.c"):
        assert (tmp_path / "lib" / file).read_bytes() == (tmp_path / "p" / "lib" / "small" / file).read_bytes()
    turned = mcugen(
        "new", tmp_path / "q", *words[2:], "--pixels", "offset", *camera, "--rotate", 90, "--resident-image"
    )
    assert turned.code == 0, turned.stderr
    text = (tmp_path / "q" / "README.md").read_text()
    assert "--pixels offset --camera rgb565be:40x30 --crop 0,2,20,20 --rotate 90 --mirror --resident-image\n" in text
    assert "`mcugen flash small.tflite --board native --pixels offset`" in text
