"""Outputs by rows on a board: the firmware sends each row as it is finished, and holds no output."""

from __future__ import annotations

import re

import pytest

from mcugen.compiler import Compiled, compile_model
from mcugen.firmware.footprint import footprint
from mcugen.firmware.virtual import program_path, run_command
from mcugen.inputs import proof_images
from mcugen.link import open_board
from mcugen.targets.boards import find_board
from mcugen.validation.on_board import BoardValidation, validate_on_board
from tests.end_to_end.test_field_models import FIELD
from tests.firmware.conftest import flash, tools_of
from tests.support.command import mcugen
from tests.support.needs import need
from tests.support.wire import Wire

MODEL = FIELD / "heads2_r64_rgb.tflite"
BOARD = find_board("netduinoplus2")


@pytest.fixture(scope="module")
def command(platformio: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    need("shared-models", *tools_of(BOARD.name))
    project = tmp_path_factory.mktemp("rows") / "project"
    options = ("--board", BOARD.name, "--project", str(project), "--until", "build", "--output-rows")
    done = flash(platformio, str(MODEL), *options)
    assert done.returncode == 0, done.stderr
    return run_command(BOARD, program_path(project, BOARD))


@pytest.fixture(scope="module")
def compiled(command: list[str]) -> Compiled:
    return compile_model(MODEL, target=BOARD.target, output_rows=True)


def _validate(compiled: Compiled, wire: Wire, count: int = 1) -> BoardValidation:
    wire.wait_for_board()
    images = proof_images(compiled.imported.input_tensor, count, 0)
    with open_board(wire.port, timeout_s=2.0) as link:
        return validate_on_board(compiled, link, images)


@pytest.mark.slow
def test_both_builds_are_exact(compiled: Compiled, command: list[str]) -> None:
    with Wire(command) as wire:
        result = _validate(compiled, wire, 2)
    assert result.validation.bit_exact
    assert result.traced
    assert [build.build for build in result.validation.builds] == ["traced", "shipped"]
    assert result.self_tests == (2, 2)
    assert result.repeated == 0
    assert result.validation.context_bytes == compiled.ram_bytes


@pytest.mark.slow
def test_sending_rows_is_no_part_of_the_cost(compiled: Compiled, command: list[str]) -> None:
    from mcugen.validation import validate_in_emulator

    _, costs = validate_in_emulator(compiled, proof_images(compiled.imported.input_tensor, 1, 0))
    with Wire(command) as wire:
        result = _validate(compiled, wire)
    assert result.cost.instructions == pytest.approx(costs.instructions, rel=0.02)


@pytest.mark.slow
def test_the_command_proves_it_and_whole_outputs_are_refused(command: list[str]) -> None:
    with Wire(command) as wire:
        wire.wait_for_board()
        asked = ("validate", str(MODEL), "--on", f"serial:{wire.port}", "--cases", "1", "--json")
        proved, refused = mcugen(*asked, "--output-rows"), mcugen(*asked)
    assert proved.code == 0, proved.stderr
    assert proved.json["bit_exact"] is True
    assert refused.code == 2
    assert "generated from this model, but otherwise" in refused.stderr


@pytest.mark.slow
def test_an_image_whose_rows_were_lost_is_sent_again(compiled: Compiled, command: list[str]) -> None:
    damaged = False

    def flip_once(data: bytes) -> bytes:
        """A bit of the first row that is seen: a frame's boundary, the code of its stuffing, its type."""
        nonlocal damaged
        found = re.search(rb"\x00\x02\x7d(?=.)", data, re.DOTALL)
        if damaged or found is None:
            return data
        damaged = True
        return data[: found.end()] + bytes([data[found.end()] ^ 0x10]) + data[found.end() + 1 :]

    with Wire(command, to_host=flip_once) as wire:
        result = _validate(compiled, wire)
    assert result.validation.bit_exact
    assert damaged
    assert result.repeated == 1


@pytest.mark.needs("shared-models")
def test_the_firmware_needs_no_room_for_outputs() -> None:
    rows, whole = (compile_model(MODEL, target=BOARD.target, output_rows=by_rows) for by_rows in (True, False))
    needs = [footprint(compiled, BOARD).network_ram - compiled.ram_bytes for compiled in (rows, whole)]
    assert needs[1] - needs[0] == whole.imported.output_tensor.size
