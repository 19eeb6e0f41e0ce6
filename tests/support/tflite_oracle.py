"""TensorFlow Lite Micro, from PyPI `tflite-micro`, as the oracle for .tflite files."""

from __future__ import annotations

import numpy as np

from tests.support.needs import module

runtime = module("tflite_micro.python.tflite_micro.runtime")

_ARENA_BYTES = 8 << 20


def run_micro(model: bytes, inputs: np.ndarray) -> np.ndarray:
    """The outputs [N, ...] of the reference kernels for inputs [N, ...] in the file's own types."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=_ARENA_BYTES)
    outputs = []
    for image in inputs:
        interpreter.set_input(image[None], 0)
        interpreter.invoke()
        outputs.append(np.array(interpreter.get_output(0))[0])
    return np.array(outputs)
