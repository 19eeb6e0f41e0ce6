"""Where `mcugen validate` runs the C code, and what it takes there."""

from __future__ import annotations

import shlex
from enum import Enum

import typer


class Place(str, Enum):
    """Where the C code runs."""

    HOST = "host"
    QEMU = "qemu"
    SERIAL = "serial"


def parse_place(text: str) -> tuple[Place, str]:
    """host, qemu or serial:PORT as the place and the port, "" where there is none."""
    place, _, port = text.partition(":")
    if place == Place.SERIAL.value and port:
        return Place.SERIAL, port
    if text in (Place.HOST.value, Place.QEMU.value):
        return Place(text), ""
    raise typer.BadParameter(f"{text!r} is none of host, qemu, serial:PORT (as in serial:/dev/ttyACM0)")


def refuse_elsewhere(place: Place, option: str, value: object, places: tuple[Place, ...]) -> None:
    """Raises McugenError where an option was given that only other places have."""
    from mcugen.diagnostics import McugenError

    if value and place not in places:
        others = " and ".join(f"--on {'serial:PORT' if other is Place.SERIAL else other.value}" for other in places)
        raise McugenError(f"{option} is of {others}, not of --on {place.value}", "leave it out")


def split_flags(text: str) -> tuple[str, ...]:
    """The words of --cflags, quoted as in a shell."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise typer.BadParameter(f"--cflags {text!r}: {str(error).lower()}") from None
