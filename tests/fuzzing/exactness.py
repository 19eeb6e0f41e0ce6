"""An accepted file's C against the reference and, for .tflite, against TensorFlow Lite Micro."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.compiler import Compiled
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph
from mcugen.simulate.host import run_on_host
from tests.fuzzing.judge import Verdict
from tests.fuzzing.sandbox import Died, apart

_IMAGES = 6


def compare(path: Path, compiled: Compiled) -> Verdict:
    """ "exact", "unknown to the oracle" where TensorFlow Lite Micro refuses the file, or how they differ."""
    graph = compiled.imported
    inputs = random_inputs(graph)
    images = reference.quantize_input(graph, inputs)
    expected = reference.run(graph, images)
    try:
        found = run_on_host(compiled.library, images).outputs.reshape(expected.shape)
    except McugenError as error:
        return Verdict("generated code fails", str(error))
    if not np.array_equal(found, expected):
        return Verdict("differs from the reference", f"{int((found != expected).sum())} of {found.size} values")
    if path.suffix != ".tflite":
        return Verdict("exact")
    return _compare_with_micro(path, inputs, reference.dequantize_outputs(graph, found))


def _compare_with_micro(path: Path, inputs: np.ndarray, outputs: list[np.ndarray]) -> Verdict:
    """Every output of the file."""
    try:
        expected = apart(lambda: _micro(path.read_bytes(), inputs, len(outputs)), memory=None)
    except Died as died:
        return Verdict("unknown to the oracle", str(died).strip().splitlines()[-1])
    verdicts = (_same(found, wanted) for found, wanted in zip(outputs, expected, strict=True))
    return next((verdict for verdict in verdicts if verdict.failed), Verdict("exact"))


def _same(found: np.ndarray, expected: np.ndarray) -> Verdict:
    expected = expected.reshape(found.shape) if expected.size == found.size else expected
    if expected.dtype != found.dtype or not np.array_equal(found, expected, equal_nan=found.dtype.kind == "f"):
        if expected.shape != found.shape:
            return Verdict("differs from TensorFlow Lite Micro", f"{found.shape}, there {expected.shape}")
        distance = np.abs(found.astype(np.float64) - expected.astype(np.float64))
        return Verdict(
            "differs from TensorFlow Lite Micro",
            f"{int((distance > 0).sum())} of {found.size} values, by up to {distance.max():g}",
        )
    return Verdict("exact")


def _micro(data: bytes, inputs: np.ndarray, count: int) -> list[np.ndarray]:
    from tests.support.tflite_oracle import run_micro_outputs

    return run_micro_outputs(data, inputs, count)


def random_inputs(graph: Graph) -> np.ndarray:
    """Images in the file's own type: noise, and the least, the middle and the greatest value everywhere."""
    border, random = graph.input_border, np.random.default_rng(5)
    shape = (_IMAGES, *border.shape[1:])
    if border.dtype == "float32":
        # A little beyond what int8 holds, so that both ends saturate.
        images = ((random.integers(-140, 140, shape) - border.zero_point) * border.scale).astype(np.float32)
        images[-2], images[-1] = images.min(), images.max()
        return images
    limits = np.iinfo(border.dtype)
    images = random.integers(limits.min, limits.max, shape, endpoint=True).astype(border.dtype)
    images[-3], images[-2], images[-1] = limits.min, (limits.min + limits.max + 1) // 2, limits.max
    return images
