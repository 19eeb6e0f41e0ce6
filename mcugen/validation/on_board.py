"""Validation on a board: what it computes, over its serial port, equals the reference in every layer."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcugen import reference
from mcugen.codegen.library import make_library, output_rows_variables
from mcugen.compiler import Compiled
from mcugen.diagnostics import McugenError
from mcugen.firmware.model import library_sha256
from mcugen.link import BoardLink, Cost, LinkError, ModelInfo
from mcugen.link.rows import OutputRows
from mcugen.schemas.validation import BuildKind, BuildResult, Mismatch
from mcugen.targets.boards import BOARDS
from mcugen.validation.emulated import first_mismatch_by_checksum
from mcugen.validation.layers import LayerCounts, as_int8, compare_layer, count_layers
from mcugen.validation.run import Validation
from mcugen.validation.vectors import Vectors, compare_outputs


@dataclass(frozen=True)
class BoardValidation:
    """validation: as on the host. self_tests: passed and run of the images in the firmware. cost: of the costliest
    image. traced: whether layers were compared, or only outputs. repeated: frames that the line lost."""

    validation: Validation
    board: str
    self_tests: tuple[int, int]
    cost: Cost
    traced: bool
    repeated: int


def _context_bytes(compiled: Compiled, board: str, told: int) -> int:
    """sizeof the context as the board tells it, with the pointers of the target, not the wider ones of a host."""
    of_host = any(each.name == board and each.platform == "native" for each in BOARDS)
    as_planned = of_host and told == compiled.library.context_bytes_at(struct.calcsize("P"))
    return compiled.library.context_bytes if as_planned else told


def check_model(model: ModelInfo, source_sha256: str, model_file: str) -> None:
    """Raises McugenError if the board holds another model than the file."""
    if model.model_sha256.hex() != source_sha256:
        raise McugenError(
            f"the board holds {model.name!r} of a model with SHA-256 {model.model_sha256.hex()[:12]}..., "
            f"not {model_file} ({source_sha256[:12]}...)",
            "put it on the board with `mcugen flash`",
        )


def validate_on_board(
    compiled: Compiled,
    link: BoardLink,
    images: np.ndarray,
    *,
    vectors: Vectors | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> BoardValidation:
    """Runs images, int8 [N, H, W, C], after those of `vectors`, and compares.

    Raises McugenError where the board holds another model or another library made of it, or LinkError.
    """
    model = link.model
    check_model(model, compiled.imported.source_sha256, compiled.model_file)
    if model.library_sha256 != library_sha256(compiled.library):
        raise McugenError(
            f"the board's code was generated from this model, but otherwise (for {model.target}, by mcugen "
            f"{model.generator}): other options, or another version",
            "use the same options here, or put it on the board again with `mcugen flash`",
        )
    graph = compiled.imported
    shape = (model.height, model.width, model.channels, model.output_bytes)
    if shape != (*graph.input_tensor.shape, graph.output_tensor.size):
        raise LinkError(
            f"the board holds this library, but describes it as {model.height}x{model.width}x{model.channels} -> "
            f"{model.output_bytes} bytes"
        )
    if vectors is not None:
        images = np.concatenate([vectors.images, images])
    passed = 0
    for index in range(model.test_vectors):
        progress("self-test", index, model.test_vectors)
        passed += link.test(index)[0]
    mismatch, checksums, traced_outputs = _traced(compiled, link, images, progress)
    costs: list[Cost] = []
    outputs: list[np.ndarray] = []
    for number, image in enumerate(images):
        progress("running", number, len(images))
        run = link.run(image, outputs=_rows(compiled))
        costs.append(run.cost)
        outputs.append(run.scores)
    progress("comparing", len(images), len(images))
    expected = as_int8(reference.run(compiled.imported, images))
    last = next(op for op in compiled.imported.operators if op.output == compiled.imported.output)
    builds = []
    programs: list[tuple[list[np.ndarray], BuildKind]] = [(traced_outputs, "traced"), (outputs, "shipped")]
    for got, build in programs:
        if not got:
            continue
        values = np.stack(got).reshape(expected.shape)
        found = compare_layer(last, expected, values, compiled.imported.output_tensor, build)
        in_layers = mismatch if build == "traced" else None
        builds.append(BuildResult(build, "", (found or in_layers) is None, found is None))
        mismatch = mismatch or found
    comparison = None
    if vectors is not None and vectors.outputs is not None:
        shipped = np.stack(outputs).reshape(expected.shape)
        comparison = compare_outputs(compiled.imported, shipped[: len(vectors.images)], vectors.outputs)
    counts = count_layers(compiled.imported, compiled.optimized) if len(checksums) else LayerCounts(1, ())
    context_bytes = _context_bytes(compiled, link.board.name, model.context_bytes)
    return BoardValidation(
        validation=Validation(len(images), mismatch, counts, context_bytes, comparison, tuple(builds)),
        board=link.board.name,
        self_tests=(passed, model.test_vectors),
        cost=_costliest(costs),
        traced=model.layers > 0,
        repeated=link.repeated,
    )


def _traced(
    compiled: Compiled, link: BoardLink, images: np.ndarray, progress: Callable[[str, int, int], None]
) -> tuple[Mismatch | None, np.ndarray, list[np.ndarray]]:
    """The first layer that differs, checksums [N, layers], outputs; all empty without a traced build on the board."""
    if link.model.layers == 0:
        return None, np.empty(0, np.uint32), []
    layers = make_library(compiled.plan, compiled.library.name, trace=True).layers
    if link.model.layers != len(layers):
        raise McugenError(f"the board reports {link.model.layers} layers, the model has {len(layers)}")
    runs = []
    for number, image in enumerate(images):
        progress("every layer", number, len(images))
        runs.append(link.run(image, traced=True, outputs=_rows(compiled)))
    checksums = np.stack([run.checksums for run in runs])

    def fetch(image: np.ndarray, layer: int) -> np.ndarray:
        return link.layer(image, layer, layers[layer].size).reshape(layers[layer].shape)

    mismatch = first_mismatch_by_checksum(compiled, images, layers, checksums, fetch)
    return mismatch, checksums, [run.scores for run in runs]


def _rows(compiled: Compiled) -> list[OutputRows]:
    """How outputs leave; empty where they are kept as a whole."""
    rows = output_rows_variables(compiled.plan.graph)["output_rows"]
    return [OutputRows(*row) for row in rows] if compiled.library.by_rows else []


def _costliest(costs: list[Cost]) -> Cost:
    def largest(field: str) -> float | None:
        values = [getattr(cost, field) for cost in costs]
        return None if None in values else max(values)

    cycles, instructions, stack = largest("cycles"), largest("instructions"), largest("stack_bytes")
    return Cost(
        None if cycles is None else int(cycles),
        None if instructions is None else int(instructions),
        largest("milliseconds"),
        None if stack is None else int(stack),
    )
