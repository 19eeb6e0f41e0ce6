"""Whether a model fits a board, before anything is built: the library alone, and the firmware of `mcugen flash`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mcugen.codegen.code_size import estimate_code_bytes
from mcugen.codegen.stack_size import estimate_stack_bytes
from mcugen.codegen.test_vectors import vector_bytes
from mcugen.compiler import Compiled
from mcugen.firmware.placement import choose_places, memory_with, ram_change
from mcugen.targets.boards import BOARDS, Board
from mcugen.targets.boards.placement import Placement
from mcugen.targets.memory import MemorySystem


@dataclass(frozen=True)
class Around:
    """What a program takes besides the network: bytes of flash, and of RAM with its stack. source: of the figures."""

    flash: int
    ram: int
    source: str


# Rounded up from the linker's figures of benchmarks/boards.py for the emulated boards. Those of Espressif's framework
# are what empty programs with a serial port are commonly seen to take: it cannot be built without its registry.
_AROUND = {
    "emulated": Around(8 << 10, 6 << 10, "measured by the linker, with 4 KiB of stack"),
    "espressif32": Around(300 << 10, 40 << 10, "estimated for the Arduino core, with its tasks' stacks"),
    "native": Around(0, 0, "no limit"),
    "raspberrypi": Around(54 << 10, 12 << 10, "that of the RP2040's, measured by the linker"),
    "nordicnrf52": Around(128 << 10, 64 << 10, "estimated for the Arduino core over Mbed OS, with its tasks' stacks"),
    "ch32v": Around(24 << 10, 6 << 10, "estimated for the Arduino core"),
    "portenta_h7_m7": Around(160 << 10, 80 << 10, "estimated for the Arduino core over Mbed OS"),
    "nicla_vision": Around(160 << 10, 80 << 10, "estimated for the Arduino core over Mbed OS"),
    "": Around(0, 0, "there is no firmware for it: the library alone"),
}
# KiB of flash and of static RAM of the firmware as linked, less the network's by the estimate below, rounded up: by
# platform ststm32 19.6.0 and Arduino core 2.12.0; Earle Philhower's core 6.0.0; Teensyduino's of June 2026; Seeed's for
# nRF52 with Adafruit's TinyUSB.
_LINKED = {
    "bluepill_f103c8": (19, 2),
    "blackpill_f411ce": (17, 5),
    "nucleo_f446re": (20, 5),
    "nucleo_l4r5zi": (27, 5),
    "nucleo_f746zg": (24, 5),
    "nucleo_h743zi": (33, 5),
    "nucleo_u575zi_q": (34, 5),
    "nucleo_h7a3zi_q": (32, 5),
    "rpipico": (54, 12),
    "rpipico2": (52, 12),
    "teensy41": (26, 18),
    "xiao_nrf52840_sense": (84, 16),
}
_STACK = 2 << 10
_AROUND |= {
    name: Around(flash << 10, (ram << 10) + _STACK, "measured by the linker, with 2 KiB of stack")
    for name, (flash, ram) in _LINKED.items()
}


def _around(board: Board) -> Around:
    return _AROUND.get(board.name) or _AROUND[board.platform]


@dataclass(frozen=True)
class Footprint:
    """Bytes that a model needs on a board, and what the board has (0: no limit).

    library_flash, library_ram: of the library in a program of somebody's own: constants and code; context and stack.
    flash, ram: of the firmware without the traced twin of the network. twin_flash, twin_ram: what that adds.
    network_flash, network_ram: the firmware's part that goes with the network, the images that it tests itself with
    among it; network_code: of network_flash, what is executed. What start-up copies to RAM on this board is in ram and
    twin_ram, not in network_ram. placed: the parts of the network for which the board has places with room.
    """

    board: Board
    flash: int
    ram: int
    twin_flash: int
    twin_ram: int
    network_flash: int
    network_ram: int
    network_code: int
    library_flash: int
    library_ram: int
    placed: Placement

    @property
    def library_fits(self) -> bool:
        """The library alone, whatever else is in the program."""
        return _over(self.library_flash, self.board.flash_bytes) <= 0 and (
            _over(self.library_ram, self.board.ram_bytes) <= 0
        )

    @property
    def fits(self) -> bool:
        """The firmware, without the traced twin."""
        return self.flash_over <= 0 and self.ram_over <= 0

    @property
    def twin_fits(self) -> bool:
        """With the traced twin."""
        return _over(self.flash + self.twin_flash, self.board.flash_bytes) <= 0 and (
            _over(self.ram + self.twin_ram, self.board.ram_bytes) <= 0
        )

    @property
    def flash_over(self) -> int:
        """Bytes of flash that are missing, negative where there is room."""
        return _over(self.flash, self.board.flash_bytes)

    @property
    def ram_over(self) -> int:
        """Bytes of RAM that are missing, negative where there is room."""
        return _over(self.ram, self.board.ram_bytes)


def footprint(compiled: Compiled, board: Board) -> Footprint:
    """Constants and context exactly, code and stack by estimate, the rest of the firmware by `_AROUND`."""
    around = _around(board)
    library = compiled.library
    image, output = compiled.imported.input_tensor, compiled.imported.output_tensor
    code = estimate_code_bytes(compiled.library)
    vectors = vector_bytes(compiled.imported, compiled.self_test)
    network_flash = library.constant_bytes + code + vectors
    kept = 0 if library.by_rows else output.size
    camera = compiled.imported.camera
    # Rows of the self-test's image, and of its frames.
    rows = image.width * image.channels + (0 if camera is None else camera.row_bytes)
    network_ram = library.context_bytes + rows + kept
    twin_code = code + code // 4
    twin_ram = max(t.width * t.channels for t in library.layers) + 4 * len(library.layers)
    plain_ram = network_ram + _copied(board, code, network_flash - code) + around.ram
    parts = {"code": code, "context": library.context_bytes, "constants": library.constant_bytes}
    placed = choose_places(board, parts, plain_ram)
    return Footprint(
        board=board,
        flash=network_flash + around.flash,
        ram=plain_ram + ram_change(placed, parts),
        twin_flash=twin_code,
        twin_ram=twin_ram + _copied(board, twin_code, 0),
        network_flash=network_flash,
        network_ram=network_ram,
        network_code=code,
        library_flash=library.constant_bytes + code,
        library_ram=library.context_bytes + estimate_stack_bytes(library),
        placed=placed,
    )


def board_memory(compiled: Compiled, board: Board) -> MemorySystem | None:
    """What stands between the board's core and its flash, with the model where the firmware places it; None where that
    is not known."""
    return memory_with(board, footprint(compiled, board).placed)


def refusal(needs: Footprint) -> tuple[str, str]:
    """Why the board cannot hold it, by how much, and what would fit. For a footprint that does not fit."""
    board = needs.board
    parts = [
        f"{kind} by {over:,} bytes ({need:,} of {has:,})"
        for kind, over, need, has in (
            ("flash", needs.flash_over, needs.flash, board.flash_bytes),
            ("RAM", needs.ram_over, needs.ram, board.ram_bytes),
        )
        if over > 0
    ]
    ways = []
    if needs.library_fits:
        flash, ram = needs.library_flash, needs.library_ram
        ways.append(f"the library in a program of your own ({flash:,} bytes of flash, {ram:,} of RAM)")
    if needs.flash_over > 0:
        share = _share(needs.library_flash, needs.flash_over)
        # Nearly all weights are pointwise, alpha^2 of them (Howard et al. 2017, section 3.3).
        ways.append(f"alpha about {math.sqrt(share):.2f} times as large" if share else "a net of another kind")
    if needs.ram_over > 0:
        share = _share(needs.network_ram, needs.ram_over)
        # Rows live in rings: RAM goes with their width, rho, and their channels, alpha.
        ways.append(f"rho or alpha about {share:.2f} times as large" if share else "a net of another kind")
    boards = [other.name for other in BOARDS if other.is_physical and other.has_firmware and _holds(needs, other)]
    if boards:
        ways.append(f"or one of these boards: {', '.join(boards)}")
    ways.append(f"`mcugen fit --board {board.name}` searches")
    return (
        f"the firmware with the model does not fit {board.name}: over its {' and its '.join(parts)}",
        "what would fit: " + "; ".join(ways),
    )


def _copied(board: Board, code: int, constants: int) -> int:
    """Bytes of RAM that the framework's start-up fills from flash."""
    return code * ("code" in board.copied) + constants * ("constants" in board.copied)


def _holds(needs: Footprint, other: Board) -> bool:
    around = _around(other)
    code = needs.network_code
    ram = needs.network_ram + _copied(other, code, needs.network_flash - code)
    return needs.network_flash + around.flash <= other.flash_bytes and ram + around.ram <= other.ram_bytes


def _share(network: int, over: int) -> float:
    """What part of the network there is room for; 0 where there is none."""
    return max(0.0, math.floor(100 * (network - over) / network) / 100)


def _over(need: int, has: int) -> int:
    return need - has if has else -1
