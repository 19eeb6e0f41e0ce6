"""`--vectors` of `generate`, `new` and `flash`: inputs of the user's own in the generated self-test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcugen.cli.console import counted, thousands
from mcugen.text import terminal_text

if TYPE_CHECKING:
    from mcugen.compiler import Compiled


@dataclass(frozen=True)
class OwnTests:
    """compiled: with the inputs in its self-test. line: for people, how many of what and their flash, "" where none
    were given. warnings: a line for each thing that is probably wrong with them."""

    compiled: Compiled
    line: str = ""
    warnings: tuple[str, ...] = ()


def own_tests(compiled: Compiled, vectors: Path | None, count: int | None) -> OwnTests:
    """Raises McugenError where the inputs cannot be read or do not fit, or only a number of them is given."""
    from dataclasses import replace

    from mcugen.codegen.test_vectors import vector_bytes
    from mcugen.diagnostics import McugenError
    from mcugen.validation.given import load_given

    if vectors is None:
        if count is not None:
            raise McugenError("--self-tests says how many inputs of --vectors to take", "name them with --vectors")
        return OwnTests(compiled)
    given = load_given(vectors, compiled.imported, count)
    if count is not None and count > given.of:
        raise McugenError(f"{vectors}: {counted(given.of, 'input')}, fewer than --self-tests {count}")
    compiled = replace(compiled, self_test=given.images)
    used, size = len(given.images), vector_bytes(compiled.imported, given.images)
    among = f"{thousands(used)} of {counted(given.of, 'input')} of {terminal_text(vectors.name)}"
    line = f"self-test: {among}, {thousands(size)} bytes of flash"
    return OwnTests(compiled, line, (given.warning,) if given.warning else ())
