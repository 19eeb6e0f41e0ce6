"""PJRC's Teensy, on PlatformIO's platform `teensy`.

Sizes and clock are those of the platform's board file. The core's linker script puts code into ITCM and constants into
DTCM, both of the same 512 KiB, so that all of a network runs without wait states and takes RAM; `.progmem` leaves
constants in flash.
"""

from mcugen.targets.boards.board import Board

TEENSY41 = Board(
    name="teensy41",
    title="Teensy 4.1",
    mcu="i.MX RT1062",
    core="Cortex-M7F",
    target="cortex-m7",
    flash_bytes=8_126_464,
    ram_bytes=512 << 10,
    clock_hz=600_000_000,
    platform="teensy",
    framework="arduino",
    flash_source="PlatformIO's board file teensy41.json: 8 MiB less the bootloader's",
    ram_source="PlatformIO's board file teensy41.json: ITCM and DTCM, without 512 KiB of OCRAM, where the heap lies",
    memory="imxrt1062",
    copied=("code", "constants"),
)

TEENSY = (TEENSY41,)
