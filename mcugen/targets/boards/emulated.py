"""Boards that need no hardware: machines of QEMU, and the host itself.

Their firmware is bare metal (PlatformIO's platform is the firmware's own, in `firmware/platforms/emulated`).
"""

from mcugen.targets.boards.board import Board

_LINKER = "the memory map of QEMU's machine, as the firmware's linker script divides it"

NETDUINOPLUS2 = Board(
    name="netduinoplus2",
    title="Netduino Plus 2, emulated",
    mcu="STM32F405RGT6",
    core="Cortex-M4F",
    target="cortex-m4",
    flash_bytes=1 << 20,
    ram_bytes=128 << 10,
    clock_hz=168_000_000,
    platform="emulated",
    framework="",
    flash_source="data sheet DS8626",
    ram_source="data sheet DS8626: SRAM1 and SRAM2, without the 64 KiB that are coupled to the core",
    emulator="netduinoplus2",
    memory="stm32f405",
)
MPS2_AN386 = Board(
    name="mps2-an386",
    title="Arm MPS2 with AN386, emulated",
    mcu="AN386",
    core="Cortex-M4F",
    target="cortex-m4",
    flash_bytes=4 << 20,
    ram_bytes=4 << 20,
    clock_hz=25_000_000,
    platform="emulated",
    framework="",
    flash_source=_LINKER,
    ram_source=_LINKER,
    emulator="mps2-an386",
)
RISCV_VIRT = Board(
    name="riscv-virt",
    title="RISC-V, emulated",
    mcu="virt",
    core="RISC-V RV32IMC",
    target="rv32imc",
    flash_bytes=4 << 20,
    ram_bytes=4 << 20,
    clock_hz=0,
    platform="emulated",
    framework="",
    flash_source=_LINKER,
    ram_source=_LINKER,
    emulator="virt",
)
NATIVE = Board(
    name="native",
    title="the host, as a program",
    mcu="",
    core="the host's",
    target="generic",
    flash_bytes=0,
    ram_bytes=0,
    clock_hz=0,
    platform="native",
    framework="",
    flash_source="no limit",
    ram_source="no limit",
)

EMULATED = (NETDUINOPLUS2, MPS2_AN386, RISCV_VIRT, NATIVE)
