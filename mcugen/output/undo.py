"""An update file by file, and how it is undone from what it left on disk, by itself or by a later run.

In the scratch directory lie new/, old/ and a journal, which is there from the moment on when all of new/ is written:
a file of the update that is no longer in new/ was put in place, one that is in old/ was there before.

Headers go first and come last, in an update and when it is undone: while there is a mix, what includes them does not
compile.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mcugen.bounded import read_json
from mcugen.diagnostics import McugenError
from mcugen.killed import JOURNAL
from mcugen.output.owned import file_hash, is_inside, remove_empty


@dataclass(frozen=True)
class Journal:
    """hashes: by name the SHA-256 of what is put there; None for what is removed, and for headers that stay.

    headers: which of these names are headers, in the order in which they are put in place. made: directories that were
    missing, the deepest first.
    """

    hashes: Mapping[str, str | None]
    headers: Sequence[str]
    made: Sequence[str]


def write_journal(scratch: Path, journal: Journal) -> None:
    """From here on the update in the scratch directory counts as begun."""
    text = json.dumps({"files": journal.hashes, "headers": journal.headers, "made": journal.made})
    (scratch / "journal").write_text(text, encoding="utf-8")
    os.replace(scratch / "journal", scratch / JOURNAL)


def undo(directory: Path, scratch: Path) -> None:
    """Puts old files back and removes new ones, only what the update itself put there.

    Raises McugenError, with everything else done, if some of the old files cannot be put back.
    """
    journal = _read_journal(scratch / JOURNAL)
    headers = [name for name in journal.headers if name in journal.hashes and is_inside(directory, name)]
    others = [name for name in journal.hashes if name not in headers and is_inside(directory, name)]
    failed = []
    for step, names in ((_take_away, headers[::-1]), (_put_back, others), (_put_back, headers)):
        for name in names:
            try:
                step(directory, scratch, name, journal.hashes[name])
            except OSError:
                failed.append(name)
    if failed:
        raise McugenError(
            f"{directory}: an update was interrupted and cannot be undone: {', '.join(failed)}",
            f"the old files are in {scratch / 'old'}",
        )
    remove_empty([directory / name for name in journal.made if is_inside(directory, name)])


def _was_placed(directory: Path, scratch: Path, name: str, digest: str | None) -> bool:
    if digest is None or os.path.lexists(scratch / "new" / name):
        return False
    return file_hash(directory / name) == digest


def _take_away(directory: Path, scratch: Path, name: str, digest: str | None) -> None:
    """Puts a header to where it was before it was put in place."""
    place, saved = directory / name, scratch / "old" / name
    if _was_placed(directory, scratch, name, digest):
        os.replace(place, scratch / "new" / name)
    elif os.path.lexists(place) and not os.path.lexists(saved):
        os.replace(place, saved)


def _put_back(directory: Path, scratch: Path, name: str, digest: str | None) -> None:
    place, saved = directory / name, scratch / "old" / name
    was_placed = _was_placed(directory, scratch, name, digest)
    if os.path.lexists(saved):
        if was_placed or not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(saved, place)
    elif was_placed:
        place.unlink()


def _read_journal(path: Path) -> Journal:
    journal = read_json(path, "a journal of mcugen")
    try:
        hashes = {str(PurePosixPath(name)): digest for name, digest in journal["files"].items()}
        # Journals of the first versions name no headers.
        headers, made = ([str(name) for name in names] for names in (journal.get("headers", []), journal["made"]))
        return Journal(hashes, headers, made)
    except (TypeError, KeyError, AttributeError) as error:
        raise McugenError(f"{path}: not a journal of mcugen", f"delete {path.parent}") from error
