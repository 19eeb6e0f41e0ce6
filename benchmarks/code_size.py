"""Measures what the estimate of code size stands on: writes mcugen/codegen/code_size.csv.

    python benchmarks/code_size.py [MODEL ...] [--targets cortex-m4,cortex-m3] [--check] [--summary] [--sizes FOLDER]

Two synthetic networks of each sort of `layers.py`, and untrained ones of the kinds that `mcugen fit` tries, are
compiled for each core. The bytes of their functions are explained by their pieces, which the text of the code tells: by
sizes that are not negative and have the least errors. Then the estimate is held against models that had no part in
this: MODEL, or the bundled and the shared ones. Printed: measured and estimated bytes of code and of the tables in it.
--check writes nothing and takes the table as it is. Needs the targets' compilers; code for `generic` is compiled for
Cortex-M3, as a 32-bit core of common density.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from layers import networks
from predictions import default_models
from scipy.optimize import nnls

from mcugen.codegen.code_pieces import PIECES, Code, Pieces, code_of, owner
from mcugen.codegen.code_size import TABLE, Sizes, bytes_of, read_table
from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.explore.fit import NETS
from mcugen.explore.untrained import untrained_graph
from mcugen.nets.architecture import architecture
from mcugen.targets import TARGETS, Target, find_target

_CHOSEN = re.compile(r"\D+|.* [03]")
"""Two networks of each sort: the text of a loop does not change with how often it turns."""
_SMALL = 40
"""Bytes below which an error is no longer weighed against the function's size."""
_SPREAD = 1e-3
"""What sizes are shared out with among pieces that always stand together."""
_SECTION = re.compile(r"\.(?:text|literal)\.(\w+)")
_READ_ONLY = re.compile(r"\.s?rodata")


@dataclass(frozen=True, eq=False)
class Sample:
    """One library. functions: pieces and measured bytes of those whose bytes its text does not tell. bytes: of all its
    code, with the tables in it."""

    name: str
    code: Code
    functions: list[tuple[Pieces, int]]
    bytes: int


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--targets", default=",".join(t.name for t in TARGETS if t.costs in ("", t.name)))
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--summary", action="store_true", help="print a line for each core only")
    parser.add_argument("--sizes", type=Path, help="a folder that keeps what was measured, for the next time")
    options = parser.parse_args()
    table = read_table(TABLE.read_text()) if TABLE.exists() else {}
    if options.summary:
        print("| core | models | median error | largest error |\n| --- | ---: | ---: | --- |")
    for name in options.targets.split(","):
        target = find_target(name)
        if not options.check:
            table[name] = fit(list(synthetic(target, options.sizes)))
            TABLE.write_text(text_of(table))
        compare(name, table[name], seen_first(options.models or default_models(), target, options.sizes), options)


def compare(core: str, sizes: Sizes, samples: Iterable[Sample], options: argparse.Namespace) -> None:
    """Prints measured against estimated bytes."""
    errors = {}
    for sample in samples:
        estimated = bytes_of(sample.code, sizes)
        errors[sample.name] = estimated / sample.bytes - 1
        if not options.summary:
            print(f"{core:14} {sample.name:40} {sample.bytes:7,} {estimated:7,} {errors[sample.name]:+.1%}", flush=True)
    if options.summary and errors:
        worst = max(errors, key=lambda name: abs(errors[name]))
        median = statistics.median(abs(error) for error in errors.values())
        print(f"| {core} | {len(errors)} | {median:.1%} | {errors[worst]:+.1%}, {worst} |", flush=True)


def synthetic(target: Target, folder: Path | None) -> Iterator[Sample]:
    """Networks that no training has seen."""
    for network in networks():
        if not _CHOSEN.fullmatch(network.name):
            continue
        used = replace(target, families=()) if network.portable else target
        library = compile_model(network.graph, target=used, name="net", fold_constants=False).library
        yield sample(network.name, library, target, folder)
    # Of every kind that `mcugen fit` tries.
    shapes = ((0.25, 64, 3), (0.35, 32, 1))
    for name in NETS:
        for alpha, size, channels in shapes:
            net = architecture(name, alpha=alpha, size=size, in_chans=channels, num_classes=10)
            library = compile_model(untrained_graph(net), target=target, name="net").library
            yield sample(f"{name} {alpha} {size}", library, target, folder)


def seen_first(models: Iterable[Path], target: Target, folder: Path | None) -> Iterator[Sample]:
    """Trained models, which are seen here for the first time."""
    for model in models:
        try:
            library = compile_model(model, target=target, name="net").library
        except McugenError as error:
            print(f"{model.name}: {error}", file=sys.stderr)
            continue
        yield sample(model.stem, library, target, folder)


def sample(name: str, library: Library, target: Target, folder: Path | None) -> Sample:
    """Compiles a library and takes it apart."""
    code = code_of(library.files, library.name)
    sections = _sections(library, target if target.compiler else find_target("cortex-m3"), folder)
    measured: Counter[str] = Counter()
    for section, size in sections.items():
        function = _SECTION.match(section)
        if function:
            measured[owner(function[1])] += size
    functions = [(pieces, measured[function]) for function, pieces in code.functions.items()]
    read_only = sum(size for section, size in sections.items() if _READ_ONLY.match(section))
    return Sample(name, code, functions, sum(measured.values()) + read_only)


def _sections(library: Library, target: Target, folder: Path | None) -> Mapping[str, int]:
    """Bytes of the object files' sections, without constants of layers. folder: where they are kept, and taken from."""
    files = {file: text for file, text in library.files.items() if not file.endswith("_weights.c")}
    library_flags = ["--specs=picolibc.specs"] if target.compiler.startswith("riscv") else []
    split = ("-std=gnu99", "-ffunction-sections", "-fdata-sections")
    command = [f"{target.compiler}gcc", *target.compiler_flags, *library_flags, target.optimization, *split]
    content = repr((command, sorted(files.items())))
    kept = folder and folder / f"{hashlib.sha256(content.encode()).hexdigest()[:24]}.json"
    if kept and kept.exists():
        found: dict[str, int] = json.loads(kept.read_text())
        return found
    with tempfile.TemporaryDirectory() as name:
        for file, text in files.items():
            (Path(name) / file).write_text(text)
        sources = [file for file in files if file.endswith(".c")]
        subprocess.run([*command, "-c", *sources], cwd=name, check=True)
        objects = [source.removesuffix("c") + "o" for source in sources]
        sizes = [f"{target.compiler}size", "-A", *objects]
        listing = subprocess.run(sizes, cwd=name, capture_output=True, text=True, check=True).stdout
    sections: Counter[str] = Counter()
    for line in listing.splitlines():
        words = line.split()
        if len(words) == 3 and words[1].isdecimal():
            sections[words[0]] += int(words[1])
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(sections))
    return sections


def fit(samples: list[Sample]) -> dict[str, float]:
    """Bytes of each piece: non-negative, of the least squares of errors, of functions and of whole libraries, which
    weigh as much as they are large."""
    rows = [row for one in samples for row in one.functions]
    rows += [(sum((pieces for pieces, _ in one.functions), Counter()), _compiled(one)) for one in samples]
    names = sorted({name for pieces, _ in rows for name, count in pieces.items() if count})
    measured = np.array([size for _, size in rows], float)
    weights = 1 / np.sqrt(np.maximum(measured, _SMALL))
    design = np.array([[pieces[name] for name in names] for pieces, _ in rows], float) * weights[:, None]
    scale = np.sqrt((design**2).sum(axis=0))
    spread = np.vstack([design / scale, _SPREAD * np.eye(len(names))])
    solution, _ = nnls(spread, np.concatenate([measured * weights, np.zeros(len(names))]), maxiter=10_000)
    return {name: round(float(value), 1) for name, value in zip(names, solution / scale, strict=True)}


def _compiled(one: Sample) -> int:
    return sum(size for _, size in one.functions)


def text_of(table: Mapping[str, Sizes]) -> str:
    """The text of the table: pieces of all code first, then calls of functions that are put in place."""
    text = io.StringIO()
    text.write(
        "# Bytes of machine code that a piece of generated C becomes on each core; of kernels in assembly the text\n"
        "# tells them. From `average` on: a call of the function of this name, which compilers put in place.\n"
        "# Made by: python benchmarks/code_size.py\n"
    )
    writer = csv.writer(text, lineterminator="\n")
    cores = [target.name for target in TARGETS if target.name in table]
    writer.writerow(["piece", *cores])
    found = {piece for core in cores for piece in table[core]}
    for piece in (*PIECES, *sorted(found - set(PIECES))):
        writer.writerow([piece, *(f"{table[core][piece]:g}" if piece in table[core] else "" for core in cores)])
    return text.getvalue()


if __name__ == "__main__":
    main()
