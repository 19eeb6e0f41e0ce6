"""Fingerprints of the machine code of generated functions, to prove that a change of their text changes none of it.

    python -m scripts.machine_code > before.txt
    python -m scripts.machine_code --compare before.txt

Where kernels are spelt in another way (comments, names, layout, macros that become functions), `scripts/fingerprint.py`
finds every file different. This script compiles the library as shipped with the target's compiler, each function into
a section of its own, and takes the bytes of each, and of the constants, with their relocations. Targets are the cores
whose kernels are in assembly, one of each kind. --models and --targets take a part, as there.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.targets import TARGETS
from scripts.fingerprint import model_files, read, report

_TARGETS = "cortex-m0plus,cortex-m3,cortex-m4,cortex-m55"
_FLAGS = ("-std=c99", "-ffunction-sections", "-fno-asynchronous-unwind-tables", "-c")
_SECTIONS = (".text.", ".rodata")
_DIGITS = 16


def sections(binary: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, its bytes and what the linker changes in them) of each section of code or constants of an object file."""
    elf = ELFFile(io.BytesIO(binary))
    changes: dict[int, bytes] = {}
    for section in elf.iter_sections():
        if isinstance(section, RelocationSection):
            symbols = elf.get_section(section["sh_link"])
            assert isinstance(symbols, SymbolTableSection)
            entries = [
                (entry["r_offset"], entry["r_info_type"], _named(elf, symbols, entry["r_info_sym"]))
                for entry in section.iter_relocations()
            ]
            changes[section["sh_info"]] = repr(entries).encode()
    for number, section in enumerate(elf.iter_sections()):
        if section.name.startswith(_SECTIONS):
            yield section.name, section.data() + changes.get(number, b"")


def _named(elf: ELFFile, symbols: SymbolTableSection, number: int) -> str:
    """A symbol's name, of a section's symbol the section's."""
    symbol = symbols.get_symbol(number)
    return symbol.name or elf.get_section(symbol["st_shndx"]).name


def compiled(library: Library) -> Iterator[tuple[str, bytes]]:
    """(FILE SECTION, as in `sections`) of all C files of a library, compiled for its target."""
    target = library.plan.target
    with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
        directory = Path(name)
        for file, text in library.files.items():
            (directory / file).write_text(text)
        for file in library.files:
            if file.endswith(".c"):
                command = [f"{target.compiler}gcc", *target.compiler_flags, target.optimization, *_FLAGS, file]
                subprocess.run([*command, "-o", "object.o"], cwd=directory, check=True)
                for section, content in sections((directory / "object.o").read_bytes()):
                    yield f"{file} {section}", content


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", type=Path, metavar="FILE", help="what it printed before, to compare with")
    parser.add_argument("--models", default="", metavar="TEXT,...", help="only models with one of these in their names")
    parser.add_argument("--targets", default=_TARGETS, metavar="NAME,...", help=f"instead of {_TARGETS}")
    arguments = parser.parse_args()
    names = arguments.targets.split(",")
    targets = [target for target in TARGETS if target.name in names and target.compiler]
    models = [path for path in model_files() if any(text in path.name for text in arguments.models.split(","))]
    if not models or len(targets) < len(names):
        parser.error("no such model or target")
    found: dict[str, str] = {}
    for number, path in enumerate(models, 1):
        print(f"{number} of {len(models)}: {path.name}", file=sys.stderr)
        for target in targets:
            try:
                library = compile_model(load_model(path), target=target).library
            except McugenError:
                continue
            for section, content in compiled(library):
                found[f"{path.name} {target.name} {section}"] = hashlib.sha256(content).hexdigest()[:_DIGITS]
    if arguments.compare is None:
        print("\n".join(f"{digest}\t{of}" for of, digest in found.items()))
        return 0
    asked = {path.name for path in models}, {target.name for target in targets}
    before = read(arguments.compare)
    before = {
        of: digest for of, digest in before.items() if of.split(" ")[0] in asked[0] and of.split(" ")[1] in asked[1]
    }
    lines = report(before, found, "sections")
    print("\n".join(lines))
    return int(len(lines) > 1)


if __name__ == "__main__":
    sys.exit(main())
