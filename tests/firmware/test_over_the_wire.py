"""The real firmware in QEMU behind a line that goes wrong: a clear error, never a hang, never a false "exact"."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.firmware.virtual import program_path, run_command
from mcugen.inputs import proof_images
from mcugen.link import LinkError, open_board
from mcugen.targets.boards import find_board
from mcugen.validation.on_board import BoardValidation, validate_on_board
from tests.firmware.conftest import flash, tools_of
from tests.support.command import mcugen
from tests.support.needs import need
from tests.support.wire import Wire

pytestmark = pytest.mark.slow
BOARD = find_board("netduinoplus2")


@pytest.fixture(scope="module")
def project(platformio: dict[str, str], small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    need(*tools_of(BOARD.name))
    path = tmp_path_factory.mktemp("wire") / "project"
    done = flash(platformio, str(small_model), "--board", BOARD.name, "--project", str(path), "--until", "build")
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def command(project: Path) -> list[str]:
    return run_command(BOARD, program_path(project, BOARD))


@pytest.fixture(scope="module")
def compiled(small_model: Path) -> Compiled:
    return compile_model(small_model, target=BOARD.target)


def _validate(compiled: Compiled, wire: Wire, timeout_s: float = 2.0, count: int = 3) -> BoardValidation:
    wire.wait_for_board()
    images = proof_images(compiled.imported.input_tensor, count, 0)
    with open_board(wire.port, timeout_s=timeout_s) as link:
        return validate_on_board(compiled, link, images)


def _flip_every(period: int) -> Callable[[bytes], bytes]:
    """Flips a bit of every so manieth byte."""
    seen = 0

    def flip(data: bytes) -> bytes:
        nonlocal seen
        damaged = bytearray(data)
        for at in range(len(damaged)):
            seen += 1
            damaged[at] ^= 0x10 if seen % period == 0 else 0
        return bytes(damaged)

    return flip


def test_every_layer_is_exact_and_the_cost_is_that_of_the_emulator(compiled: Compiled, command: list[str]) -> None:
    with Wire(command) as wire:
        result = _validate(compiled, wire)
    assert result.validation.bit_exact
    assert result.validation.layers.compared == 5
    assert result.self_tests == (2, 2)
    assert result.repeated == 0
    assert result.validation.context_bytes == compiled.library.context_bytes
    assert result.cost.instructions is not None
    assert result.cost.stack_bytes is not None
    assert 64 < result.cost.stack_bytes < 1024
    assert result.cost.milliseconds is None, "virtual time must not be shown as real"


def test_instructions_agree_with_the_counting_emulator(
    small_model: Path, compiled: Compiled, command: list[str]
) -> None:
    from mcugen.validation import validate_in_emulator

    _, costs = validate_in_emulator(compiled, proof_images(compiled.imported.input_tensor, 3, 0))
    with Wire(command) as wire:
        result = _validate(compiled, wire)
    # The loop of invoke itself is not in the board's figure, the call of each row is in both.
    assert result.cost.instructions == pytest.approx(costs.instructions, rel=0.02)


def test_the_command_proves_it(small_model: Path, command: list[str]) -> None:
    with Wire(command) as wire:
        wire.wait_for_board()
        outcome = mcugen("validate", str(small_model), "--on", f"serial:{wire.port}", "--cases", "2", "--json")
    assert outcome.code == 0, outcome.stderr
    view = outcome.json
    assert view["bit_exact"] is True
    assert view["board"] == "netduinoplus2"


@pytest.mark.parametrize("direction", ["to_host", "to_board"])
def test_damaged_frames_are_sent_again(compiled: Compiled, command: list[str], direction: str) -> None:
    with Wire(command, **{direction: _flip_every(301)}) as wire:  # type: ignore[arg-type]
        result = _validate(compiled, wire)
    assert result.validation.bit_exact
    assert result.repeated > 0


def _burst(noise: bytes, every: int) -> Callable[[bytes], bytes]:
    """Puts noise between what is sent, each time that so many bytes were."""
    seen = 0

    def disturb(data: bytes) -> bytes:
        nonlocal seen
        seen += len(data)
        if seen < every:
            return data
        seen = 0
        return noise + data

    return disturb


@pytest.mark.parametrize(
    "noise", [b"\0" + b"\x05\0" * 10, b"\0" + b"\x55" * 20 + b"\0\x01\x02\0" * 5], ids=["bytes", "frames"]
)
def test_a_burst_of_noise_does_not_end_the_run(compiled: Compiled, command: list[str], noise: bytes) -> None:
    """The board says of each piece of noise that it came damaged: the request is not given up for their number."""
    with Wire(command, to_board=_burst(noise, 400)) as wire:
        result = _validate(compiled, wire, timeout_s=2.0, count=1)
    assert result.validation.bit_exact


def test_a_long_name_is_not_cut(platformio: dict[str, str], small_model: Path, tmp_path: Path) -> None:
    name = "a_name_as_long_as_a_library_can_have_it_with_all_its_words_in_it"[:63]
    project = tmp_path / "project"
    options = ("--board", BOARD.name, "--project", str(project), "--until", "build", "--name", name)
    done = flash(platformio, str(small_model), *options)
    assert done.returncode == 0, done.stderr
    with Wire(run_command(BOARD, program_path(project, BOARD))) as wire:
        wire.wait_for_board()
        outcome = mcugen("validate", str(small_model), "--on", f"serial:{wire.port}", "--cases", "1", "--json")
    assert outcome.code == 0, outcome.stderr
    assert outcome.json["bit_exact"] is True


@pytest.mark.parametrize("direction", ["to_host", "to_board"])
def test_a_line_of_noise_is_an_error(compiled: Compiled, command: list[str], direction: str) -> None:
    with Wire(command, **{direction: _flip_every(3)}) as wire, pytest.raises(LinkError, match="no answer within"):  # type: ignore[arg-type]
        _validate(compiled, wire, timeout_s=1.0)


def test_a_slow_line_is_not_a_silent_one(compiled: Compiled, command: list[str]) -> None:
    """The whole run takes many times the timeout, but something always comes."""
    with Wire(command, pace_s=0.002) as wire:
        result = _validate(compiled, wire, timeout_s=1.0, count=1)
    assert result.validation.bit_exact


def test_a_reset_in_the_middle_is_an_error(compiled: Compiled, command: list[str]) -> None:
    with Wire(command, after=500, fault=Wire.reset) as wire, pytest.raises(LinkError, match="was reset in the middle"):
        _validate(compiled, wire)


def test_a_pulled_cable_is_an_error(compiled: Compiled, command: list[str]) -> None:
    with Wire(command, after=500, fault=Wire.unplug) as wire, pytest.raises(LinkError, match="serial port has gone"):
        _validate(compiled, wire)


def test_silence_is_an_error_and_no_hang(compiled: Compiled, command: list[str]) -> None:
    gone = False

    def swallow(data: bytes) -> bytes:
        return b"" if gone else data

    def go(wire: Wire) -> None:
        nonlocal gone
        gone = True

    start = time.monotonic()
    with (
        Wire(command, to_host=swallow, after=500, fault=go) as wire,
        pytest.raises(LinkError, match=r"did not answer in 5 tries: nothing came for 0\.3 s"),
    ):
        _validate(compiled, wire, timeout_s=0.3)
    assert time.monotonic() - start < 60


def test_nobody_at_the_other_end() -> None:
    with (
        Wire(["sleep", "60"]) as wire,
        pytest.raises(LinkError, match=r"no answer within 0\.5 s"),
        open_board(wire.port, timeout_s=0.5),
    ):
        pass


def test_endless_noise_is_an_error_and_no_hang() -> None:
    with (
        Wire(["cat", "/dev/urandom"]) as wire,
        pytest.raises(LinkError, match="no answer within"),
        open_board(wire.port, timeout_s=0.5),
    ):
        pass


def test_another_model_is_refused(command: list[str], tmp_path: Path, small_model: Path) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(small_model.read_bytes() + b"\0")
    with Wire(command) as wire:
        wire.wait_for_board()
        outcome = mcugen("validate", str(other), "--on", f"serial:{wire.port}")
    assert outcome.code == 2
    assert "the board holds 'small' of a model with SHA-256" in outcome.stderr
    assert "exact" not in outcome.stdout


def test_another_library_of_the_same_model_is_refused(small_model: Path, command: list[str]) -> None:
    with Wire(command) as wire, pytest.raises(McugenError, match="generated from this model, but otherwise"):
        _validate(compile_model(small_model, target=BOARD.target, resident_image=True), wire)


def test_a_wrong_weight_on_the_board_is_found(platformio: dict[str, str], compiled: Compiled, project: Path) -> None:
    """The firmware claims the right hashes and computes something else."""
    weights = project / "model" / BOARD.name / "small" / "small_weights.c"
    text = weights.read_text()
    weights.write_text(re.sub(r"= \{\s+(\S+),", r"= { (\1) ^ 0x40,", text, count=1))
    pio = [sys.executable, "-m", "platformio", "run", "-d", str(project), "-e", BOARD.name]
    try:
        subprocess.run(pio, env=platformio, check=True, capture_output=True)
        with Wire(run_command(BOARD, program_path(project, BOARD))) as wire:
            result = _validate(compiled, wire)
    finally:
        weights.write_text(text)
        subprocess.run(pio, env=platformio, check=True, capture_output=True)
    assert not result.validation.bit_exact
    found = result.validation.mismatch
    assert found is not None
    assert found.build == "traced"
    assert found.expected != found.got
    assert np.all(np.array(found.index) >= 0)
    assert result.self_tests[0] < 2
