"""What a board is: data that sizes, projects and reports are made from."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.targets.boards.placement import NOWHERE, Placement
from mcugen.targets.memory import MEMORY_SYSTEMS, MemorySystem


@dataclass(frozen=True)
class Board:
    """A board to run generated code on.

    name: as on the command line and of the firmware's environment: PlatformIO's id of the board, or short for it where
    that id is long or stands for two boards in one.
    title: for people. mcu: the part. core: what the part's maker calls the core. target: name of the core in
    `mcugen.targets` that code is generated for. flash_bytes, ram_bytes: what one program can have, 0 for no limit.
    clock_hz: of the core as the board's start-up code sets it. platform: of PlatformIO, "" where it has none that
    knows the board: there the library goes into a program of the maker's own kit, and there is no firmware.
    framework: what the firmware runs on, "" for bare metal. flash_source, ram_source: where the sizes come from.
    emulator: the machine of QEMU that runs the board's firmware, "" for real boards and for the host. copied: what
    the framework copies to RAM of every program, "code", "constants", or both. placement: where the firmware may put
    a network's parts besides. has_debugger: it is uploaded to through one, on the board or of one's own, rather than
    over the serial port. memory: name of its memory system in `mcugen.targets.memory`, "" where nothing is known to
    slow it.
    """

    name: str
    title: str
    mcu: str
    core: str
    target: str
    flash_bytes: int
    ram_bytes: int
    clock_hz: int
    platform: str
    framework: str
    flash_source: str
    ram_source: str
    emulator: str = ""
    memory: str = ""
    copied: tuple[str, ...] = ()
    placement: Placement = NOWHERE
    has_debugger: bool = False

    @property
    def memory_system(self) -> MemorySystem | None:
        """What stands between the core and its flash; None where that is not known, or nothing does."""
        return MEMORY_SYSTEMS[self.memory] if self.memory else None

    @property
    def is_physical(self) -> bool:
        """A board that hangs on a wire, rather than an emulated one or the host."""
        return self.platform not in ("emulated", "native")

    @property
    def has_firmware(self) -> bool:
        """PlatformIO can build for it."""
        return bool(self.platform)
