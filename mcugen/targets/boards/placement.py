"""Which memories the firmware of a board has for parts of a network, besides those where the linker puts everything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A memory for one part of a network.

    section: of the linker script, for that part alone. Where `size_bytes` is 0 the framework's own script has it, in
    the board's RAM, and its start-up copies it there from flash. Else the framework leaves `size_bytes` from address
    `origin` on unused, and the firmware adds a script and a start-up of its own; places of one origin share them.
    """

    section: str
    origin: int = 0
    size_bytes: int = 0

    @property
    def is_in_ram(self) -> bool:
        """It takes of what the board's `ram_bytes` says."""
        return self.size_bytes == 0


@dataclass(frozen=True)
class Placement:
    """The places of a network's parts, None for where the linker puts others of their kind.

    code: the kernels. constants: weights, biases, multipliers, tables. context: rings, maps and columns.
    """

    code: Place | None = None
    constants: Place | None = None
    context: Place | None = None

    @property
    def places(self) -> dict[str, Place]:
        """Those that there are, by part: "code", "constants", "context"."""
        parts = {"code": self.code, "constants": self.constants, "context": self.context}
        return {part: place for part, place in parts.items() if place is not None}


NOWHERE = Placement()
"""Everything lies where the linker puts it."""

# A Cortex-M7 has its coupled memories at these addresses (TRM DDI 0489, memory map). The first words of the one for
# instructions stay free: no function has the address of a null pointer.
_ITCM = 0x0000_0000
_DTCM = 0x2000_0000
_NULL = 32


def tightly_coupled(itcm_kib: int, dtcm_kib: int) -> Placement:
    """Of a Cortex-M7 whose framework uses neither of these memories; dtcm_kib: 0 where it uses that for data."""
    data = dtcm_kib << 10
    return Placement(
        code=Place(".network_code", _ITCM + _NULL, (itcm_kib << 10) - _NULL),
        constants=Place(".network_constants", _DTCM, data) if data else None,
        context=Place(".network_context", _DTCM, data) if data else None,
    )
