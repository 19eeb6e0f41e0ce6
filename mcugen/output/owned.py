"""What in a directory was generated: what a manifest there names and what still has the manifest's hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mcugen.bounded import read_json
from mcugen.diagnostics import McugenError

GENERATOR = "mcugen"
"""What the manifest of a generated directory names as its generator."""


@dataclass
class Owned:
    """hashes: SHA-256 by name, None for the manifests themselves. outside: what manifests name that cannot be here."""

    hashes: dict[str, str | None] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)


def content_hash(content: str | bytes) -> str:
    """SHA-256 of a file's content, as manifests hold it."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def file_hash(path: Path) -> str | None:
    """SHA-256 of a regular file; None for anything else, links included, and for what cannot be read."""
    if path.is_symlink() or not path.is_file():
        return None
    try:
        return content_hash(path.read_bytes())
    except OSError:
        return None


def owned_files(directory: Path, names: Iterable[str]) -> Owned | None:
    """What manifests in the directory name; None if none of them is mcugen's.

    names: of the files that are to be written. If a manifest is among them, only the one of its name counts.
    """
    found: dict[str, Owned] = {}
    for path in sorted(directory.glob("*.json")):
        owned = _manifest(directory, path)
        if owned is not None:
            found[path.name] = owned
    own = [found[name] for name in names if name in found]
    chosen = own or list(found.values())
    if not chosen:
        return None
    together = Owned()
    for owned in chosen:
        together.hashes |= owned.hashes
        together.outside += owned.outside
    return together


def _manifest(directory: Path, path: Path) -> Owned | None:
    if path.is_symlink() or not path.is_file():
        return None
    try:
        manifest = read_json(path, "a manifest of mcugen")
    except McugenError:
        return None
    if not isinstance(manifest, dict) or manifest.get("generator") != GENERATOR:
        return None
    files = manifest.get("files")
    if isinstance(files, list) and all(isinstance(name, str) for name in files):
        # Without hashes nothing can be told from what its user made of it.
        files = dict.fromkeys(files, "")
    if not isinstance(files, dict):
        return None
    owned = Owned({path.name: None})
    for name, digest in files.items():
        if not is_inside(directory, name) or any(part.startswith(".") for part in PurePosixPath(name).parts[:-1]):
            owned.outside.append(name)
        elif name != path.name:
            owned.hashes[name] = str(digest)
    return owned


def is_inside(directory: Path, name: str) -> bool:
    """Whether the name is one that a file or directory below this one can have, without going through a link."""
    pure = PurePosixPath(name)
    if not pure.name or pure.is_absolute() or ".." in pure.parts or str(pure) != name or "\0" in name:
        return False
    parents = [directory / parent for parent in pure.parents if parent.name]
    return not any(parent.is_symlink() for parent in parents)


def subdirectories(directory: Path, names: Iterable[str]) -> list[Path]:
    """The directories below it in which these files lie, the deepest first."""
    found = {parent for name in names for parent in PurePosixPath(name).parents if parent.name}
    return [directory / parent for parent in sorted(found, key=lambda parent: -len(parent.parts))]


def remove_empty(directories: Iterable[Path]) -> None:
    """Removes those of the directories that are empty; the deepest come first."""
    for directory in directories:
        if directory.is_dir() and not directory.is_symlink() and not os.listdir(directory):
            directory.rmdir()
