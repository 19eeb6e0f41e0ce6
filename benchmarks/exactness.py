"""Prints a table of models by targets: whether the generated C is exact, on the host and on the emulated core.

    python benchmarks/exactness.py [MODEL ...] [--targets NAME,...] [--places host,qemu] [--compilers gcc,clang]

Without models: all of ../shared/models and ../shared/field. Every model is compiled for every target and compared with
the reference, layer by layer, traced and as shipped: on the host by each compiler that is installed, at each level of
`mcugen validate`, and, built by the core's own compiler, in the emulator. Images: the first one of the model's .npz, if
it has one, and one of extreme values. Targets for which the files are the same but for the target's name share their
result on the host. Exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.inputs import proof_images
from mcugen.ir import Graph
from mcugen.targets import TARGETS, Target, find_target
from mcugen.validation import Validation, Vectors, load_vectors, validate, validate_in_emulator

SHARED = Path(__file__).resolve().parents[2] / "shared"
COMPILERS = ("gcc", "gcc-11", "gcc-13", "gcc-14", "clang", "clang-16", "clang-19")


@dataclass
class Results:
    """cells: how often each verdict came. refused: reason by model. differing: what differs, or could not be run.
    tried: the compilers that programs were made by."""

    cells: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Options:
    """places: of host and qemu. compilers: of the host. flags: in place of the levels, for the host's compilers."""

    targets: Sequence[Target]
    places: Sequence[str]
    compilers: Sequence[str]
    flags: Sequence[str]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--targets", default=",".join(target.name for target in TARGETS))
    parser.add_argument("--places", default="host,qemu")
    parser.add_argument("--compilers", default=",".join(COMPILERS))
    parser.add_argument("--flags", default="", help="for the host's compilers, in place of the levels")
    arguments = parser.parse_args()
    options = Options(
        [find_target(name) for name in arguments.targets.split(",")],
        arguments.places.split(","),
        [name for name in arguments.compilers.split(",") if shutil.which(name)],
        arguments.flags.split(),
    )
    results = Results()
    print(f"| model | {' | '.join(target.name for target in options.targets)} |")
    print(f"|---{'|---' * len(options.targets)}|")
    for model in arguments.models or shared_models():
        _print_model(model, options, results)
    print(f"\n{sum(results.cells.values())} models by targets: ", end="")
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(results.cells.items())))
    print(f"compilers: {', '.join(sorted(results.tried))}")
    for model, reason in results.refused.items():
        print(f"- {model}: {reason}")
    for line in results.differing:
        print(f"- DIFFERS {line}")
    sys.exit(1 if results.differing else 0)


def shared_models() -> list[Path]:
    """The models of the shared folders, and the small ones that compilers got wrong."""
    folders = (SHARED / "models", SHARED / "field", SHARED / "field" / "small")
    return [path for folder in folders for path in sorted([*folder.glob("*.tflite"), *folder.glob("*.onnx")])]


def _print_model(model: Path, options: Options, results: Results) -> None:
    try:
        graph = load_model(model)
        vectors = _vectors(model, graph)
    except McugenError as error:
        results.refused[model.name] = error.message
        results.cells["refused"] += len(options.targets)
        print(f"| {model.stem} |{' refused |' * len(options.targets)}", flush=True)
        return
    print(f"| {model.stem} |", end="", flush=True)
    on_host: dict[tuple[str, ...], list[str]] = {}
    for target in options.targets:
        verdict = _verdict(graph, vectors, target, options, results, on_host)
        results.cells[verdict] += 1
        print(f" {verdict} |", end="", flush=True)
    print()


def _verdict(
    graph: Graph,
    vectors: Vectors,
    target: Target,
    options: Options,
    results: Results,
    on_host: dict[tuple[str, ...], list[str]],
) -> str:
    """ "exact" on host and emulator, "exact on host" and so on, "differs", or "refused". on_host: what is known of the
    same files."""
    where = f"{graph.name} for {target.name}"
    try:
        compiled = compile_model(graph, target=target, name="net")
    except McugenError as error:
        results.refused[where] = error.message
        return "refused"
    wrong: list[str] = []
    places = [place for place in options.places if place == "host" or target.machine]
    if "host" in places:
        same = _files(compiled)
        if same not in on_host:
            on_host[same] = list(_on_host(compiled, vectors, options, results))
        wrong += on_host[same]
    if "qemu" in places:
        wrong += _in_emulator(compiled, vectors, results)
    results.differing += [f"{where}: {what}" for what in wrong]
    return "differs" if wrong else f"exact{' on ' + places[0] if len(places) == 1 else ''}"


def _vectors(model: Path, graph: Graph) -> Vectors:
    """Two images: the first of the model's own, if it has any, and one of extreme values."""
    images = proof_images(graph.input_tensor, 1, 0)
    if not model.with_suffix(".npz").exists():
        return Vectors(images, None, len(images))
    own = load_vectors(model.with_suffix(".npz"), graph, 1)
    return Vectors(np.concatenate([own.images, images]), None, 2)


def _files(compiled: Compiled) -> tuple[str, ...]:
    """What is compiled, traced and as shipped, without the target's name."""
    target, library = compiled.plan.target, compiled.library
    both = (library, make_library(compiled.plan, library.name, trace=True))
    return tuple(
        text.replace(target.description, "").replace(target.name, "") for each in both for text in each.files.values()
    )


def _on_host(compiled: Compiled, vectors: Vectors, options: Options, results: Results) -> Iterator[str]:
    """What is wrong on the host."""
    none = vectors.images[:0]
    for compiler in options.compilers:
        try:
            result = validate(compiled, none, vectors=vectors, compiler=compiler, flags=options.flags)
        except McugenError as error:
            yield f"host, {compiler}: {error.message}"
            continue
        results.tried |= {build.compiled_by for build in result.builds}
        yield from _differences("host", result)


def _in_emulator(compiled: Compiled, vectors: Vectors, results: Results) -> Iterator[str]:
    """What is wrong on the emulated core."""
    try:
        result, _ = validate_in_emulator(compiled, vectors.images[:0], vectors=vectors)
    except McugenError as error:
        yield f"qemu: {error.message}"
        return
    results.tried |= {build.compiled_by for build in result.builds}
    yield from _differences("qemu", result)


def _differences(place: str, result: Validation) -> Iterator[str]:
    if result.mismatch is not None:
        wrong = [f"{build.build} {build.compiled_by}" for build in result.builds if not build.bit_exact]
        yield f"{place}, layer {result.mismatch.layer}: {', '.join(wrong)}"


if __name__ == "__main__":
    main()
