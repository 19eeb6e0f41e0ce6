"""Memories of STM32 parts: flash with wait states, ST's ART accelerator, the L1 caches of Cortex-M7, the ICACHE of U5.

Wait states are those of the manual's table for the board's clock at 2.7 V and more. What is switched on is what the
Arduino core's start-up code does: HAL_Init enables prefetch on F1, F4 and F7, not on L4; the caches of Cortex-M7 are
enabled before main. Flash is read by its AXI address on Cortex-M7, where F7's ART is not in the way.
"""

from mcugen.targets.memory.system import Cache, MemorySystem

_KIB = 1 << 10
_MHZ = 1_000_000
_PREFETCH = ("prefetch", "on: PREFETCH_ENABLE of the Arduino core's HAL configuration")
_NO_PREFETCH = ("prefetch", "off: PREFETCH_ENABLE of the Arduino core's HAL configuration")
_M7_CACHES = ("caches", "Cortex-M7 TRM (DDI 0489), L1 caches: 32-byte lines, instructions 2 ways, data 4 ways")
_M7_FILL = (
    "fill_cycles",
    "assumed: wait states and four bus cycles for the way there, the word that the core wants first",
)
_M7_RAM = ("ram_fill_cycles", "assumed: the way over AXI without the wait states")


def _art(name: str, mhz: int, wait_states: int, manual: str, table: str) -> MemorySystem:
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
            ("wait_states", f"{manual}, {table}"),
            ("caches", f"{manual}, adaptive real-time memory accelerator: 64 and 8 lines of 128 bits, LRU"),
            _PREFETCH,
        ),
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
    note: str,
) -> MemorySystem:
    return MemorySystem(
        name=name,
        clock_hz=mhz * _MHZ,
        wait_states=wait_states,
        read_bytes=read_bytes,
        fill_cycles=(wait_states + 4) * bus_ratio,
        instruction_cache=Cache(caches_kib * _KIB, 32, 2),
        data_cache=Cache(caches_kib * _KIB, 32, 4),
        ram_fill_cycles=5 * bus_ratio,
        instruction_tcm_bytes=tcm_kib[0] * _KIB,
        data_tcm_bytes=tcm_kib[1] * _KIB,
        sources=(("wait_states", f"{manual}, {note}"), _M7_CACHES, ("tcm", manual), _M7_FILL, _M7_RAM),
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
        ("wait_states", "PM0075, FLASH_ACR: two wait states above 48 MHz"),
        ("caches", "PM0075, reading the flash memory: two blocks of 64 bits for prefetched instructions, no cache"),
        _PREFETCH,
    ),
)
STM32F405 = _art("stm32f405", 168, 5, "RM0090", "table of wait states by HCLK")
STM32F411 = _art("stm32f411", 100, 3, "RM0383", "table of wait states by HCLK")
STM32F446 = _art("stm32f446", 180, 5, "RM0390", "table of wait states by HCLK")
STM32L4R5 = MemorySystem(
    name="stm32l4r5",
    clock_hz=120 * _MHZ,
    wait_states=5,
    read_bytes=8,
    fill_cycles=5,
    instruction_cache=Cache(1 * _KIB, 8, 4),
    data_cache=Cache(256, 8, 4),
    sources=(
        ("wait_states", "RM0432, table of wait states by HCLK: range 1 boost mode, up to 120 MHz"),
        ("read_bytes", "RM0432, FLASH features: reads of 64 bits with two banks, the state of delivery"),
        ("caches", "RM0432, adaptive real-time memory accelerator: 1 KB of instructions, 256 B of data, LRU"),
        ("ways", "assumed: 32 and 8 lines of 4 x 64 bits are sets of four"),
        _NO_PREFETCH,
    ),
)
STM32F746 = _m7("stm32f746", 216, 7, 32, 1, 4, (16, 64), "RM0385", "table of wait states by HCLK, 2.7 V and more")
STM32H743 = _m7(
    "stm32h743",
    400,
    2,
    32,
    2,
    16,
    (64, 128),
    "RM0433",
    "table of wait states by AXI clock: 200 MHz, half of the core's",
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
    "table of wait states by AXI clock: 240 MHz, half of the core's",
)
STM32H7A3 = _m7(
    "stm32h7a3", 280, 6, 16, 1, 16, (64, 128), "RM0455", "table of wait states by AXI clock: 280 MHz, that of the core"
)
STM32U575 = MemorySystem(
    name="stm32u575",
    clock_hz=160 * _MHZ,
    wait_states=4,
    read_bytes=16,
    fill_cycles=5,
    instruction_cache=Cache(8 * _KIB, 16, 2),
    unified=True,
    sources=(
        ("wait_states", "RM0456, table of wait states by HCLK: range 1, up to 160 MHz"),
        ("caches", "RM0456, ICACHE: 8 KB, 2 ways, lines of 128 bits; it serves reads of constants by the C-bus, too"),
        ("replacement", "RM0456, ICACHE: pLRU-t, which of two ways is LRU"),
        ("fill_cycles", "assumed: wait states and a cycle for the way through the cache"),
        ("data_cache", "RM0456, DCACHE: for external memories alone, not used"),
    ),
)

STM32_MEMORIES = (
    STM32F103,
    STM32F405,
    STM32F411,
    STM32F446,
    STM32L4R5,
    STM32F746,
    STM32H743,
    STM32H747,
    STM32H7A3,
    STM32U575,
)
