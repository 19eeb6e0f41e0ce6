"""What must hold of every input, whatever is in it; runs inside the sandbox."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.text import one_line


@dataclass(frozen=True)
class Verdict:
    """outcome: "refused", "accepted", "exact", or the name of a failure. detail: a line, or a traceback."""

    outcome: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.outcome not in ("refused", "accepted", "exact", "unknown to the oracle")


def judge(path: Path, output: Path) -> tuple[Verdict, Compiled | None]:
    """Compiles the file and writes the directory. `output` must not exist; its parent holds nothing but the file."""
    before = {entry.name for entry in output.parent.iterdir()}
    try:
        compiled = compile_model(path, name="net")
        files = compiled.files()
        compiled.write(output)
    except McugenError as error:
        return _refused(str(error), output, before), None
    except MemoryError:
        return Verdict("out of memory", traceback.format_exc()), None
    except Exception:
        return Verdict("traceback", traceback.format_exc()), None
    written = {p.relative_to(output).as_posix(): p.read_bytes() for p in output.rglob("*") if p.is_file()}
    wanted = {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
    if written != wanted:
        return Verdict("half-written output", f"{sorted(written)} of {sorted(wanted)}"), None
    return Verdict("accepted"), compiled


def _refused(message: str, output: Path, before: set[str]) -> Verdict:
    left = sorted({entry.name for entry in output.parent.iterdir()} - before)
    if left:
        return Verdict("half-written output", f"after {message!r}: {left}")
    line = one_line(message)
    return Verdict("refused", line) if line else Verdict("poor message", repr(message))
