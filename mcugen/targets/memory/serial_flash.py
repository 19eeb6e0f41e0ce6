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


def _raspberry(name: str, mhz: int, manual: str) -> MemorySystem:
    # Six clocks of address, two of mode, four dummy; the command is left out, as the flash is in continuous mode.
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=0,
        read_bytes=1,
        fill_cycles=_line(8, 4, 12, mhz, mhz / 2),
        instruction_cache=Cache(16 * _KIB, 8, 2),
        unified=True,
        sources=(
            ("caches", f"{manual}, XIP cache: 16 KB, 2 ways, lines of 8 bytes, for instructions and constants"),
            ("replacement", "assumed: LRU"),
            ("fill_cycles", "the SDK's second stage for W25Q: command EBh in continuous mode at half the core's clock"),
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
            ("fill_cycles", f"the Arduino core's board file: {flash_mode}"),
        ),
    )


RP2040 = _raspberry("rp2040", 133, "RP2040 data sheet, 2.6.3")
RP2350 = _raspberry("rp2350", 150, "RP2350 data sheet, 4.4")
# Eight clocks of command on one wire, then address and mode on two (16) or on four (8) and the dummy clocks.
ESP32 = _espressif(
    "esp32",
    240,
    Cache(32 * _KIB, 32, 2),
    None,
    (2, 24, 40.0),
    "ESP32 Technical Reference Manual, cache: 32 KB of each core, 2 ways, lines of 32 bytes",
    "DIO at 40 MHz",
)
ESP32_S3 = _espressif(
    "esp32s3",
    240,
    Cache(16 * _KIB, 32, 8),
    Cache(32 * _KIB, 32, 8),
    (4, 20, 80.0),
    "ESP32-S3 Technical Reference Manual, cache; sizes and ways by ESP-IDF's defaults, lines of 32 bytes",
    "QIO at 80 MHz",
)
ESP32_C3 = _espressif(
    "esp32c3",
    160,
    Cache(16 * _KIB, 32, 8),
    None,
    (4, 20, 80.0),
    "ESP32-C3 Technical Reference Manual, cache: 16 KB, 8 ways, lines of 32 bytes",
    "QIO at 80 MHz",
)

SERIAL_FLASH_MEMORIES = (RP2040, RP2350, ESP32, ESP32_S3, ESP32_C3)
