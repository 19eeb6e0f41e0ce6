"""Raspberry Pi's boards, on Earle Philhower's Arduino core and the PlatformIO platform that has it.

Sizes and clocks are those of the board files of `maxgerhardt/platform-raspberrypi` (`upload.maximum_size`,
`upload.maximum_ram_size`, `build.f_cpu`). Flash is read over QSPI through 16 KB of cache: the firmware has its kernels
in SRAM, and the constants of a network that leaves room for others. The core's linker script has sections for that.
"""

from mcugen.targets.boards.board import Board
from mcugen.targets.boards.placement import Place, Placement

_FLASH_SOURCE = "PlatformIO's board file {}: the QSPI flash chip, less the core's 4 KiB for settings"
_SETTINGS = 4 << 10


def _pico(
    name: str,
    title: str,
    mcu: str,
    core: str,
    target: str,
    board: str,
    flash_mib: int,
    ram_kib: int,
    mhz: int,
    data: str,
) -> Board:
    return Board(
        name=name,
        title=title,
        mcu=mcu,
        core=core,
        target=target,
        flash_bytes=(flash_mib << 20) - _SETTINGS,
        ram_bytes=ram_kib << 10,
        clock_hz=mhz * 1_000_000,
        platform="raspberrypi",
        framework="arduino",
        flash_source=_FLASH_SOURCE.format(board),
        ram_source=f"PlatformIO's board file {board}, and {data}: striped SRAM, without two banks of 4 KiB for stacks",
        memory=mcu.lower(),
        placement=Placement(code=Place(".time_critical.network"), constants=Place(".time_critical.network_constants")),
    )


RPIPICO = _pico(
    "rpipico",
    "Raspberry Pi Pico",
    "RP2040",
    "Cortex-M0+",
    "cortex-m0plus",
    "rpipico.json",
    2,
    256,
    133,
    "data sheet RP2040, 2.6.2",
)
RPIPICO2 = _pico(
    "rpipico2",
    "Raspberry Pi Pico 2",
    "RP2350",
    "Cortex-M33F",
    "cortex-m33",
    "rpipico2.json",
    4,
    512,
    150,
    "data sheet RP2350, 4.2",
)
RPIPICO2_RISCV = _pico(
    "rpipico2-riscv",
    "Raspberry Pi Pico 2, its RISC-V cores",
    "RP2350",
    "RISC-V RV32IMC",
    "rv32imc",
    "rpipico2.json",
    4,
    512,
    150,
    "data sheet RP2350, 4.2",
)

RASPBERRY_PI = (RPIPICO, RPIPICO2, RPIPICO2_RISCV)
