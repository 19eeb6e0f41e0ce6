"""Arduino's own boards whose core runs on Mbed OS: Nano 33 BLE Sense, Portenta H7, Nicla Vision.

Sizes and clocks are those of the board files of PlatformIO's platforms `nordicnrf52` and `ststm32`
(`upload.maximum_size`, `upload.maximum_ram_size`, `build.f_cpu`), and agree with the core's linker scripts.
"""

from mcugen.targets.boards.board import Board

_H7_FLASH = "the half of flash that the linker script gives the Cortex-M7, less Arduino's bootloader"
_H7_RAM = "the 512 KiB of AXI SRAM, of 1 MiB in several banks, less the core's 664 bytes"


def _stm32h747(name: str, title: str) -> Board:
    return Board(
        name=name,
        title=title,
        mcu="STM32H747",
        core="Cortex-M7F",
        target="cortex-m7",
        flash_bytes=786_432,
        ram_bytes=523_624,
        clock_hz=480_000_000,
        platform="ststm32",
        framework="arduino",
        flash_source=f"PlatformIO's board file {name}.json: {_H7_FLASH}",
        ram_source=f"PlatformIO's board file {name}.json: {_H7_RAM}",
        memory="stm32h747",
    )


NANO33BLE = Board(
    name="nano33ble",
    title="Arduino Nano 33 BLE Sense",
    mcu="nRF52840",
    core="Cortex-M4F",
    target="cortex-m4",
    flash_bytes=960 << 10,
    ram_bytes=256 << 10,
    clock_hz=64_000_000,
    platform="nordicnrf52",
    framework="arduino",
    flash_source="PlatformIO's board file nano33ble.json: 1 MiB less Arduino's bootloader",
    ram_source="PlatformIO's board file nano33ble.json",
    memory="nrf52840",
)
PORTENTA_H7_M7 = _stm32h747("portenta_h7_m7", "Arduino Portenta H7")
NICLA_VISION = _stm32h747("nicla_vision", "Arduino Nicla Vision")

ARDUINO_MBED = (NANO33BLE, PORTENTA_H7_M7, NICLA_VISION)
