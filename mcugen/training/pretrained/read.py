"""Weights of a file, whatever its format, by the end of its name."""

from __future__ import annotations

from pathlib import Path

from mcugen.diagnostics import McugenError
from mcugen.nets.layers import Architecture
from mcugen.training.pretrained.keras_weights import read_keras
from mcugen.training.pretrained.source import Source
from mcugen.training.pretrained.state_dict import read_safetensors, read_torch

_FORMATS = "weights are .tflite, .pt, .pth, .pth.tar, .ckpt, .safetensors, .h5, .weights.h5 or .keras files"


def read_weights(path: Path, net: Architecture) -> Source:
    """The layers of a trained net. net: that they are for. Raises McugenError naming the file."""
    if not path.is_file():
        raise McugenError(f"{path}: no such file", _FORMATS)
    suffix = path.suffix.lower()
    if suffix == ".tflite":
        # Its reader needs a package that the others do not.
        from mcugen.training.pretrained.tflite_weights import read_tflite

        source = read_tflite(path)
    elif suffix in (".pt", ".pth", ".tar", ".ckpt", ".bin"):
        source = read_torch(path)
    elif suffix == ".safetensors":
        source = read_safetensors(path)
    elif suffix in (".h5", ".hdf5", ".keras"):
        source = read_keras(path, net)
    else:
        raise McugenError(f"{path}: not a file of weights that is known", _FORMATS)
    return source
