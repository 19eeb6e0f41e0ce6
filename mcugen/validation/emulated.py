"""Validation in an emulator: the cross-compiled code equals the reference in every layer, and its cost is counted."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mcugen import reference
from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled
from mcugen.ir import Tensor
from mcugen.simulate.host import RunError
from mcugen.simulate.on_emulator import EmulatedLibrary, Flash, StageCost
from mcugen.validation.layers import Mismatch, as_int8, compare_layer, count_layers, removed_as_claimed
from mcugen.validation.run import Validation
from mcugen.validation.vectors import Vectors, compare_outputs


@dataclass(frozen=True)
class EmulatedCosts:
    """What one inference costs on the emulated core.

    instructions: executed, exact. modelled_cycles: by the core's timing table, None without one. stages: by stage
    index; -1 is everything outside stages. stack_bytes: measured; stack_bound: by the machine code, None where it
    cannot be told.
    """

    instructions: int
    modelled_cycles: int | None
    stages: dict[int, StageCost]
    stack_bytes: int
    stack_bound: int | None
    flash: Flash


def validate_in_emulator(
    compiled: Compiled,
    images: np.ndarray,
    *,
    vectors: Vectors | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> tuple[Validation, EmulatedCosts]:
    """Runs the C code on the target's emulated machine and compares it with the reference.

    images: int8 [N, H, W, C] to try after those of `vectors`.

    Raises MissingToolError of `simulate.emulator`, BuildError where
    the compiler refuses the code, ProgramError or RunError where that does not run to its end.
    """
    if vectors is not None:
        images = np.concatenate([vectors.images, images])
    target = compiled.plan.target
    name = compiled.library.name
    progress("compiling", 0, len(images))
    with EmulatedLibrary(make_library(compiled.plan, name, trace=True), target) as traced:
        progress("running every layer", 0, len(images))
        traced_run = traced.run(images)
        mismatch = first_mismatch_by_checksum(
            compiled, images, traced.library.layers, traced_run.checksums, traced.layer
        )
    expected = as_int8(reference.run(compiled.imported, images))
    with EmulatedLibrary(compiled.library, target) as shipped:
        progress("counting", 0, len(images))
        shipped_run = shipped.run(images)
        stages, cycles = shipped.profile(images[0])
        bound = shipped.stack_bound
    if mismatch is None:
        output = compiled.imported.output
        last = next(op for op in compiled.imported.operators if op.output == output)
        got = shipped_run.outputs.reshape(expected.shape)
        mismatch = compare_layer(last, expected, got, compiled.imported.output_tensor, "shipped")
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
    )
    costs = EmulatedCosts(shipped_run.instructions, cycles, stages, shipped_run.stack_bytes, bound, shipped_run.flash)
    return validation, costs


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
            return Mismatch(found.layer, found.source, (case, y, x, channel), found.expected, found.got, "traced")
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
