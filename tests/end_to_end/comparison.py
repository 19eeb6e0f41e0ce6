"""Generated C against the NumPy reference, layer by layer, written apart from mcugen.validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcugen import reference
from mcugen.codegen.library import Library
from mcugen.compiler import Compiled, compile_model
from mcugen.ir import Graph, Tensor
from mcugen.plan.bands import BandOptions
from mcugen.simulate.host import run_on_host


@dataclass(frozen=True)
class Comparison:
    """compiled: what was run. compared: layers of the imported graph that the C code has too, all found equal.
    outputs: int8 [N, H, W, C] of the C code, found equal to the imported graph's."""

    compiled: Compiled
    compared: int
    outputs: np.ndarray


def to_int8(values: np.ndarray) -> np.ndarray:
    """Stored values in the model's own int8: uint8 storage adds 128."""
    return values if values.dtype == np.int8 else (values.astype(np.int16) - 128).astype(np.int8)


def differing_layer(imported: Graph, images: np.ndarray, got: Mapping[str, np.ndarray], graph: Graph) -> str | None:
    """Where `got` (int8 by tensor name of `graph`, which came of `imported`) first differs from the imported graph."""
    for op, values in reference.evaluate(imported, images):
        if op.output in got:
            difference = _difference(graph.tensors[op.output], to_int8(values), got[op.output])
            if difference:
                return f"{op.name} ({type(op).__name__}): {difference}"
    return None


def _difference(tensor: Tensor, expected: np.ndarray, got: np.ndarray) -> str | None:
    # The model may have the positions of a map as a list, or in rows of another length.
    got = got.reshape(*expected.shape[:3], -1)
    if tensor.origin is not None:
        origin = tensor.origin
        claimed = origin.observable.copy()
        claimed[origin.kept[origin.kept >= 0]] = False
        constant = expected[..., claimed]
        if not np.all(constant == origin.constants[claimed]):
            return "a channel that was removed as constant is not"
        got = got[..., origin.kept >= 0]
        expected = expected[..., origin.kept[origin.kept >= 0]]
    if np.array_equal(expected, got):
        return None
    index = tuple(int(i) for i in np.argwhere(expected != got)[0])
    return f"{int(np.sum(expected != got))} values differ, at {index} {got[index]} instead of {expected[index]}"


def with_checked_rows(library: Library) -> Library:
    """The library stopping where it asks for a row that the tensor does not have, even if it makes nothing of it."""
    source = library.files["net.c"]
    for index, buffer in enumerate(library.plan.buffers.values()):
        head = f"*row_{index}(uint8_t *arena, int32_t y)\n{{\n"
        assert source.count(head) == 1
        check = f"    if (y < 0 || y >= {buffer.tensor.height}) {{\n        __builtin_trap();\n    }}\n"
        source = source.replace(head, head + check)
    return replace(library, files={**library.files, "net.c": source})


def assert_equal_everywhere(
    imported: Graph,
    images: np.ndarray,
    *,
    fold_constants: bool,
    target: str = "generic",
    resident: bool = False,
    output_rows: bool = False,
    compiler: str = "gcc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
    bands: BandOptions | None = None,
) -> Comparison:
    """Compiles the graph with tracing, runs it, and asserts that every layer and the output equal the reference's."""
    compiled = compile_model(
        imported,
        name="net",
        fold_constants=fold_constants,
        target=target,
        resident_image=resident,
        output_rows=output_rows,
        trace=True,
        bands=bands,
    )
    run = run_on_host(with_checked_rows(compiled.library), images, compiler=compiler, sanitize=sanitize, flags=flags)
    assert run.context_bytes == compiled.library.context_bytes
    graph = compiled.optimized
    # Outputs that leave by rows are never joined.
    joint = {graph.output} if graph.several and output_rows else set()
    assert set(run.layers) == {op.output for op in graph.operators} - joint
    # Every tensor of the C code against the graph it was made of, then those that the model has too against the model.
    for op, values in reference.evaluate(compiled.optimized, images):
        if op.output not in joint:
            assert np.array_equal(to_int8(values), run.layers[op.output]), f"{op.name} differs from its own graph"
    assert differing_layer(imported, images, run.layers, compiled.optimized) is None
    assert np.array_equal(run.outputs, reference.run(imported, images))
    compared = sum(op.output in run.layers for op in imported.operators)
    return Comparison(compiled, compared, run.outputs)
