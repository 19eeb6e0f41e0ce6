"""An update file by file, and how it is undone from what it left on disk, by itself or by a later run.

In the scratch directory lie new/, old/ and a journal, which is there from the moment on when all of new/ is written:
a file of the update that is no longer in new/ was put in place, one that is in old/ was there before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from mcugen.bounded import read_json
from mcugen.diagnostics import McugenError
from mcugen.output.owned import file_hash, is_inside, remove_empty

JOURNAL = "journal.json"


def write_journal(scratch: Path, hashes: Mapping[str, str | None], made: list[str]) -> None:
    """hashes: by name the SHA-256 of what is put there, None for what is removed. made: directories, deepest first."""
    (scratch / "journal").write_text(json.dumps({"files": hashes, "made": made}), encoding="utf-8")
    os.replace(scratch / "journal", scratch / JOURNAL)


def undo(directory: Path, scratch: Path) -> None:
    """Puts old files back and removes new ones, only what the update itself put there.

    Raises McugenError, with everything else done, if some of the old files cannot be put back.
    """
    hashes, made = _read_journal(scratch / JOURNAL)
    failed = []
    for name, digest in hashes.items():
        if not is_inside(directory, name):
            continue
        place, saved = directory / name, scratch / "old" / name
        was_placed = digest is not None and not os.path.lexists(scratch / "new" / name) and file_hash(place) == digest
        try:
            if os.path.lexists(saved):
                if was_placed or not os.path.lexists(place):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(saved, place)
            elif was_placed:
                place.unlink()
        except OSError:
            failed.append(name)
    if failed:
        raise McugenError(
            f"{directory}: an update was interrupted and cannot be undone: {', '.join(failed)}",
            f"the old files are in {scratch / 'old'}",
        )
    remove_empty([directory / name for name in made if is_inside(directory, name)])


def _read_journal(path: Path) -> tuple[dict[str, str | None], list[str]]:
    journal = read_json(path, "a journal of mcugen")
    try:
        hashes = {str(PurePosixPath(name)): digest for name, digest in journal["files"].items()}
        return hashes, [str(name) for name in journal["made"]]
    except (TypeError, KeyError, AttributeError) as error:
        raise McugenError(f"{path}: not a journal of mcugen", f"delete {path.parent}") from error
