"""The firmware's PlatformIO project on disk: package data in a wheel, `firmware/` in a checkout."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from mcugen.compiler import Compiled
from mcugen.diagnostics import McugenError
from mcugen.firmware.footprint import footprint
from mcugen.firmware.model import INTERFACE, manifest_of, model_files
from mcugen.firmware.placement import DIRECTORY, placement_files
from mcugen.output import write_directory
from mcugen.targets.boards import Board

MANIFEST = "mcugen-firmware.json"
_SIGN = "src/protocol.h"
_RESERVED = ("frame", INTERFACE)
_LEFT_OUT = ("model", ".pio", "__pycache__")


def firmware_directory() -> Path:
    """Where the project's own files are."""
    package = Path(__file__).resolve().parents[1]
    found = next((d for d in (package / "firmware_project", package.parent / "firmware") if d.is_dir()), None)
    if found is None:
        raise McugenError("this installation of mcugen has no firmware", "install it from a wheel or a checkout")
    return found


def firmware_files() -> dict[str, str]:
    """The text of every file of the project by its path, without models and builds."""
    root = firmware_directory()
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    relative = (path.relative_to(root) for path in paths)
    kept = [path for path in relative if not set(_LEFT_OUT) & set(path.parts) and path.suffix != ".pyc"]
    return {path.as_posix(): (root / path).read_text(encoding="utf-8") for path in kept}


def require_firmware(board: Board) -> None:
    """Raises McugenError for a board that PlatformIO cannot build for."""
    if not board.has_firmware:
        raise McugenError(
            f"PlatformIO has no platform for the {board.title}, so that there is no firmware for {board.name}",
            f"`mcugen generate MODEL --board {board.name}` makes the library for a program of your own",
        )


def write_firmware(project: Path, compiled: Compiled, board: Board, *, traced: bool) -> None:
    """Writes the project with the model of one board, in the board's fast memories where it has room there; other
    boards' models in it stay.

    Into a project that somebody else keeps, a checkout or a copy of it, only the model is written. Raises McugenError
    where a name or directory stands in the way.
    """
    if compiled.library.name in _RESERVED:
        raise McugenError(
            f"{compiled.library.name!r} is the name of a part of the firmware", "give the model another one with --name"
        )
    kept_elsewhere = (project / _SIGN).is_file() and not (project / MANIFEST).is_file()
    if not kept_elsewhere:
        files = firmware_files()
        write_directory(project, files | {MANIFEST: manifest_of(files)})
    model = model_files(compiled, traced=traced)
    placed = placement_files(compiled.library.name, board, footprint(compiled, board).placed)
    model |= {f"{DIRECTORY}/{file}": text for file, text in placed.items()}
    write_directory(project / "model" / board.name, model | {"mcugen.json": manifest_of(model)})


def environment_options(board: Board) -> dict[str, str]:
    """The options of the board's environment in the firmware's platformio.ini, `extends` and references resolved."""
    # PlatformIO's own references ${section.option} are resolved below; configparser's would choke on them.
    config = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    config.read(firmware_directory() / "platformio.ini", encoding="utf-8")
    section = f"env:{board.name}"
    options = dict(config["env"])
    for part in _chain(config, section):
        options |= dict(config[part])
    options.pop("extends", None)

    def resolve(match: re.Match[str]) -> str:
        where, option = match[1], match[2]
        if where in ("this", "platformio"):
            return match[0]
        return expand(config[where][option])

    def expand(text: str) -> str:
        return re.sub(r"\$\{([\w:-]+)\.(\w+)\}", resolve, text)

    return {option: expand(text).replace("${this.__env__}", board.name) for option, text in options.items()}


def _chain(config: configparser.ConfigParser, section: str) -> list[str]:
    """The sections that it extends, the most general first, and itself."""
    parent = config[section].get("extends")
    return [*(_chain(config, parent) if parent else []), section]
