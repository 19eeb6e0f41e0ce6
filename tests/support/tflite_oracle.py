"""TensorFlow Lite Micro, from PyPI `tflite-micro`, as the oracle for .tflite files."""

from __future__ import annotations

import numpy as np

from tests.support.needs import module

runtime = module("tflite_micro.python.tflite_micro.runtime")

_ARENA_BYTES = 8 << 20


def run_micro(model: bytes, inputs: np.ndarray) -> np.ndarray:
    """The outputs [N, ...] of the reference kernels for inputs [N, ...] in the file's own types."""
    return run_micro_outputs(model, inputs, 1)[0]


def run_micro_outputs(model: bytes, inputs: np.ndarray, count: int) -> list[np.ndarray]:
    """The first `count` outputs, each [N, ...], of a file that has as many or more."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=_ARENA_BYTES)
    outputs: list[list[np.ndarray]] = [[] for _ in range(count)]
    for image in inputs:
        interpreter.set_input(image[None], 0)
        interpreter.invoke()
        for number, found in enumerate(outputs):
            found.append(np.array(interpreter.get_output(number))[0])
    return [np.array(found) for found in outputs]
