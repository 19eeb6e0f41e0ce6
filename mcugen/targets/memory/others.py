"""Memories of Nordic's parts, of the i.MX RT1062 as Teensy 4.1 uses it, and of WCH's CH32V307."""

from mcugen.targets.memory.system import Cache, MemorySystem

_KIB = 1 << 10
_MHZ = 1_000_000

NRF52840 = MemorySystem(
    name="nrf52840",
    clock_hz=64 * _MHZ,
    wait_states=2,
    read_bytes=16,
    fill_cycles=3,
    instruction_cache=Cache(2 * _KIB, 16, 2),
    sources=(
        ("wait_states", "nRF52840 Product Specification, CPU: up to 2 without cache, up to 3 with it"),
        ("caches", "nRF52840 Product Specification, NVMC: a cache for instructions alone, off after reset"),
        ("switched on", "the firmware's src/ports/arduino.cpp: neither Adafruit's core nor Mbed OS writes ICACHECNF"),
        ("size", "assumed: 2 KB, 2 ways, lines of 128 bits, as of nRF52832"),
    ),
)
NRF5340 = MemorySystem(
    name="nrf5340",
    clock_hz=128 * _MHZ,
    wait_states=4,
    read_bytes=16,
    fill_cycles=5,
    instruction_cache=Cache(8 * _KIB, 16, 2),
    unified=True,
    sources=(
        ("caches", "nRF5340 Product Specification, CACHE: 2 ways, LRU, lines of 128 bits, instructions and constants"),
        ("size", "nRF5340 Product Specification, CACHE: 256 sets, 8 KB"),
        ("switched on", "Zephyr's soc/nordic/nrf53/soc.c, CONFIG_NRF_ENABLE_CACHE"),
        ("wait_states", "assumed: the flash of nRF52840, 31 ns a read, at twice its clock"),
    ),
)
IMXRT1062 = MemorySystem(
    name="imxrt1062",
    clock_hz=600 * _MHZ,
    wait_states=0,
    read_bytes=8,
    fill_cycles=0,
    instruction_cache=Cache(32 * _KIB, 32, 2),
    data_cache=Cache(32 * _KIB, 32, 4),
    code_in_ram=True,
    constants_in_ram=True,
    instruction_tcm_bytes=512 * _KIB,
    data_tcm_bytes=512 * _KIB,
    sources=(
        ("code_in_ram", "Teensyduino's imxrt1062_t41.ld: code without FLASHMEM is copied to ITCM, constants to DTCM"),
        ("caches", "i.MX RT1060 Reference Manual, Arm Cortex-M7 platform: 32 KB each"),
        ("tcm", "i.MX RT1060 Reference Manual, FlexRAM: 512 KB that both tightly coupled memories share"),
    ),
)
CH32V307 = MemorySystem(
    name="ch32v307",
    clock_hz=144 * _MHZ,
    wait_states=0,
    read_bytes=4,
    fill_cycles=0,
    code_in_ram=True,
    constants_in_ram=True,
    sources=(("code_in_ram", "CH32V307 data sheet, memory: the zero-wait area holds program and constants"),),
)

OTHER_MEMORIES = (NRF52840, NRF5340, IMXRT1062, CH32V307)
