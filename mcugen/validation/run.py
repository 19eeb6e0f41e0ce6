"""Validation of a compiled model: C against reference on every layer and case, and against its maker's vectors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import msgspec
import numpy as np

from mcugen.codegen.library import Library, make_library
from mcugen.compiler import Compiled
from mcugen.schemas.validation import BuildResult, Mismatch, VectorComparison
from mcugen.simulate.host import CompileError, HostProgram, HostRun, RunError, host_program
from mcugen.validation.builds import Build, builds_to_look_into, host_builds
from mcugen.validation.layers import LayerCounts, compare_layer, count_layers, first_mismatches
from mcugen.validation.vectors import Vectors, compare_outputs

# Traced bytes that one run may write: batches of cases are cut to it.
_BATCH_BYTES = 64 << 20

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many cases are done and how many there are."""


@dataclass(frozen=True)
class Validation:
    """The result.

    cases: images tried. mismatch: the first difference, None if there is none. layers: how many of the model's layers
    were compared. context_bytes: sizeof the context as the compiler says. vectors: comparison with the outputs of the
    vectors' file, None without one. builds: the programs that were run; after a difference also those made to look
    into it.
    """

    cases: int
    mismatch: Mismatch | None
    layers: LayerCounts
    context_bytes: int
    vectors: VectorComparison | None
    builds: tuple[BuildResult, ...]

    @property
    def bit_exact(self) -> bool:
        """The C code equals the reference in every layer of every case, traced and as shipped, in every build."""
        return self.mismatch is None


def validate(
    compiled: Compiled,
    images: np.ndarray,
    *,
    vectors: Vectors | None = None,
    compiler: str = "cc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
    progress: Progress = lambda what, done, total: None,
) -> Validation:
    """Runs the C code on the host, in several builds, and compares each with the reference.

    images: int8 [N, H, W, C] to try after those of `vectors`. sanitize: besides, with the address and undefined
    behaviour sanitizers. flags: for the compiler, in place of the levels that are tried. Raises CompileError or
    RunError of `simulate.host`.
    """
    if vectors is not None:
        images = np.concatenate([vectors.images, images])
    progress("compiling", 0, len(images))
    with _programs(compiled, host_builds(compiled.library.name, compiler, flags, sanitize)) as programs:
        comparison = _compare(compiled, programs, images, progress)
    builds = comparison.builds
    if comparison.mismatch is not None:
        progress("looking into the difference", 0, 0)
        builds += _look_into(compiled, comparison.last_batch, builds_to_look_into(compiled.library.name, compiler))
    of_vectors = None
    if vectors is not None and vectors.outputs is not None:
        # After a mismatch the later cases were not run: compare those that were.
        count = min(len(vectors.images), len(comparison.outputs))
        of_vectors = compare_outputs(
            compiled.imported, comparison.outputs[:count], [each[:count] for each in vectors.outputs]
        )
    return Validation(
        cases=len(images),
        mismatch=comparison.mismatch,
        layers=count_layers(compiled.imported, compiled.optimized),
        context_bytes=comparison.context_bytes,
        vectors=of_vectors,
        builds=tuple(builds),
    )


@contextmanager
def _programs(compiled: Compiled, builds: Sequence[Build]) -> Iterator[dict[Build, HostProgram]]:
    """Compiles all, as many at a time as there are processors."""
    shipped = compiled.library
    traced = make_library(compiled.plan, shipped.name, trace=True)
    with ExitStack() as stack, ThreadPoolExecutor(os.cpu_count()) as pool:

        def start(build: Build) -> HostProgram:
            library = traced if build.traced else shipped
            program = host_program(library, compiler=build.compiler, sanitize=build.sanitize, flags=build.flags)
            return stack.enter_context(program)

        yield dict(zip(builds, pool.map(start, builds), strict=True))


@dataclass(frozen=True, eq=False)
class _Comparison:
    """outputs: of the first shipped build, up to and with the batch of the first mismatch. last_batch: that batch.
    mismatch: of the first build that has one. builds: what each computed of the last batch, those before being exact.
    """

    outputs: np.ndarray
    last_batch: np.ndarray
    mismatch: Mismatch | None
    builds: list[BuildResult]
    context_bytes: int


def _compare(
    compiled: Compiled, programs: dict[Build, HostProgram], images: np.ndarray, progress: Progress
) -> _Comparison:
    first = next(build for build in programs if not build.traced)
    outputs: list[np.ndarray] = []
    for start, batch in _batches(programs[first].library, images):
        progress("comparing", start, len(images))
        runs = {build: _run(build, program, batch) for build, program in programs.items()}
        outputs.append(runs[first].outputs)
        mismatch, builds = _results(compiled, batch, runs)
        if mismatch is not None:
            case, y, x, channel = mismatch.index
            mismatch = msgspec.structs.replace(mismatch, index=(start + case, y, x, channel))
            break
    progress("comparing", len(images), len(images))
    return _Comparison(np.concatenate(outputs), batch, mismatch, builds, runs[first].context_bytes)


def _run(build: Build, program: HostProgram, images: np.ndarray) -> HostRun:
    try:
        return program.run(images)
    except RunError as error:
        raise RunError(f"the {build.kind} build, {build.compiled_by}: {error.message}", error.hint) from error


def _results(
    compiled: Compiled, images: np.ndarray, runs: dict[Build, HostRun]
) -> tuple[Mismatch | None, list[BuildResult]]:
    """The mismatch of the first build that has one, in its layers if it traced them, else in its outputs."""
    imported = compiled.imported
    last = next(op for op in imported.operators if op.output == imported.output)
    layers = [run.layers for run in runs.values()]
    expected, in_layers = first_mismatches(imported, compiled.optimized, images, layers)
    first: Mismatch | None = None
    results = []
    for (build, run), in_layer in zip(runs.items(), in_layers, strict=True):
        in_outputs = compare_layer(last, expected, run.outputs.reshape(expected.shape), imported.output_tensor)
        mismatch = in_layer or in_outputs
        results.append(BuildResult(build.kind, build.compiled_by, mismatch is None, in_outputs is None))
        if mismatch is not None and first is None:
            first = msgspec.structs.replace(mismatch, build=build.kind, compiled_by=build.compiled_by)
    return first, results


def _look_into(compiled: Compiled, images: np.ndarray, builds: Sequence[Build]) -> list[BuildResult]:
    """What further builds make of the images among which one differed. Those that cannot be made are left out."""
    results = []
    for build in builds:
        try:
            with _programs(compiled, [build]) as programs:
                run = programs[build].run(images)
        except CompileError:
            continue
        except RunError:
            results.append(BuildResult(build.kind, build.compiled_by, False, False))
            continue
        results += _results(compiled, images, {build: run})[1]
    return results


def _batches(library: Library, images: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    size = sum(tensor.size for tensor in library.layers)
    step = max(1, _BATCH_BYTES // size)
    for start in range(0, len(images), step):
        yield start, images[start : start + step]
