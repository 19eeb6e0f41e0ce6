"""Validation in an emulator: the cross-compiled code equals the reference in every layer, and its cost is counted."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from mcugen import reference
from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled
from mcugen.diagnostics import McugenError
from mcugen.ir import Tensor
from mcugen.schemas.validation import BuildKind, BuildResult, Mismatch
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.host import RunError
from mcugen.simulate.on_emulator import EmulatedLibrary, Flash, StageCost
from mcugen.targets.memory import MemorySystem, Waits
from mcugen.validation.builds import Build, unoptimized
from mcugen.validation.layers import as_int8, compare_layer, count_layers, removed_as_claimed
from mcugen.validation.run import Validation
from mcugen.validation.vectors import Vectors, compare_outputs


@dataclass(frozen=True)
class EmulatedCosts:
    """What one inference costs on the emulated core.

    instructions: executed, exact. modelled_cycles: by the core's timing table, None without one. stages: by stage
    index; -1 is everything outside stages. stack_bytes: measured; stack_bound: by the machine code, None where it
    cannot be told. waits: what a board's memories add, by stage index; None where no board was named.
    """

    instructions: int
    modelled_cycles: int | None
    stages: dict[int, StageCost]
    stack_bytes: int
    stack_bound: int | None
    flash: Flash
    waits: dict[int, Waits] | None = None


def validate_in_emulator(
    compiled: Compiled,
    images: np.ndarray,
    *,
    vectors: Vectors | None = None,
    flags: Sequence[str] = (),
    memory: MemorySystem | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> tuple[Validation, EmulatedCosts]:
    """Runs the C code on the target's emulated machine, traced and as shipped, and compares it with the reference.

    images: int8 [N, H, W, C] to try after those of `vectors`. flags: for the cross compiler, after the target's own, as
    in -Os. memory: of a board, through whose model fetches and loads go, too. Raises MissingToolError of
    `simulate.emulator`, BuildError where the compiler refuses the code, ProgramError or RunError where that does not
    run to its end.
    """
    if vectors is not None:
        images = np.concatenate([vectors.images, images])
    target = compiled.plan.target
    compiled_by = " ".join([f"{target.compiler}gcc", target.optimization, *flags])
    progress(f"compiling for {target.name}", 0, 0)
    with EmulatedLibrary(make_library(compiled.plan, compiled.library.name, trace=True), target, flags) as traced:
        progress(f"every layer on an emulated {target.name}", 0, 0)
        traced_run = traced.run(images)
        in_layers = first_mismatch_by_checksum(
            compiled, images, traced.library.layers, traced_run.checksums, traced.layer
        )
    expected = as_int8(reference.run(compiled.imported, images))
    with EmulatedLibrary(compiled.library, target, flags) as shipped:
        progress(f"counting on an emulated {target.name}", 0, 0)
        shipped_run = shipped.run(images)
        stages, cycles = shipped.profile(images[0])
        bound = shipped.stack_bound
        waits = _waits(shipped, images[0], memory, progress)
    traced_outputs = _compare_outputs(compiled, expected, traced_run.outputs, "traced")
    shipped_outputs = _compare_outputs(compiled, expected, shipped_run.outputs, "shipped")
    mismatch = in_layers or traced_outputs or shipped_outputs
    builds = [
        BuildResult("traced", compiled_by, (in_layers or traced_outputs) is None, traced_outputs is None),
        BuildResult("shipped", compiled_by, shipped_outputs is None, shipped_outputs is None),
    ]
    if mismatch is not None:
        mismatch = msgspec.structs.replace(mismatch, compiled_by=compiled_by)
        progress("looking into the difference", 0, 0)
        builds += _without_optimization(compiled, images, expected, flags)
    comparison = None
    if vectors is not None and vectors.outputs is not None:
        comparison = compare_outputs(compiled.imported, shipped_run.outputs[: len(vectors.images)], vectors.outputs)
    progress("counting", len(images), len(images))
    validation = Validation(
        cases=len(images),
        mismatch=mismatch,
        layers=count_layers(compiled.imported, compiled.optimized),
        context_bytes=shipped_run.context_bytes,
        vectors=comparison,
        builds=tuple(builds),
    )
    costs = EmulatedCosts(
        shipped_run.instructions, cycles, stages, shipped_run.stack_bytes, bound, shipped_run.flash, waits
    )
    return validation, costs


def _waits(
    program: EmulatedLibrary, image: np.ndarray, memory: MemorySystem | None, progress: Callable[[str, int, int], None]
) -> dict[int, Waits] | None:
    """By stage, of one image, int8 [H, W, C]."""
    if memory is None:
        return None
    progress("the board's memories, modelled", 0, 0)
    (stalls,) = stalls_by_stage(program, image, [memory])
    return {stage: own.waits for stage, own in stalls.items()}


def _compare_outputs(
    compiled: Compiled, expected: np.ndarray, outputs: np.ndarray, build: BuildKind
) -> Mismatch | None:
    """expected: the reference's, int8 [N, H, W, C]. outputs: the build's."""
    imported = compiled.imported
    last = next(op for op in imported.operators if op.output == imported.output)
    return compare_layer(last, expected, outputs.reshape(expected.shape), imported.output_tensor, build)


def _without_optimization(
    compiled: Compiled, images: np.ndarray, expected: np.ndarray, flags: Sequence[str]
) -> list[BuildResult]:
    """What the same source makes of the images. Builds that cannot be made or run are left out."""
    target = compiled.plan.target
    flags = (*flags, *unoptimized(compiled.library.name))
    results = []
    for build in (Build(traced, f"{target.compiler}gcc", flags) for traced in (True, False)):
        library = make_library(compiled.plan, compiled.library.name, trace=build.traced)
        try:
            with EmulatedLibrary(library, target, flags) as program:
                run = program.run(images)
                found = None
                if build.traced:
                    found = first_mismatch_by_checksum(compiled, images, library.layers, run.checksums, program.layer)
        except McugenError:
            continue
        outputs_exact = _compare_outputs(compiled, expected, run.outputs, build.kind) is None
        results.append(BuildResult(build.kind, build.compiled_by, outputs_exact and found is None, outputs_exact))
    return results


def first_mismatch_by_checksum(
    compiled: Compiled,
    images: np.ndarray,
    layers: Sequence[Tensor],
    checksums: np.ndarray,
    fetch: Callable[[np.ndarray, int], np.ndarray],
) -> Mismatch | None:
    """Layers are compared by the CRC-32 of what the core computed; only a layer that differs is fetched whole.

    layers: tensors in the order of `checksums`, uint32 [N, layers]. fetch: the int8 map [H, W, C] of one image,
    int8 [H, W, C], in the layer of this number.
    """
    numbers = {tensor.name: number for number, tensor in enumerate(layers)}
    for op, values in reference.evaluate(compiled.imported, images):
        number = numbers.get(op.output)
        if number is None:
            continue
        tensor = compiled.optimized.tensors[op.output]
        expected = as_int8(values)
        remaining = _remaining_channels(tensor, expected)
        for case in range(len(images)):
            same = zlib.crc32(remaining[case].tobytes()) == int(checksums[case, number])
            if same and removed_as_claimed(tensor, expected[case : case + 1]):
                continue
            got = fetch(images[case], number)[None]
            found = compare_layer(op, expected[case : case + 1], got, tensor)
            if found is None and zlib.crc32(got.tobytes()) == int(checksums[case, number]):
                # A channel that only pads the tensor holds what a table makes of the zero point: nobody reads it.
                continue
            if found is None:
                raise RunError(
                    f"{op.name}, case {case}: computed wrongly once and rightly when asked again: not repeatable"
                )
            _, y, x, channel = found.index
            return Mismatch(found.layer, found.source, (case, y, x, channel), found.expected, found.got, "traced", "")
    return None


def _remaining_channels(tensor: Tensor, expected: np.ndarray) -> np.ndarray:
    """The model's map, int8 [N, H, W, C], in the channels that the C code computes; padding holds the zero point."""
    origin = tensor.origin
    if origin is None:
        return np.ascontiguousarray(expected)
    zero_point = tensor.zero_point - (128 if tensor.dtype == "uint8" else 0)
    remaining = np.full((*expected.shape[:3], tensor.channels), zero_point, np.int8)
    real = origin.kept >= 0
    remaining[..., real] = expected[..., origin.kept[real]]
    return remaining
