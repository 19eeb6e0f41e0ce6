"""A checkpoint of `mcugen train` as a twin, run by torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcugen.accuracy.twin import FloatLayer, require_shape
from mcugen.data import Normalization
from mcugen.training.checkpoint import load_checkpoint

if TYPE_CHECKING:
    import torch


class CheckpointTwin:
    """`FloatTwin` of a file; layers are modules, by their paths. A convolution's values are those behind its clamp, as
    the int8 layer of that name has them."""

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        checkpoint = load_checkpoint(path)
        require_shape(path, checkpoint.input_shape, shape)
        self.name = path.name
        self.trained_on: Mapping[str, Any] = checkpoint.data
        self.normalization: Normalization | None = Normalization()
        self._module = checkpoint.module()
        self._observable = _observable(self._module)
        _, values = self.run(np.zeros((1, *shape), np.float32), tuple(self._observable))
        self.layers = tuple(
            FloatLayer(name, (value.shape[1], value.shape[2], value.shape[3]), _has_weights(self._module, name))
            for name, value in values.items()
        )

    def run(self, images: np.ndarray, observed: Collection[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """See `FloatTwin.run`."""
        import torch

        values: dict[str, np.ndarray] = {}

        def keep(name: str) -> Any:
            def hook(module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> None:
                array = output.numpy()
                values[name] = array.transpose(0, 2, 3, 1) if array.ndim == 4 else array[:, None, None, :]

            return hook

        hooks = [self._observable[name].register_forward_hook(keep(name)) for name in observed]
        try:
            with torch.no_grad():
                scores = self._module(torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))))
        finally:
            for hook in hooks:
                hook.remove()
        return scores.numpy(), values


def _observable(module: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """By the name of a layer, the module that ends it. Functions that are no clamps are layers of their own."""
    import torch

    from mcugen.nets.modules import LayerBlock, Scale

    functions = (torch.nn.Hardswish, torch.nn.Hardsigmoid)
    own = (torch.nn.Linear, torch.nn.AdaptiveAvgPool2d, Scale, *functions)
    modules = dict(module.named_modules())
    found = {}
    for name, part in modules.items():
        if isinstance(part, torch.nn.Conv2d):
            layer = modules[name.rpartition(".")[0]]
            found[name] = getattr(layer, "bn", part) if isinstance(getattr(layer, "act", None), functions) else layer
        elif isinstance(part, own) or (isinstance(part, LayerBlock) and part.block.residual):
            found[name] = part
    return found


def _has_weights(module: torch.nn.Module, name: str) -> bool:
    import torch

    return isinstance(module.get_submodule(name), torch.nn.Conv2d | torch.nn.Linear)
