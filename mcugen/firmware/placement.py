"""A network's parts in the fast memories of a board: which go there, and the files that put them there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from mcugen.codegen.environment import environment
from mcugen.targets.boards import Board
from mcugen.targets.boards.placement import Place, Placement
from mcugen.targets.memory import MemorySystem
from mcugen.version import __version__

DIRECTORY = "placement"
"""Of the files, in a project's model or a project."""
HEADER, SCRIPT, START = "placement.h", "network.ld", "placement.c"
# What parts may take of a board's RAM, with all else that the firmware has there: an application wants the rest.
_SHARE_OF_RAM = 0.75
# Code first: all of it runs in every inference. Then what is written, then what is read.
_ORDER = ("code", "context", "constants")
_MACROS = {"code": "CODE", "constants": "WEIGHTS", "context": "ARENA"}


def choose_places(board: Board, parts: Mapping[str, int], ram_bytes: int) -> Placement:
    """The board's places for those parts of a network that have room there.

    parts: bytes of "code", "constants" and "context". ram_bytes: what the firmware takes of the board's RAM otherwise.
    """
    chosen: dict[str, Place] = {}
    taken: Counter[int] = Counter()
    for part in _ORDER:
        place, size = board.placement.places.get(part), parts[part]
        if place is None:
            continue
        if place.is_in_ram:
            if board.ram_bytes and ram_bytes + size > _SHARE_OF_RAM * board.ram_bytes:
                continue
            ram_bytes += size
        else:
            if taken[place.origin] + size > place.size_bytes:
                continue
            taken[place.origin] += size
        chosen[part] = place
    return Placement(**chosen)


def ram_change(placed: Placement, parts: Mapping[str, int]) -> int:
    """By how many bytes the board's RAM is fuller for it: copies, less a context that lies elsewhere."""
    change = sum(parts[part] for part, place in placed.places.items() if place.is_in_ram)
    return change - (parts["context"] if placed.context is not None else 0)


def memory_with(board: Board, placed: Placement) -> MemorySystem | None:
    """The board's memory system for a network whose parts lie there; None where the board has none.

    All code is taken to be where the kernels are: what calls them once a row is not, and counts for little.
    """
    system = board.memory_system
    if system is None:
        return None
    return replace(
        system,
        code_in_ram=system.code_in_ram or placed.code is not None,
        constants_in_ram=system.constants_in_ram or placed.constants is not None,
        ram_fill_cycles=0 if placed.context is not None else system.ram_fill_cycles,
    )


def placement_files(name: str, board: Board, placed: Placement) -> dict[str, str]:
    """The text of each file, none where nothing is placed: macros for the library `name`, and for memories that the
    framework does not use a linker script beside its own and what fills them at the start."""
    if not placed.places:
        return {}
    own = {part: place for part, place in placed.places.items() if not place.is_in_ram}
    memories = {place.origin: place for place in own.values()}
    variables = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "board": board,
        "sections": {_MACROS[part]: place.section for part, place in placed.places.items()},
        "memories": [
            {
                "name": f"NETWORK_{index}",
                "place": place,
                "parts": [part for part, other in own.items() if other.origin == origin],
            }
            for index, (origin, place) in enumerate(memories.items())
        ],
        "own": own,
        "copied": [part for part in own if part != "context"],
        "cleared": [part for part in own if part == "context"],
    }
    files = (HEADER, SCRIPT, START) if own else (HEADER,)
    return {file: environment().get_template(f"firmware/{file}.j2").render(variables) for file in files}
