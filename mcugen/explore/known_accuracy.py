"""Accuracies that `mcugen sweep` measured, by candidate."""

from __future__ import annotations

import csv
from pathlib import Path

from mcugen.diagnostics import McugenError
from mcugen.explore.fit import Candidate

_COLUMNS = ("net", "alpha", "size", "int8_top1")


def read_accuracies(file: Path) -> dict[Candidate, float]:
    """The top-1 accuracy, 0 to 1, of every candidate that has one in the sweep's CSV.

    Of several rows of one candidate the best counts. Raises McugenError for a file that is not such a table.
    """
    try:
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise McugenError(f"{file}: {error}") from error
    found: dict[Candidate, float] = {}
    for number, row in enumerate(rows, 2):
        missing = [column for column in _COLUMNS if column not in row]
        if missing:
            raise McugenError(f"{file}: no column {', '.join(missing)}", "give the CSV that `mcugen sweep` writes")
        if not row["int8_top1"]:
            continue
        try:
            candidate = Candidate(row["net"], round(float(row["alpha"]), 4), int(row["size"]))
            accuracy = float(row["int8_top1"])
            if not 0 <= accuracy <= 1:
                raise ValueError(f"int8_top1 is {row['int8_top1']}, not between 0 and 1")
            found[candidate] = max(found.get(candidate, 0.0), accuracy)
        except (TypeError, ValueError) as error:
            raise McugenError(f"{file}, line {number}: {error}") from error
    return found
