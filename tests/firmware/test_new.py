"""mcugen new: the project is whole, builds and runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mcugen.firmware.virtual import program_path, run_command
from mcugen.targets import find_target
from mcugen.targets.boards import BOARDS, Board, find_board
from tests.firmware.conftest import tools_of
from tests.support.command import mcugen
from tests.support.needs import need
from tests.support.schemas import conform


def _make(directory: Path, model: Path, board: str) -> list[str]:
    outcome = mcugen("new", str(directory), "--model", str(model), "--board", board, "--pixels", "offset", "--json")
    assert outcome.code == 0, outcome.stderr
    view = json.loads(outcome.stdout)
    conform(view, "new")
    files: list[str] = view["files"]
    return files


@pytest.mark.parametrize("board", [board for board in BOARDS if board.has_firmware], ids=lambda board: board.name)
def test_the_project_names_its_board_and_every_file_it_speaks_of(
    board: Board, small_model: Path, tmp_path: Path
) -> None:
    files = _make(tmp_path / "p", small_model, board.name)
    text = (tmp_path / "p" / "platformio.ini").read_text()
    assert f"[env:{board.name}]" in text
    assert "${" not in text
    assert sum(file.startswith("src/ports/") for file in files) == 1
    assert ("platforms/emulated/platform.json" in files) == bool(board.emulator)
    readme = (tmp_path / "p" / "README.md").read_text()
    for name in re.findall(r"`((?:src|include|lib)/[\w./]*)`", readme):
        assert (tmp_path / "p" / name).exists(), name


@pytest.mark.slow
@pytest.mark.parametrize("board", ["netduinoplus2", "native"])
def test_it_builds_and_classifies(board: str, small_model: Path, platformio: dict[str, str], tmp_path: Path) -> None:
    need(*tools_of(board))
    project = tmp_path / "p"
    _make(project, small_model, board)
    command = [sys.executable, "-m", "platformio", "run", "-d", str(project)]
    done = subprocess.run(command, env=platformio, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    chosen = find_board(board)
    # Both ends of the pipe stay open: the native program ends when its input does.
    read, write = os.pipe()
    program = run_command(chosen, program_path(project, chosen))
    running = subprocess.Popen(program, stdin=read, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        lines = [running.stdout.readline().strip() for _ in range(4)]
    finally:
        running.kill()
        running.communicate()
        os.close(read)
        os.close(write)
    assert lines[0] == "small: ready"
    for line in lines[1:]:
        assert re.fullmatch(r"class [0-3], score -?\d+, \d+\.\d ms", line)


@pytest.mark.slow
@pytest.mark.parametrize(
    "board", ["bluepill_f103c8", "nucleo_h743zi", "nucleo_u575zi_q", "esp32-c3-devkitm-1", "esp32dev"]
)
def test_its_c_compiles_for_boards_that_are_not_here(board: str, small_model: Path, tmp_path: Path) -> None:
    target = find_target(find_board(board).target)
    need(f"{target.compiler}gcc")
    project = tmp_path / "p"
    _make(project, small_model, board)
    specs = ["--specs=picolibc.specs"] if target.compiler.startswith("riscv") else []
    flags = [*target.compiler_flags, *specs, "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
    for source in [*project.glob("src/*.c"), *project.glob("lib/*/*.c")]:
        command = [f"{target.compiler}gcc", *flags, "-Iinclude", "-Ilib/small", "-c", str(source), "-o", "x.o"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_nothing_is_overwritten(small_model: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    outcome = mcugen("new", str(tmp_path), "--model", str(small_model), "--board", "native", "--pixels", "offset")
    assert outcome.code == 2
    assert "is there already" in outcome.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_board_that_platformio_does_not_know_brings_its_board_file(small_model: Path, tmp_path: Path) -> None:
    assert "boards/nucleo_h7a3zi_q.json" in _make(tmp_path / "p", small_model, "nucleo_h7a3zi_q")
    assert not any(file.startswith("boards/") for file in _make(tmp_path / "q", small_model, "nucleo_h743zi"))


@pytest.mark.parametrize("board", [board.name for board in BOARDS if not board.has_firmware])
def test_a_board_without_a_platform_is_refused(board: str, small_model: Path, tmp_path: Path) -> None:
    for command in (("new", str(tmp_path / "p"), "--model"), ("flash", "--project", str(tmp_path / "p"))):
        outcome = mcugen(*command, str(small_model), "--board", board)
        assert outcome.code == 2
        assert f"there is no firmware for {board}" in outcome.stderr
        assert "mcugen generate MODEL --board" in outcome.stderr
        assert not (tmp_path / "p").exists()


def test_an_unknown_board_is_refused(small_model: Path, tmp_path: Path) -> None:
    outcome = mcugen("new", str(tmp_path / "p"), "--model", str(small_model), "--board", "nucleo_f446")
    assert outcome.code == 2
    assert "did you mean nucleo_f446re" in outcome.stderr
    assert not (tmp_path / "p").exists()
