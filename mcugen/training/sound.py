"""Whether what a checkpoint's file holds can come of a training: types, shapes, finite numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from mcugen.camera import CameraOptions
from mcugen.data import Resize
from mcugen.diagnostics import McugenError
from mcugen.nets.layers import require_classifier
from mcugen.nets.modules import Net
from mcugen.training.stored import Checkpoint

_TYPES: dict[str, type | tuple[type, ...]] = {
    "net": str,
    "options": dict,
    "state": Mapping,
    "labels": tuple,
    "data": dict,
    "epoch": int,
    "seed": int,
    "optimizer": (dict, type(None)),
    "recipe": dict,
    "metrics": dict,
    "task": dict,
}
_DATA: dict[str, type | tuple[type, ...]] = {
    "data": str,
    "data_dir": (str, type(None)),
    "fit": (str, type(None)),
    "split": (int, float),
    "seed": int,
    "per_class": (int, type(None)),
    "camera": (dict, type(None)),
}


def sound_checkpoint(content: Mapping[str, Any], where: str, *, cells: bool = False) -> Checkpoint:
    """The fields of a file as a checkpoint; raises McugenError beginning with `where` for values that make none.

    cells: it may be of a net with a class at every position.
    """
    _check_types(content, _TYPES, f"{where}: not a sound checkpoint: ")
    _check_types(content.get("data", {}), _DATA, f"{where}: not a sound checkpoint: data's ")
    try:
        checkpoint = Checkpoint(**content)
        net = checkpoint.architecture
        if not (cells and "cut" in net.options):
            require_classifier(net)
        fit = checkpoint.data.get("fit")
        if fit is not None:
            Resize(fit)
        if (camera := checkpoint.data.get("camera")) is not None:
            CameraOptions(**camera).of(net.input_shape)
        # Without memory: a file of some bytes can name a net of any width.
        with torch.device("meta"):
            wanted = Net(net).state_dict()
    except McugenError as error:
        raise McugenError(f"{where}: {error.message}", error.hint) from error
    except (TypeError, ValueError, AttributeError, OverflowError, RuntimeError, KeyError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise McugenError(f"{where}: not a sound checkpoint: {reason}") from error
    _check_weights(checkpoint.state, wanted, where)
    _check_numbers(checkpoint, where)
    _check_task(checkpoint, where)
    return checkpoint


def check_optimizer(optimizer: torch.optim.Optimizer, where: str) -> None:
    """Raises McugenError where what an optimizer remembers of a parameter does not fit it, or is not finite."""
    for parameter, memory in optimizer.state.items():
        for name, value in memory.items() if isinstance(memory, Mapping) else [("state", None)]:
            if not isinstance(value, torch.Tensor | int | float):
                raise McugenError(f"{where}: its optimizer's {name} is no number")
            tensor = torch.as_tensor(value)
            if tensor.ndim and tensor.shape != parameter.shape:
                raise McugenError(f"{where}: its optimizer's {name} has the shape {tuple(tensor.shape)}")
            if not bool(torch.isfinite(tensor).all()):
                raise McugenError(f"{where}: its optimizer's {name} is not finite")


def _check_types(values: Mapping[Any, Any], types: Mapping[str, Any], where: str) -> None:
    for name, value in values.items():
        if name not in types:
            raise McugenError(f"{where}{name!r} is not known")
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise McugenError(f"{where}{name} is a {type(value).__name__}")


def _check_weights(state: Mapping[str, Any], wanted: Mapping[str, torch.Tensor], where: str) -> None:
    for name, like in wanted.items():
        tensor = state.get(name)
        if not isinstance(tensor, torch.Tensor) or tensor.layout is not torch.strided:
            raise McugenError(f"{where}: its weights do not fit its net: '{name}' is missing, or is no tensor")
        if tensor.shape != like.shape or tensor.dtype != like.dtype:
            found, meant = (f"{tuple(t.shape)} {str(t.dtype).removeprefix('torch.')}" for t in (tensor, like))
            raise McugenError(f"{where}: its weights do not fit its net: '{name}' is {found}, not {meant}")
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise McugenError(f"{where}: its weights '{name}' are not finite", "was its learning rate too high?")
    more = [str(name) for name in state if name not in wanted]
    if more:
        raise McugenError(f"{where}: its weights do not fit its net, which has no '{more[0]}'")


def _check_numbers(checkpoint: Checkpoint, where: str) -> None:
    if not all(isinstance(label, str) for label in checkpoint.labels):
        raise McugenError(f"{where}: not a sound checkpoint: its labels are not text")
    if checkpoint.epoch < 0 or checkpoint.seed < 0:
        raise McugenError(f"{where}: not a sound checkpoint: its epoch or seed is less than 0")
    for name, value in checkpoint.metrics.items():
        if not isinstance(name, str) or not isinstance(value, int | float) or not math.isfinite(value):
            raise McugenError(f"{where}: not a sound checkpoint: its metric {name!r} is {value!r}")
    weight = checkpoint.recipe.get("object_weight")
    if weight is not None and not (isinstance(weight, int | float) and 1 <= weight < math.inf):
        raise McugenError(f"{where}: not a sound checkpoint: its weight of objects is {weight!r}")


def _check_task(checkpoint: Checkpoint, where: str) -> None:
    name, outputs = checkpoint.task.get("name"), checkpoint.architecture.num_classes
    if name not in (None, "embed", "regress") or (not checkpoint.architecture.is_classifier and name is not None):
        raise McugenError(f"{where}: not a sound checkpoint: its task is {name!r}")
    numbers = [checkpoint.task.get(each) for each in ("mean", "deviation")] if name == "regress" else []
    for each in numbers:
        sound = isinstance(each, list) and len(each) == outputs
        if not sound or not all(isinstance(value, float) and math.isfinite(value) for value in each or ()):
            raise McugenError(f"{where}: not a sound checkpoint: its values' mean or deviation is {each!r}")
