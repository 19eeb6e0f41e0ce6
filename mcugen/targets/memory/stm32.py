"""Memories of STM32 parts: flash with wait states, ST's ART accelerator, the L1 caches of Cortex-M7, the ICACHE of U5.

Clocks, wait states and what is switched on are what the start-up code of ST's Arduino core does (2.12.0): for each
board SystemClock_Config of its variant, which takes the wait states from the reference manual's table; HAL_Init, which
enables prefetch on F1, F4 and F7, not on L4; the caches of Cortex-M7 before main (cores/arduino/main.cpp). Flash is
read by its AXI address on Cortex-M7, where F7's ART is not in the way.
"""

from mcugen.targets.memory.system import Cache, MemorySystem

_KIB = 1 << 10
_MHZ = 1_000_000
_PREFETCH = ("prefetch", "on: PREFETCH_ENABLE of the Arduino core's HAL configuration")
_NO_PREFETCH = ("prefetch", "off: PREFETCH_ENABLE of the Arduino core's HAL configuration")
_VARIANT = "{} in SystemClock_Config of the Arduino core's variant {}, as in the table of {}"
_L4_CACHES = (
    "caches",
    "ST's stm32l4xx_hal_flash.c: 32 cache lines of 4*64 bits on I-Code, 8 on D-Code; 1 KB, 256 B in RM0351 and RM0432",
)
_L4_WAYS = ("ways", "assumed: 32 and 8 lines of 4 x 64 bits are sets of four, LRU")
_M7_CACHES = ("caches", "Cortex-M7 TRM (DDI 0489), L1 caches: 32-byte lines, instructions 2 ways, data 4 ways")
_M7_FILL = (
    "fill_cycles",
    "assumed: wait states and four bus cycles for the way there, the word that the core wants first",
)
_M7_RAM = ("ram_fill_cycles", "assumed: the way over AXI without the wait states")


def _wait_states(count: int, variant: str, manual: str) -> tuple[str, str]:
    return ("wait_states", _VARIANT.format(f"FLASH_LATENCY_{count}", variant, manual))


def _art(name: str, mhz: int, wait_states: int, manual: str, variant: str) -> MemorySystem:
    """F4: 64 lines of 128 bits for instructions, 8 for constants, of any address each."""
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=wait_states,
        read_bytes=16,
        fill_cycles=wait_states,
        prefetch=True,
        instruction_cache=Cache(1 * _KIB, 16, 64),
        data_cache=Cache(128, 16, 8),
        sources=(
            _wait_states(wait_states, variant, manual),
            (
                "caches",
                f"{manual}, main features of the flash interface: 64 cache lines of 128 bits on I-Code, 8 on D-Code",
            ),
            ("replacement", f"{manual}, adaptive real-time memory accelerator: the least recently used line"),
            _PREFETCH,
        ),
    )


def _l4(name: str, mhz: int, wait_states: int, waits: tuple[str, str], words: str) -> MemorySystem:
    """waits, words: sources of the wait states and of the width of a read."""
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=wait_states,
        read_bytes=8,
        fill_cycles=wait_states,
        instruction_cache=Cache(1 * _KIB, 8, 4),
        data_cache=Cache(256, 8, 4),
        sources=(waits, ("read_bytes", words), _L4_CACHES, _L4_WAYS, _NO_PREFETCH),
    )


def _m7(
    name: str,
    mhz: int,
    wait_states: int,
    read_bytes: int,
    bus_ratio: int,
    caches_kib: int,
    tcm_kib: tuple[int, int],
    manual: str,
    source: tuple[str, str],
    ram: tuple[str, str] = _M7_RAM,
) -> MemorySystem:
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=wait_states,
        read_bytes=read_bytes,
        fill_cycles=(wait_states + 4) * bus_ratio,
        instruction_cache=Cache(caches_kib * _KIB, 32, 2),
        data_cache=Cache(caches_kib * _KIB, 32, 4),
        ram_fill_cycles=5 * bus_ratio if ram is _M7_RAM else 0,
        instruction_tcm_bytes=tcm_kib[0] * _KIB,
        data_tcm_bytes=tcm_kib[1] * _KIB,
        sources=(source, _M7_CACHES, ("tcm", f"{manual}, memory organization"), _M7_FILL, ram),
    )


STM32F103 = MemorySystem(
    name="stm32f103",
    clock_hz=72 * _MHZ,
    wait_states=2,
    read_bytes=8,
    fill_cycles=2,
    prefetch=True,
    instruction_cache=Cache(16, 8, 2),
    sources=(
        _wait_states(2, "PILL_F103Cx", "PM0075, FLASH_ACR: two above 48 MHz"),
        ("caches", "PM0075, reading the flash memory: two blocks of 64 bits for prefetched instructions, no cache"),
        _PREFETCH,
    ),
)
STM32F405 = _art("stm32f405", 168, 5, "RM0090", "generic_clock.c of F405RG")
STM32F411 = _art("stm32f411", 96, 3, "RM0383", "BLACKPILL_F411CE")
STM32F446 = _art("stm32f446", 180, 5, "RM0390", "NUCLEO_F446RE")
# No board here has one; with the L4+ below it is what there is to be told of the family.
STM32L476 = _l4(
    "stm32l476",
    80,
    4,
    _wait_states(4, "NUCLEO_L476RG", "RM0351"),
    "RM0351, FLASH features: 72-bit words, 64 of data",
)
STM32L4R5 = _l4(
    "stm32l4r5",
    120,
    5,
    _wait_states(5, "NUCLEO_L4R5ZI", "RM0432: range 1 boost mode, up to 120 MHz"),
    "RM0432, FLASH features: reads of 64 bits with two banks, the state of delivery",
)
STM32F746 = _m7(
    "stm32f746",
    216,
    7,
    32,
    1,
    4,
    (16, 64),
    "RM0385",
    _wait_states(7, "NUCLEO_F7x6ZG", "RM0385, 2.7 V and more"),
    (
        "ram_fill_cycles",
        "none: RAM of the Arduino core's ldscript.ld begins with the 64 KB of DTCM, where static data lies",
    ),
)
_H743_BUS = "by AXI clock, half of the core's 480 MHz"
STM32H743 = _m7(
    "stm32h743",
    480,
    4,
    32,
    2,
    16,
    (64, 128),
    "RM0433",
    _wait_states(4, "NUCLEO_H743ZI", f"RM0433 {_H743_BUS}"),
)
STM32H747 = _m7(
    "stm32h747",
    480,
    4,
    32,
    2,
    16,
    (64, 128),
    "RM0399",
    (
        "wait_states",
        f"FLASH_LATENCY_4 in Mbed OS's system_clock.c of the same family, as in the table of RM0399 {_H743_BUS}",
    ),
)
STM32H7A3 = _m7(
    "stm32h7a3",
    280,
    6,
    16,
    1,
    16,
    (64, 128),
    "RM0455",
    _wait_states(6, "NUCLEO_H7A3ZI_Q", "RM0455 by AXI clock, that of the core"),
)
STM32U575 = MemorySystem(
    name="stm32u575",
    clock_hz=160 * _MHZ,
    wait_states=4,
    read_bytes=16,
    fill_cycles=5,
    instruction_cache=Cache(8 * _KIB, 16, 1),
    unified=True,
    sources=(
        _wait_states(4, "NUCLEO_U575ZI_Q", "RM0456: range 1, up to 160 MHz"),
        (
            "caches",
            "RM0456 and AN5212, ICACHE: 8 KB, lines of 128 bits; it serves reads of constants by the C-bus, too",
        ),
        ("ways", "the Arduino core's hw_config.c makes it direct-mapped, ICACHE_1WAY"),
        ("fill_cycles", "assumed: wait states and a cycle for the way through the cache"),
        ("data_cache", "RM0456, DCACHE: for external memories alone, not used"),
    ),
)

STM32_MEMORIES = (
    STM32F103,
    STM32F405,
    STM32F411,
    STM32F446,
    STM32L476,
    STM32L4R5,
    STM32F746,
    STM32H743,
    STM32H747,
    STM32H7A3,
    STM32U575,
)
