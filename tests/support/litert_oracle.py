"""LiteRT's reference kernels (TensorFlow Lite, PyPI `ai-edge-litert`), as the oracle for uint8 .tflite files."""

from __future__ import annotations

import numpy as np

from tests.support.needs import module

runtime = module("ai_edge_litert.interpreter")


def run_litert(model: bytes, inputs: np.ndarray) -> np.ndarray:
    """The outputs [N, ...] of the reference kernels for inputs [N, ...] in the file's own types."""
    resolver = runtime.OpResolverType.BUILTIN_REF
    interpreter = runtime.Interpreter(model_content=model, experimental_op_resolver_type=resolver, num_threads=1)
    interpreter.allocate_tensors()
    source, output = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for image in inputs:
        interpreter.set_tensor(source, image[None])
        interpreter.invoke()
        outputs.append(np.array(interpreter.get_tensor(output))[0])
    return np.array(outputs)
