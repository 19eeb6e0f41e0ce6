"""mcugen flash --camera: the board's self-test has frames of the camera, by the protocol that there always was."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcugen.camera import CameraOptions
from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.footprint import footprint
from mcugen.firmware.virtual import program_path, run_command
from mcugen.targets.boards import find_board
from tests.firmware.conftest import flash, tools_of
from tests.support.command import mcugen
from tests.support.needs import need
from tests.support.schemas import conform
from tests.support.tflite_builder import NetworkBuilder
from tests.support.wire import Wire

CAMERA = ("--pixels", "offset", "--camera", "rgb565be:40x30", "--mirror")


@pytest.mark.slow
@pytest.mark.parametrize("board", ["native", "netduinoplus2"])
def test_the_board_proves_its_camera_path(
    platformio: dict[str, str], small_model: Path, tmp_path: Path, board: str
) -> None:
    need(*tools_of(board))
    project = tmp_path / "p"
    arguments = (str(small_model), "--board", board, "--project", str(project))
    done = flash(platformio, *arguments, *CAMERA, "--json")
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    conform(view, "flash")
    assert view["validation"]["passed"]
    assert (view["validation"]["self_tests"], view["validation"]["self_tests_passed"]) == (4, 4)
    assert view["validation"]["self_test_frames"] == 2
    # Over the wire, by a command that names the same camera; without it the library is another one.
    with Wire(run_command(find_board(board), program_path(project, find_board(board)))) as wire:
        wire.wait_for_board()
        asked = ("validate", small_model, "--on", f"serial:{wire.port}", "--cases", "1")
        proved, refused = mcugen(*asked, *CAMERA), mcugen(*asked, *CAMERA[:2])
    assert proved.code == 0, proved.stderr
    assert "4 of 4 passed, 2 of them frames of the camera" in " ".join(proved.stdout.split())
    assert "generated from this model, but otherwise" in refused.stderr
    # A score that must not come out fails, and so does a path that is another.
    tests = project / "model" / board / "small" / "small_test_vectors.c"
    text = tests.read_text()
    tests.write_text(re.sub(r"(coarse_frame_scores\[.*?\] = \{\s*)(-?\d+)", r"\g<1>(\g<2> ^ 1)", text, flags=re.DOTALL))
    assert tests.read_text() != text
    wrong = _built_again(platformio, project, board)
    assert wrong == (3, 4)


def _built_again(platformio: dict[str, str], project: Path, board: str) -> tuple[int, int]:
    """Self-tests passed and run of the project as it stands."""
    import subprocess
    import sys

    from mcugen.link import open_board

    command = [sys.executable, "-m", "platformio", "run", "--environment", board, "--project-dir", str(project)]
    subprocess.run(command, env=platformio, check=True, capture_output=True)
    with Wire(run_command(find_board(board), program_path(project, find_board(board)))) as wire:
        wire.wait_for_board()
        with open_board(wire.port) as link:
            passed = [link.test(index)[0] for index in range(link.model.test_vectors)]
    return sum(passed), len(passed)


def compiled_with(model: Path, camera: CameraOptions | None) -> Compiled:
    return compile_model(model, target="cortex-m4", pixels="offset", camera=camera)


def test_the_camera_counts_where_it_is_asked_whether_it_fits(small_model: Path) -> None:
    board = find_board("nucleo_f446re")
    camera = CameraOptions("rgb565be:40x30")
    with_it, without = (footprint(compiled_with(small_model, options), board) for options in (camera, None))
    assert with_it.library_ram > without.library_ram
    # Its part of the context, and a row of the self-test's frames.
    assert with_it.network_ram - without.network_ram == with_it.library_ram - without.library_ram + 80


@pytest.mark.needs("cc")
def test_a_network_without_images_in_its_self_test_has_frames(tmp_path: Path) -> None:
    """Their text would be too long; the interface compiles without a comparison that is always true."""
    import subprocess

    from mcugen.firmware.model import model_files
    from mcugen.simulate.host import STRICT_FLAGS

    net = NetworkBuilder(seed=1, shape=(256, 256, 3))
    net.convolution(2, stride=(2, 2), activation="RELU6")
    net.mean()
    net.fully_connected(4)
    (tmp_path / "net.tflite").write_bytes(net.finish())
    camera = CameraOptions("gray:64x48")
    compiled = compile_model(tmp_path / "net.tflite", name="net", pixels="offset", camera=camera)
    for path, text in model_files(compiled, traced=True).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert "#define NET_TEST_VECTORS 0\n" in (tmp_path / "net" / "net_test_vectors.h").read_text()
    command = ["cc", *STRICT_FLAGS, "-Wtype-limits", "-Inet", "-Imodel", "-c", "model/model.c", "-o", "model.o"]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_a_project_says_what_it_has_and_how_to_validate_it(small_model: Path, tmp_path: Path) -> None:
    arguments = ("flash", small_model, "--board", "nucleo_f446re", "--project", tmp_path / "p", "--until", "generate")
    done = mcugen(*arguments, *CAMERA)
    assert done.code == 0, done.stderr
    assert "camera: rgb565be 40x30, 26x30 from (7, 0) to 8x9x3" in " ".join(done.stdout.split())
    interface = (tmp_path / "p" / "model" / "nucleo_f446re" / "model" / "model.c").read_text()
    assert ".test_vectors = SMALL_TEST_VECTORS + SMALL_TEST_FRAMES" in interface
    assert mcugen(*arguments, "--mirror").code == 2
