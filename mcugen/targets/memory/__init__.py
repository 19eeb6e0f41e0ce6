"""Memory systems as data; a board names one, adding one is an entry in its family's file."""

from mcugen.targets.memory.others import OTHER_MEMORIES
from mcugen.targets.memory.serial_flash import SERIAL_FLASH_MEMORIES
from mcugen.targets.memory.stm32 import STM32_MEMORIES
from mcugen.targets.memory.system import Cache, MemorySystem
from mcugen.targets.memory.waits import Waits

MEMORY_SYSTEMS: dict[str, MemorySystem] = {
    memory.name: memory for memory in (*STM32_MEMORIES, *SERIAL_FLASH_MEMORIES, *OTHER_MEMORIES)
}
"""By name."""

__all__ = ["MEMORY_SYSTEMS", "Cache", "MemorySystem", "Waits"]
