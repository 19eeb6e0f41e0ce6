"""Weights of Keras's files: .h5 as keras.applications has them, .weights.h5 and .keras of Keras 3."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.bounded import parse_json
from mcugen.diagnostics import McugenError
from mcugen.extras import require
from mcugen.nets.costs import WITHOUT_WEIGHTS
from mcugen.nets.layers import Architecture, Kind, named_layers
from mcugen.training.pretrained.source import Norm, Source, SourceLayer, kind_of

_EPSILON = 1e-3
_CLASSES = ("conv2d", "depthwise_conv2d", "batch_normalization", "dense")

Weights = Sequence[tuple[str, Mapping[str, np.ndarray]]]
"""Layers with their arrays by name: kernel, depthwise_kernel, bias, gamma, beta, moving_mean, moving_variance."""


def read_keras(path: Path, net: Architecture) -> Source:
    """keras.applications trains on -1 to 1, and MobileNetV3 makes that of pixels itself.

    net: whose order a .weights.h5 file is taken to have, since it does not say its own. Raises McugenError naming the
    file if it is damaged, or h5py is not installed.
    """
    h5py = require("h5py", "pretrained", "reading weights of Keras")
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                config = parse_json(archive.read("config.json"), f"{path}: config.json")
                with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
                    weights: Weights = _in_order(_by_class(file), _classes(config))
        else:
            with h5py.File(path, "r") as file:
                root = file.get("model_weights", file)
                named = "layer_names" in root.attrs
                weights = list(_by_name(root)) if named else _in_order(_by_class(file), _classes_of(net))
        layers = _layers(weights)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile) as error:
        raise McugenError(f"{path}: not sound weights of Keras: {error}") from error
    if not layers:
        raise McugenError(f"{path}: holds no layers with weights")
    return Source(layers, np.array([2], np.float32), np.array([-1], np.float32))


def _by_name(root: Any) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Of an .h5 file, which lists its layers and their weights in order."""
    for layer in root.attrs["layer_names"]:
        group = root[_text(layer)]
        parts: dict[str, dict[str, np.ndarray]] = {}
        for name in group.attrs["weight_names"]:
            place, _, what = _text(name).rpartition("/")
            parts.setdefault(place, {})[what.partition(":")[0]] = np.asarray(group[_text(name)], np.float32)
        yield from parts.items()


def _by_class(file: Any) -> dict[str, list[tuple[str, dict[str, np.ndarray]]]]:
    """Of a .weights.h5 file, which numbers the layers of each class: conv2d, conv2d_1, ..."""
    found: dict[str, list[tuple[int, str, list[np.ndarray]]]] = {name: [] for name in _CLASSES}

    def look(name: str, item: Any) -> None:
        parts = name.split("/")
        if parts[-1] != "vars" or len(parts) < 2:
            return
        numbered = re.fullmatch(r"(.+?)(?:_(\d+))?", parts[-2])
        if numbered and numbered[1] in found:
            arrays = [np.asarray(item[key], np.float32) for key in sorted(item, key=int)]
            found[numbered[1]].append((int(numbered[2] or 0), "/".join(parts[:-1]), arrays))

    file.visititems(look)
    return {
        kind: [(name, _named(kind, arrays)) for _, name, arrays in sorted(layers, key=lambda layer: layer[0]) if arrays]
        for kind, layers in found.items()
    }


def _named(kind: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    if kind == "batch_normalization":
        if len(arrays) == len(("gamma or beta", "moving_mean", "moving_variance")):
            raise ValueError("a batch norm with gamma or beta alone, and the file does not say which")
        return dict(zip(("gamma", "beta", "moving_mean", "moving_variance")[-len(arrays) :], arrays, strict=True))
    kernel = "depthwise_kernel" if kind == "depthwise_conv2d" else "kernel"
    return dict(zip((kernel, "bias"), arrays, strict=False))


def _in_order(layers: Mapping[str, list[tuple[str, dict[str, np.ndarray]]]], classes: Sequence[str]) -> Weights:
    """The layers of all classes, taken from each in turn."""
    turns = {name: iter(of_class) for name, of_class in layers.items()}
    ordered = [next(turns[name], None) for name in classes if name in turns]
    return [layer for layer in ordered if layer is not None]


def _classes(config: Any) -> list[str]:
    """Of the layers of a model, in order, as .weights.h5 writes them; those of a model in it where that stands, as of a
    trained net below a new head."""
    classes = []
    for layer in config["config"]["layers"]:
        inner = layer.get("config")
        nested = isinstance(inner, dict) and "layers" in inner
        classes += _classes(layer) if nested else [_snake(layer["class_name"])]
    return classes


def _snake(name: str) -> str:
    """DepthwiseConv2D as depthwise_conv2d."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()


def _classes_of(net: Architecture) -> list[str]:
    """The classes that Keras makes the layers of a net of; the head of V1 and V3 is a convolution or dense."""
    classes = []
    for _, layer in named_layers(net):
        if layer.kind in WITHOUT_WEIGHTS:
            continue
        kinds = {Kind.DEPTHWISE: "depthwise_conv2d", Kind.DENSE: "dense"}
        classes.append(kinds.get(layer.kind, "conv2d"))
        if layer.normalized and layer.kind is not Kind.DENSE:
            classes.append("batch_normalization")
    return classes


def _layers(weights: Weights) -> tuple[SourceLayer, ...]:
    """A batch norm belongs to the convolution before it."""
    layers: list[SourceLayer] = []
    for name, arrays in weights:
        if "moving_mean" in arrays:
            mean, variance = arrays["moving_mean"], arrays["moving_variance"]
            if layers and layers[-1].norm is None and len(layers[-1].weight) == len(mean):
                last = layers.pop()
                # With scale=False and center=False a layer has none of the two.
                scale, shift = arrays.get("gamma", np.ones_like(mean)), arrays.get("beta", np.zeros_like(mean))
                norm = Norm(scale, shift, mean, variance, _EPSILON)
                layers.append(SourceLayer(last.name, last.kind, last.weight, last.bias, norm))
        elif "depthwise_kernel" in arrays:
            weight = arrays["depthwise_kernel"].transpose(2, 3, 0, 1)
            layers.append(SourceLayer(name, Kind.DEPTHWISE, weight, arrays.get("bias")))
        elif "kernel" in arrays and arrays["kernel"].ndim == 4:
            weight = arrays["kernel"].transpose(3, 2, 0, 1)
            layers.append(SourceLayer(name, kind_of(weight, first=True), weight, arrays.get("bias")))
        elif "kernel" in arrays and arrays["kernel"].ndim == 2:
            layers.append(SourceLayer(name, Kind.DENSE, arrays["kernel"].T, arrays.get("bias")))
    return tuple(layers)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
