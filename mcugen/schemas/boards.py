"""What `mcugen boards` prints."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.record import Bytes, Count, Record, doc


class BoardEntry(Record, frozen=True):
    """A board, and what one program can have of it."""

    name: Annotated[str, doc("of the firmware's environment, mostly PlatformIO's id")]
    title: str
    mcu: Annotated[str, doc("the part")]
    core: str
    target: Annotated[str, doc("that code is generated for")]
    board_flash_bytes: Annotated[Bytes | None, doc("null: no limit")]
    board_ram_bytes: Annotated[Bytes | None, doc("null: no limit")]
    clock_hz: Annotated[Count | None, doc("null: no clock of its own, as on the host")]
    platform: Annotated[str, doc('PlatformIO\'s, "" where it has none: no firmware, the library alone')]
    framework: Annotated[str, doc('PlatformIO\'s, "" for none')]
    flash_source: Annotated[str, doc("where the size of flash is from")]
    ram_source: Annotated[str, doc("where the size of RAM is from")]
    emulator: Annotated[str, doc('the machine that stands in for it, "" for none')]
    physical: Annotated[bool, doc("false: the host or an emulated machine")]


class BoardsOutput(Record, frozen=True):
    """The boards that mcugen knows."""

    boards: tuple[BoardEntry, ...]
