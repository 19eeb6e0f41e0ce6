"""How much flash the generated C takes, measured on compiled object files."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mcugen.codegen.library import Library
from mcugen.simulate.host import CompileError, compile_c

_FLAGS = ("-std=c99", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables")


@dataclass(frozen=True)
class FlashSize:
    """bytes: code, constants and initial values of variables. command: the compiler and options it was made with."""

    bytes: int
    command: str


def measure_flash(library: Library, host_compiler: str = "cc") -> FlashSize | None:
    """Flash of the library by `size` of the target's compiler; None where its tools are not installed."""
    target = library.plan.target
    compiler = f"{target.compiler}gcc" if target.compiler else host_compiler
    size = f"{target.compiler}size"
    if shutil.which(compiler) is None or shutil.which(size) is None:
        return None
    command = [compiler, *target.compiler_flags, target.optimization, *_FLAGS]
    with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
        directory = Path(name)
        for file, text in library.files.items():
            (directory / file).write_text(text)
        sources = [file for file in library.files if file.endswith(".c")]
        try:
            compile_c([*command, "-c", *sources], directory)
        except CompileError:
            # A cross compiler without the headers of a C library, as Debian's for RISC-V comes.
            return None
        objects = [source.removesuffix(".c") + ".o" for source in sources]
        listing = subprocess.run([size, *objects], cwd=directory, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        return None
    # Berkeley format: text (with read-only data), data, bss, ... after one line of headings.
    rows = [line.split() for line in listing.stdout.splitlines()[1:]]
    return FlashSize(sum(int(row[0]) + int(row[1]) for row in rows), " ".join(command[: -len(_FLAGS)]))
