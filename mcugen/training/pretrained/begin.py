"""Puts the weights of a trained net into a module. Importing this file imports torch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from mcugen.diagnostics import McugenError
from mcugen.nets.layers import Layer, named_layers
from mcugen.nets.modules import Net
from mcugen.training.pretrained.match import Matches
from mcugen.training.pretrained.source import Source, SourceLayer


def begin_with(module: Net, source: Source, matches: Matches, images: torch.Tensor) -> None:
    """Sets weights, biases and batch norm of all layers that have a match; the others keep what they have.

    images: float [N, C, H, W] of pixel / 255, some of those to train on. Where batch norm has become part of a layer's
    weights, one is put behind it that leaves on these images what the layer computes. Raises McugenError if the images
    have neither as many channels as the file's, nor one where those have three.
    """
    layers = dict(named_layers(module.architecture))
    first = next(iter(layers))
    folded: dict[nn.BatchNorm2d, torch.Tensor] = {}
    with torch.no_grad():
        for name, given in matches.pairs:
            if name == first:
                given = _of_pixels(given, source, layers[name].inputs)
            part = module.get_submodule(_path(module, name))
            _set_layer(part, layers[name], given, folded)
        _measure(module, folded, images)


def _path(module: Net, name: str) -> str:
    """Where the layer of this name stands in the module."""
    block, _, layer = name.partition(".")
    if module.architecture.is_classifier and block == module.architecture.blocks[-1].name:
        dense = [each.name for each in module.architecture.blocks[-1].layers[1:-1]]
        return f"hidden.{dense.index(layer)}"
    return f"features.{block}.{layer}"


def _of_pixels(layer: SourceLayer, source: Source, channels: int) -> SourceLayer:
    """The first layer for pixel / 255, and for gray where it reads colour: weights are summed over the channels.

    The border then holds pixel 0 where it held the value 0.
    """
    gain, offset = (np.broadcast_to(each, layer.weight.shape[1]) for each in (source.gain, source.offset))
    shift = (layer.weight * offset[:, None, None]).sum(axis=(1, 2, 3))
    weight = layer.weight * gain[:, None, None]
    if channels == 1 and weight.shape[1] == 3:
        weight = weight.sum(axis=1, keepdims=True)
    if weight.shape[1] != channels:
        raise McugenError(f"{layer.name}: reads images of {weight.shape[1]} channels, not of {channels}")
    bias = shift if layer.bias is None else layer.bias + shift
    return SourceLayer(layer.name, layer.kind, weight, bias, layer.norm)


def _set_layer(part: nn.Module, layer: Layer, given: SourceLayer, folded: dict[nn.BatchNorm2d, torch.Tensor]) -> None:
    weight = torch.tensor(given.weight, dtype=torch.float32)
    bias = torch.zeros(len(weight)) if given.bias is None else torch.tensor(given.bias, dtype=torch.float32)
    inner = next(each for each in part.modules() if isinstance(each, nn.Conv2d | nn.Linear))
    norm = next((each for each in part.modules() if isinstance(each, nn.BatchNorm2d)), None)
    if norm is None and given.norm is not None:
        factor = given.norm.scale / np.sqrt(given.norm.variance + given.norm.epsilon)
        weight = weight * torch.tensor(factor, dtype=torch.float32).reshape(-1, *[1] * (weight.ndim - 1))
        shift = given.norm.shift - given.norm.mean * factor
        bias = bias * torch.tensor(factor, dtype=torch.float32) + torch.tensor(shift, dtype=torch.float32)
    if norm is not None and given.norm is not None:
        for target, values in (
            (norm.weight, given.norm.scale),
            (norm.bias, given.norm.shift),
            (norm.running_mean, given.norm.mean - bias.numpy()),
            (norm.running_var, np.maximum(given.norm.variance + given.norm.epsilon - norm.eps, 0)),
        ):
            target.copy_(torch.tensor(values, dtype=torch.float32))
    elif norm is not None:
        # Batch norm takes back any scale. With that of fresh weights a learning rate does what it does to these.
        scale = inner.weight.std() / weight.std().clamp_min(1e-12)
        weight = weight * scale
        folded[norm] = bias * scale
        norm.weight.fill_(float(1 / scale))
    inner.weight.copy_(weight.reshape(inner.weight.shape))
    if inner.bias is not None:
        inner.bias.copy_(bias)


def _measure(module: Net, folded: dict[nn.BatchNorm2d, torch.Tensor], images: torch.Tensor) -> None:
    """Sets batch norms one after the other, as the images reach them, so that each passes on what is without it."""

    def set_norm(norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        scale = norm.weight.clone()
        norm.weight.copy_(scale * torch.sqrt(variance + norm.eps))
        norm.bias.copy_((mean + folded[norm]) * scale)

    was = module.training
    module.eval()
    hooks = [norm.register_forward_pre_hook(set_norm) for norm in folded]
    try:
        module(images)
    finally:
        for hook in hooks:
            hook.remove()
        module.train(was)
