"""Memories of parts whose flash is a chip on a serial bus, read in place through a cache: RP2040, RP2350, ESP32.

A missing line is read with one command: `_line` counts the bus's clocks (command, address, mode and dummy clocks, data)
and gives them in cycles of the core. Nothing runs meanwhile.
"""

from mcugen.targets.memory.system import Cache, MemorySystem

_KIB = 1 << 10
_MHZ = 1_000_000


def _line(line_bytes: int, data_lines: int, overhead_clocks: int, core_mhz: int, bus_mhz: float) -> int:
    """Cycles of the core for a line over `data_lines` wires, after so many clocks of command and address."""
    return round((overhead_clocks + 8 * line_bytes / data_lines) * core_mhz / bus_mhz)


def _raspberry(name: str, mhz: int, overhead_clocks: int, divider: int, manual: str, flash: str) -> MemorySystem:
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=0,
        read_bytes=1,
        fill_cycles=_line(8, 4, overhead_clocks, mhz, mhz / divider),
        instruction_cache=Cache(16 * _KIB, 8, 2),
        unified=True,
        sources=(
            ("caches", f"{manual}, XIP cache: 16 KB, 2 ways, lines of 8 bytes, for instructions and constants"),
            ("replacement", "assumed: LRU"),
            ("fill_cycles", flash),
        ),
    )


def _espressif(
    name: str, mhz: int, icache: Cache, dcache: Cache | None, bus: tuple[int, int, float], manual: str, flash_mode: str
) -> MemorySystem:
    data_lines, overhead, bus_mhz = bus
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=0,
        read_bytes=1,
        fill_cycles=_line(icache.line_bytes, data_lines, overhead, mhz, bus_mhz),
        instruction_cache=icache,
        data_cache=dcache,
        unified=dcache is None,
        sources=(
            ("caches", manual),
            ("replacement", "assumed: LRU"),
            ("fill_cycles", f"PlatformIO's {flash_mode}; clocks of the command, address and dummies as of W25Q flash"),
        ),
    )


# Eight clocks of address and mode, four dummy; the command is left out, as the flash is in continuous mode.
RP2040 = _raspberry(
    "rp2040",
    133,
    12,
    2,
    "RP2040 data sheet, 2.6.3",
    "boot2_w25q080_2_padded_checksum.S, which PlatformIO's board file rpipico.json names: EBh, half the core's clock",
)
# Eight clocks of command on one wire before these.
RP2350 = _raspberry(
    "rp2350",
    150,
    20,
    3,
    "RP2350 data sheet, 4.4",
    "what the boot ROM leaves and no boot2 changes (pico-sdk issues 1903 and 2172: M0_TIMING 60007203h, M0_RFMT "
    "492A8h, M0_RCMD EBh): a third of the core's clock, the command each time, before lines in a row as well",
)
# Eight clocks of command on one wire, then address and mode on two (16) or on four (8) and the dummy clocks.
ESP32 = _espressif(
    "esp32",
    240,
    Cache(32 * _KIB, 32, 2),
    None,
    (2, 24, 40.0),
    "ESP32 Technical Reference Manual, cache: 32 KB of each core, 2 ways, lines of 32 bytes",
    "esp32dev.json and esp32cam.json: DIO at 40 MHz",
)
ESP32_S3 = _espressif(
    "esp32s3",
    240,
    Cache(16 * _KIB, 32, 8),
    Cache(32 * _KIB, 32, 8),
    (4, 20, 80.0),
    "ESP-IDF's port/soc/esp32s3/Kconfig.cache, whose defaults the Arduino core's libraries keep: 16 KB and 32 KB, "
    "8 ways, lines of 32 bytes",
    "esp32-s3-devkitc-1.json and seeed_xiao_esp32s3.json: QIO at 80 MHz",
)
ESP32_C3 = _espressif(
    "esp32c3",
    160,
    Cache(16 * _KIB, 32, 8),
    None,
    (4, 20, 80.0),
    "ESP-IDF's esp_rom/esp32c3/include/esp32c3/rom/cache.h: 16 KB, 8 ways, lines of 32 bytes",
    "esp32-c3-devkitm-1.json: QIO at 80 MHz",
)

SERIAL_FLASH_MEMORIES = (RP2040, RP2350, ESP32, ESP32_S3, ESP32_C3)
