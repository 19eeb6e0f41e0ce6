"""The firmware's PlatformIO project: environments, builds and tests that really run, and C for boards not here."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.firmware.model import model_files
from mcugen.firmware.project import environment_options, firmware_directory, firmware_files, write_firmware
from mcugen.targets import find_target
from mcugen.targets.boards import BOARDS, Board
from tests.firmware.conftest import ROOT, tools_of
from tests.support.needs import need

FIRMWARE = ROOT / "firmware"
RUNNABLE = ("native", "netduinoplus2", "mps2-an386", "riscv-virt")
MODEL = ROOT / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"
STRICT = ("-O2", "-Wall", "-Wextra", "-Werror")


def _pio(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "platformio", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_every_board_has_an_environment_and_the_other_way_round() -> None:
    text = (FIRMWARE / "platformio.ini").read_text()
    assert re.findall(r"^\[env:(.+)\]$", text, re.MULTILINE) == [
        *(board.name for board in BOARDS if board.is_physical and board.has_firmware),
        "native",
        *(board.name for board in BOARDS if board.emulator),
    ]


# PlatformIO's ids of boards whose environments have names of their own.
IDS = {"rpipico2-riscv": "rpipico2", "xiao_nrf52840_sense": "seeed-xiao-afruitnrf52-nrf52840-sense"}


@pytest.mark.parametrize("board", [board for board in BOARDS if board.has_firmware], ids=lambda board: board.name)
def test_options_of_an_environment(board: Board) -> None:
    options = environment_options(board)
    assert "extends" not in options
    assert "${" not in options["build_flags"]
    assert options.get("board", "native") == IDS.get(board.name, board.name)
    if board.is_physical:
        registry, public = (
            rf"platformio/{board.platform}@\^\d",
            rf"https://github.com/[\w-]+/platform-{board.platform}.git$",
        )
        assert re.match(f"{registry}|{public}", options["platform"])
        assert options["framework"] == board.framework


@pytest.mark.parametrize("board", [board for board in BOARDS if board.emulator], ids=lambda board: board.name)
def test_sizes_of_emulated_boards_are_those_of_platformio(board: Board) -> None:
    manifest = json.loads((FIRMWARE / "platforms" / "emulated" / "boards" / f"{board.name}.json").read_text())
    assert (manifest["upload"]["maximum_size"], manifest["upload"]["maximum_ram_size"]) == (
        board.flash_bytes,
        board.ram_bytes,
    )
    assert manifest["build"]["compiler"] == find_target(board.target).compiler
    assert set(find_target(board.target).compiler_flags) <= set(manifest["build"]["core_flags"].split())


def test_all_environments_are_valid(platformio: dict[str, str]) -> None:
    done = _pio(platformio, "project", "config", "--lint", "-d", str(FIRMWARE), "--json-output")
    assert done.returncode == 0, done.stderr
    # Not JSON, whatever the option says.
    assert ast.literal_eval(done.stdout) == {"errors": [], "warnings": []}


def test_the_project_is_written_whole_and_updated(tmp_path: Path, small_model: Path) -> None:
    assert firmware_directory() == FIRMWARE
    board = next(board for board in BOARDS if board.name == "native")
    compiled = compile_model(small_model, name="first")
    write_firmware(tmp_path / "p", compiled, board, traced=True)
    for file, text in firmware_files().items():
        assert (tmp_path / "p" / file).read_text() == text
    write_firmware(tmp_path / "p", compile_model(small_model, name="second"), board, traced=False)
    model = tmp_path / "p" / "model" / "native"
    assert sorted(path.name for path in model.iterdir()) == ["mcugen.json", "model", "second"]
    assert not list(model.glob("model/*traced*"))


@pytest.mark.slow
@pytest.mark.parametrize("environment", RUNNABLE)
def test_it_builds_and_its_tests_pass_offline(
    environment: str, platformio: dict[str, str], small_model: Path, tmp_path: Path
) -> None:
    """From the project alone: its own script has mcugen generate the network."""
    need(*tools_of(environment))
    project = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, project, ignore=shutil.ignore_patterns("model", ".pio"))
    settings = platformio | {"MCUGEN_MODEL": str(MODEL if environment == "netduinoplus2" else small_model)}
    built = _pio(settings, "run", "-d", str(project), "-e", environment)
    assert built.returncode == 0, built.stdout + built.stderr
    tested = _pio(settings, "test", "-d", str(project), "-e", environment, "--without-uploading")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "9 test cases: 9 succeeded" in tested.stdout + tested.stderr


@pytest.mark.slow
@pytest.mark.parametrize("target", sorted({board.target for board in BOARDS if board.is_physical}))
def test_the_application_compiles_for_every_core(target: str, small_model: Path, tmp_path: Path) -> None:
    """For Xtensa with the ESP8266's instruction set: no compiler of the ESP32's is packaged."""
    chosen = find_target(target)
    compiler = f"{chosen.compiler}gcc"
    specs = ("--specs=picolibc.specs",) if target.startswith("rv32") else ()
    _compile_application(compiler, (*chosen.compiler_flags, *specs), small_model, target, tmp_path)


def _compile_application(compiler: str, flags: tuple[str, ...], model: Path, target: str, directory: Path) -> None:
    need(compiler)
    for file, text in model_files(compile_model(model, target=target), traced=True).items():
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        (directory / file).write_text(text)
    sources = [*sorted(FIRMWARE.glob("src/*.c")), FIRMWARE / "lib/frame/frame.c", *sorted(directory.rglob("*.c"))]
    includes = [FIRMWARE / "include", FIRMWARE / "lib" / "frame", directory / "model", directory / model.stem]
    paths = [f"-I{path}" for path in includes]
    for source in sources:
        command = [compiler, *flags, *STRICT, "-std=gnu11", '-DENVIRONMENT_NAME="x"', *paths, "-c", str(source)]
        done = subprocess.run([*command, "-o", str(directory / "x.o")], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("compiler", "flags"),
    [
        ("arm-none-eabi-g++", ("-mcpu=cortex-m3", "-mthumb")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m33", "-mthumb", "-DPORT_LIGHT_ON=LOW")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m0plus", "-mthumb")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m0plus", "-mthumb", "-DARDUINO_ARCH_RP2040")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m33", "-mthumb", "-DARDUINO_ARCH_RP2040")),
        ("riscv64-unknown-elf-g++", ("-march=rv32imac", "-mabi=ilp32", "-DARDUINO_ARCH_RP2040")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m7", "-mthumb", "-DCORE_TEENSY")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m4", "-mthumb", "-D__MBED__")),
        ("arm-none-eabi-g++", ("-mcpu=cortex-m4", "-mthumb", "-DARDUINO_NRF52_ADAFRUIT", "-DNRF52840_XXAA")),
        ("riscv64-unknown-elf-g++", ("-march=rv32imac", "-mabi=ilp32")),
        ("riscv64-unknown-elf-g++", ("-march=rv32imc", "-mabi=ilp32", "-DARDUINO_ARCH_ESP32", "-DPORT_LIGHT=2")),
    ],
)
def test_the_port_for_arduino_is_sound(compiler: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    """Against declarations of the API only: no core of Arduino can be had without PlatformIO's registry."""
    need(compiler)
    command = [compiler, *flags, *STRICT, "-std=gnu++14", "-ffreestanding", "-DARDUINO=10819"]
    includes = [f"-I{ROOT / 'tests' / 'support' / 'arduino'}", f"-I{FIRMWARE / 'include'}", f"-I{FIRMWARE / 'src'}"]
    source = FIRMWARE / "src" / "ports" / "arduino.cpp"
    done = subprocess.run(
        [*command, *includes, "-c", str(source), "-o", str(tmp_path / "x.o")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
