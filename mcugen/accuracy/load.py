"""Opening the float twin of an int8 model, whatever file it is in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen.accuracy.twin import FloatTwin
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph

_KERAS = (".h5", ".hdf5", ".keras")
_CHECKPOINTS = ("", ".pt", ".pth", ".ckpt")
_SUPPORTED = "it takes a float .onnx file, a float .tflite file or a checkpoint of mcugen train"
_CONVERTED = (
    "convert it to a float .tflite, by tf.lite.TFLiteConverter.from_keras_model(tf.keras.models.load_model(FILE))"
    ".convert()"
)


def load_twin(path: Path, graph: Graph, *, external_data: bool = False) -> FloatTwin:
    """The twin in a float .onnx or .tflite file, or in a checkpoint of `mcugen train`.

    external_data: whether an .onnx file may keep tensors in other files beneath its folder.
    Raises McugenError naming the file if it cannot be read, takes other images than the int8 model or gives another
    number of classes, or what runs it is not installed.
    """
    twin: FloatTwin
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        from mcugen.accuracy.onnx_twin import OnnxTwin

        twin = OnnxTwin(path, graph.input_tensor.shape, external_data=external_data)
    elif suffix in (".tflite", ".lite"):
        from mcugen.accuracy.tflite_twin import TfliteTwin

        twin = TfliteTwin(path, graph.input_tensor.shape)
    elif suffix in _KERAS:
        raise McugenError(f"{path}: --float reads no {suffix} files", _CONVERTED)
    elif suffix not in _CHECKPOINTS or path.is_dir():
        what = "this is a folder" if path.is_dir() else f"--float reads no {suffix} files"
        raise McugenError(f"{path}: {what}", _SUPPORTED)
    else:
        from mcugen.accuracy.checkpoint_twin import CheckpointTwin

        twin = CheckpointTwin(path, graph.input_tensor.shape)
    scores, _ = twin.run(np.zeros((1, *graph.input_tensor.shape), np.float32), ())
    classes = graph.output_tensor.size
    if scores.shape != (1, classes):
        raise McugenError(
            f"{path}: its output is {list(scores.shape)}, the int8 model has {classes} classes",
            "--float is the model that the int8 one was quantized from",
        )
    return twin
