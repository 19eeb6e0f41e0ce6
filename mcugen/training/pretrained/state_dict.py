"""Weights of torch's state dicts: checkpoints of mcugen, .pth files of torchvision and timm, .safetensors."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.diagnostics import McugenError
from mcugen.extras import require
from mcugen.nets.layers import Kind
from mcugen.training.pretrained.source import Norm, Source, SourceLayer, kind_of

# ImageNet's, by which torchvision and timm normalize.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_EPSILON = 1e-5
_FORMAT = "mcugen checkpoint"
_WRAPPERS = ("state_dict", "model_state_dict", "model", "model_ema", "state_dict_ema", "net", "weights")
# What a net is called where it is part of another module, the averaged one before the one that is trained.
_PARENTS = ("ema", "ema_model", "model_ema", "module", "_orig_mod", "model", "net", "backbone")
_INVERTED = ("conv_pw", "bn1", "conv_dw", "bn2", "se", "conv_reduce", "conv_expand", "conv_pwl", "bn3")
_SEPARABLE = ("conv_dw", "bn1", "se", "conv_reduce", "conv_expand", "conv_pw", "bn2")
_WHOLE = ("conv_stem", "bn1", "blocks", "features", "conv_head", "bn2", "norm_head", "classifier")


def read_torch(path: Path) -> Source:
    """A file that `torch.save` wrote: of mcugen, or a state dict, alone or as state_dict or model of a dictionary.

    No code of the file is run. Raises McugenError naming the file if it holds anything else.
    """
    torch = require("torch", "torch", "reading weights")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise McugenError(
            f"{path}: holds objects that could run code, it was not opened", "save model.state_dict() instead"
        ) from error
    except Exception as error:
        # torch raises whatever comes on damaged files: RuntimeError, KeyError, zipfile's.
        reason = str(error).partition("\n")[0][:200] or type(error).__name__
        raise McugenError(f"{path}: not a sound file of torch: {reason}") from error
    if isinstance(content, Mapping) and content.get("format") == _FORMAT:
        from mcugen.training.checkpoint import load_checkpoint

        one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        return Source(_layers(_arrays(load_checkpoint(path, cells=True).state)), one, zero)
    for wrapper in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    if not isinstance(content, Mapping):
        raise McugenError(f"{path}: holds a {type(content).__name__}, not a state dict", "save model.state_dict()")
    return _normalized(_layers(_arrays(content)), path)


def read_safetensors(path: Path) -> Source:
    """A .safetensors file with the names of torchvision's or timm's nets, which say the order that it does not keep.

    Raises McugenError naming the file if it is damaged, or safetensors is not installed.
    """
    module = require("safetensors.torch", "pretrained", "reading .safetensors")
    try:
        # By torch, as NumPy has no bfloat16.
        arrays = _arrays(module.load_file(path))
    except Exception as error:
        raise McugenError(f"{path}: not a sound .safetensors file: {error}") from error
    blocks = {name.rpartition(".conv_pwl.")[0] for name in arrays if ".conv_pwl." in name}
    ordered = sorted(arrays, key=lambda name: _order(name, blocks))
    return _normalized(_layers({name: arrays[name] for name in ordered}), path)


def _order(name: str, inverted: set[str]) -> tuple[Any, ...]:
    """Where a tensor stands: numbers by value, names of timm's layers as they follow each other in their block."""
    places: list[tuple[int, Any]] = []
    parts = name.split(".")
    for depth, part in enumerate(parts):
        block = ".".join(parts[:depth])
        if part.isdigit():
            places.append((0, int(part)))
            continue
        order = _WHOLE if depth == 0 else _INVERTED if any(block.startswith(each) for each in inverted) else _SEPARABLE
        places.append((1, order.index(part)) if part in order else (2, _numbers_by_value(part)))
    return tuple(places)


def _numbers_by_value(text: str) -> tuple[Any, ...]:
    """The parts of a name, so that fc2 stands before fc10."""
    return tuple((part == "", int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", text))


def _arrays(state: Mapping[Any, Any]) -> dict[str, np.ndarray]:
    import torch

    return _without_parents(
        {
            str(name): tensor.detach().float().numpy()
            for name, tensor in state.items()
            if isinstance(tensor, torch.Tensor) and tensor.layout is torch.strided and _is_plain(tensor)
        }
    )


def _without_parents(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Under the names that the net itself has, which say their order."""
    while True:
        first = {name.partition(".")[0] for name in arrays if "." in name}
        if not first or not first <= set(_PARENTS):
            return arrays
        parent = f"{min(first, key=_PARENTS.index)}."
        arrays = {name.removeprefix(parent): array for name, array in arrays.items() if name.startswith(parent)}


def _is_plain(tensor: Any) -> bool:
    """Whether a tensor holds numbers that float32 takes: neither quantized, nor complex, nor a shape alone."""
    return not (tensor.is_quantized or tensor.is_complex() or tensor.is_meta)


def _layers(arrays: Mapping[str, np.ndarray]) -> tuple[SourceLayer, ...]:
    """Layers in the order of the arrays; a batch norm belongs to the convolution before it."""
    layers: list[SourceLayer] = []
    for name, weight in arrays.items():
        place, _, what = name.rpartition(".")
        if what != "weight" or not weight.ndim:
            continue
        bias = arrays.get(f"{place}.bias")
        if f"{place}.running_mean" in arrays and f"{place}.running_var" in arrays:
            if layers and layers[-1].norm is None and len(layers[-1].weight) == len(weight) and bias is not None:
                mean, variance = arrays[f"{place}.running_mean"], arrays[f"{place}.running_var"]
                last = layers.pop()
                norm = Norm(weight, bias, mean, variance, _EPSILON)
                layers.append(SourceLayer(last.name, last.kind, last.weight, last.bias, norm))
        elif weight.ndim == 4:
            layers.append(SourceLayer(place, kind_of(weight, not layers), weight, bias))
        elif weight.ndim == 2:
            layers.append(SourceLayer(place, Kind.DENSE, weight, bias))
    return tuple(layers)


def _normalized(layers: tuple[SourceLayer, ...], path: Path) -> Source:
    if not layers:
        raise McugenError(f"{path}: holds no layers with weights", "save model.state_dict()")
    if layers[0].weight.ndim == 4 and layers[0].weight.shape[1] == 3:
        return Source(layers, 1 / _DEVIATION, -_MEAN / _DEVIATION)
    return Source(layers, np.ones(1, np.float32), np.zeros(1, np.float32))
