"""What fits a board, and what the refusal says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.firmware.footprint import footprint, refusal
from mcugen.targets.boards import find_board
from tests.firmware.conftest import ROOT
from tests.support.command import mcugen

MODEL = ROOT / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"


def test_a_model_too_large_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    project = tmp_path / "p"
    outcome = mcugen("flash", str(MODEL), "--board", "bluepill_f103c8", "--project", str(project))
    assert outcome.code == 3
    assert "the firmware with the model does not fit bluepill_f103c8: over its flash by" in outcome.stderr
    assert "what would fit: alpha about 0." in outcome.stderr
    assert "blackpill_f411ce" in outcome.stderr
    assert not project.exists()
    assert mcugen("new", str(project), "--model", str(MODEL), "--board", "bluepill_f103c8").code == 3
    assert not project.exists()


def test_the_boards_that_a_refusal_names_fit() -> None:
    message, hint = refusal(footprint(compile_model(MODEL, target="cortex-m3"), find_board("bluepill_f103c8")))
    assert message.endswith("of 65,536)")
    names = hint.split("boards: ")[1].split(", ")
    assert len(names) > 3
    board = find_board(names[0])
    assert footprint(compile_model(MODEL, target=board.target), board).fits


def test_a_small_model_fits_with_its_traced_twin(small_model: Path) -> None:
    needs = footprint(compile_model(small_model, target="cortex-m3"), find_board("bluepill_f103c8"))
    assert needs.fits
    assert needs.twin_fits


TINY = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
LARGER_LINKED, TINY_LINKED = (
    Path(__file__).parent / "linked" / f"{name}.onnx" for name in ("mnv1_a025_32", "shallow_a010_32")
)
# Flash and static RAM of the firmware, with the traced twin where it fits, as it was linked: by platform ststm32 19.6.0
# and Arduino core 2.12.0, and by the cores that `mcugen.firmware.footprint` names. Kernels in ITCM are in flash, a
# context in DTCM is not in RAM; on the Picos kernels are in both, on Pico 2 and Teensy constants as well.
LINKED = [
    ("nucleo_f446re", LARGER_LINKED, 283_700, 8_236),
    ("blackpill_f411ce", LARGER_LINKED, 280_424, 8_188),
    ("nucleo_l4r5zi", LARGER_LINKED, 290_980, 8_340),
    ("nucleo_f746zg", LARGER_LINKED, 288_296, 8_388),
    ("nucleo_h743zi", LARGER_LINKED, 297_500, 4_840),
    ("nucleo_u575zi_q", LARGER_LINKED, 298_432, 8_340),
    ("bluepill_f103c8", TINY_LINKED, 60_120, 3_720),
    ("nucleo_h7a3zi_q", LARGER_LINKED, 297_704, 4_848),
    ("rpipico", LARGER_LINKED, 339_796, 32_524),
    ("rpipico2", LARGER_LINKED, 318_732, 263_932),
    ("teensy41", LARGER_LINKED, 289_792, 285_904),
    ("xiao_nrf52840_sense", LARGER_LINKED, 349_576, 19_608),
]


@pytest.mark.parametrize(("name", "model", "flash", "ram"), LINKED, ids=[name for name, *_ in LINKED])
def test_estimates_are_at_least_what_the_linker_gave_and_near_it(name: str, model: Path, flash: int, ram: int) -> None:
    board = find_board(name)
    needs = footprint(compile_model(model, target=board.target), board)
    assert needs.fits
    assert needs.twin_fits == (model is LARGER_LINKED)
    flash_of_twin, ram_of_twin = (needs.twin_flash, needs.twin_ram) if needs.twin_fits else (0, 0)
    # Kernels are newer than those of the links, on Cortex-M0+ with larger tables and smaller code.
    assert flash <= needs.flash + flash_of_twin < flash + (9 << 10)
    # Static RAM and the stack; a Teensy and a Pico have their kernels there as well.
    assert ram + (1 << 10) <= needs.ram + ram_of_twin < ram + (7 << 10)


def test_a_refusal_says_where_the_library_alone_has_room() -> None:
    compiled = compile_model(TINY, target="cortex-m3")
    board = replace(find_board("bluepill_f103c8"), flash_bytes=48 << 10)
    needs = footprint(compiled, board)
    assert needs.library_fits
    assert not needs.fits
    assert "the library in a program of your own" in refusal(needs)[1]


def test_the_host_has_no_limit() -> None:
    assert footprint(compile_model(MODEL), find_board("native")).twin_fits
