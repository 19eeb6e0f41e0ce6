"""Nordic's nRF52 and nRF53 on boards of other makers and its own.

The XIAO's sizes and clock are those of the board file of Seeed's PlatformIO platform, `seeedboards`, whose program
shares flash and RAM with Nordic's Bluetooth stack. PlatformIO has no board with an nRF5340: its sizes are Nordic's, and
programs for it are made with Zephyr. The clock is the highest, which a program asks for; the core starts at half of it.
"""

from mcugen.targets.boards.board import Board

_XIAO_FILE = "PlatformIO's board file seeed-xiao-afruitnrf52-nrf52840-sense.json"

XIAO_NRF52840_SENSE = Board(
    name="xiao_nrf52840_sense",
    title="Seeed XIAO nRF52840 Sense",
    mcu="nRF52840",
    core="Cortex-M4F",
    target="cortex-m4",
    flash_bytes=811_008,
    ram_bytes=237_568,
    clock_hz=64_000_000,
    platform="seeedboards",
    framework="arduino",
    flash_source=f"{_XIAO_FILE}: 1 MiB less SoftDevice, settings and bootloader",
    ram_source=f"{_XIAO_FILE}: 256 KiB less the SoftDevice's",
    memory="nrf52840",
)
NRF5340DK = Board(
    name="nrf5340dk",
    title="Nordic nRF5340 DK, application core",
    mcu="nRF5340",
    core="Cortex-M33F",
    target="cortex-m33",
    flash_bytes=1 << 20,
    ram_bytes=512 << 10,
    clock_hz=128_000_000,
    platform="",
    framework="",
    flash_source="product specification nRF5340, memory",
    ram_source="product specification nRF5340, memory; Zephyr keeps 64 KiB of it for the network core",
    memory="nrf5340",
)

NORDIC = (XIAO_NRF52840_SENSE, NRF5340DK)
