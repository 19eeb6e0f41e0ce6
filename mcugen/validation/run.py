"""Validation of a compiled model: C against reference on every layer and case, and against its maker's vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mcugen.codegen.library import Library, make_library
from mcugen.compiler import Compiled
from mcugen.simulate.host import HostProgram, host_program
from mcugen.validation.layers import LayerCounts, Mismatch, compare_layer, count_layers, first_mismatch
from mcugen.validation.vectors import VectorComparison, Vectors, compare_outputs

# Traced bytes that one run may write: batches of cases are cut to it.
_BATCH_BYTES = 64 << 20

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many cases are done and how many there are."""


@dataclass(frozen=True)
class Validation:
    """The result.

    cases: images tried. mismatch: the first difference, None if there is none. layers: how many of the model's layers
    were compared. context_bytes: sizeof the context as the compiler says. vectors: comparison with the outputs of the
    vectors' file, None without one.
    """

    cases: int
    mismatch: Mismatch | None
    layers: LayerCounts
    context_bytes: int
    vectors: VectorComparison | None

    @property
    def bit_exact(self) -> bool:
        """The C code equals the reference in every layer of every case, traced and as shipped."""
        return self.mismatch is None


def validate(
    compiled: Compiled,
    images: np.ndarray,
    *,
    vectors: Vectors | None = None,
    compiler: str = "cc",
    sanitize: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> Validation:
    """Runs the C code on the host and compares it with the reference.

    images: int8 [N, H, W, C] to try after those of `vectors`. sanitize: compile with the address and undefined
    behaviour sanitizers. Raises CompileError or RunError of `simulate.host`.
    """
    if vectors is not None:
        images = np.concatenate([vectors.images, images])
    progress("compiling", 0, len(images))
    library = compiled.library
    traced = make_library(compiled.plan, library.name, trace=True)
    with (
        host_program(traced, compiler=compiler, sanitize=sanitize) as traced_program,
        host_program(library, compiler=compiler, sanitize=sanitize) as shipped_program,
    ):
        outputs, mismatch, context_bytes = _compare(compiled, traced_program, shipped_program, images, progress)
    comparison = None
    if vectors is not None and vectors.outputs is not None:
        # After a mismatch the later cases were not run: compare those that were.
        count = min(len(vectors.images), len(outputs))
        comparison = compare_outputs(compiled.imported, outputs[:count], vectors.outputs[:count])
    return Validation(
        cases=len(images),
        mismatch=mismatch,
        layers=count_layers(compiled.imported, compiled.optimized),
        context_bytes=context_bytes,
        vectors=comparison,
    )


def _compare(
    compiled: Compiled, traced: HostProgram, shipped: HostProgram, images: np.ndarray, progress: Progress
) -> tuple[np.ndarray, Mismatch | None, int]:
    """Outputs of the shipped code up to and with the batch of the first mismatch, that mismatch, sizeof the context."""
    imported = compiled.imported
    last = next(op for op in imported.operators if op.output == imported.output)
    outputs: list[np.ndarray] = []
    context_bytes = 0
    for start, batch in _batches(traced.library, images):
        progress("comparing", start, len(images))
        traced_run, shipped_run = traced.run(batch), shipped.run(batch)
        context_bytes = shipped_run.context_bytes
        outputs.append(shipped_run.outputs)
        expected, found = first_mismatch(imported, compiled.optimized, batch, traced_run.layers)
        for run, build in ((traced_run, "traced"), (shipped_run, "shipped")):
            got = run.outputs.reshape(expected.shape)
            found = found or compare_layer(last, expected, got, imported.output_tensor, build)
        if found is not None:
            case, y, x, channel = found.index
            return np.concatenate(outputs), replace(found, index=(start + case, y, x, channel)), context_bytes
    progress("comparing", len(images), len(images))
    return np.concatenate(outputs), None, context_bytes


def _batches(traced: Library, images: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    size = sum(tensor.size for tensor in traced.layers)
    step = max(1, _BATCH_BYTES // size)
    for start in range(0, len(images), step):
        yield start, images[start : start + step]
