"""What a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcugen.nets import Architecture, architecture, build

if TYPE_CHECKING:
    import torch

    from mcugen.nets.modules import Net


@dataclass
class Checkpoint:
    """A net and where its training stands.

    net: name in `mcugen.nets.NETS`. options: keywords of `mcugen.nets.architecture`, among them size (height, width),
    in_chans and num_classes. state: the module's state_dict. labels: names of the classes, may be empty. data: how its
    images were made, keywords of `mcugen.data.load_splits`. epoch: finished epochs. seed: of the run. optimizer:
    state_dict, None in a file that is not to be resumed. recipe: what it was trained by. metrics: of the last epoch.
    task: name of what it was trained for, "embed" or "regress"; empty where the net itself says it. Of "regress" mean
    and deviation as well, lists of a number for each value: it was trained on values less the one, over the other.
    """

    net: str
    options: dict[str, Any]
    state: Mapping[str, torch.Tensor]
    labels: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    epoch: int = 0
    seed: int = 0
    optimizer: dict[str, Any] | None = None
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)

    @property
    def architecture(self) -> Architecture:
        """The net as data."""
        return architecture(self.net, **self.options)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width, channels of the image. The net's input is pixel / 255."""
        return self.architecture.input_shape

    def module(self) -> Net:
        """The float net with its weights, in evaluation mode: [N, C, H, W] of pixel / 255 to logits, to a vector of any
        length, or to values in their own units."""
        module = build(self.architecture)
        module.load_state_dict(dict(self.state))
        if self.task.get("name") == "regress":
            head = module.classifier
            mean, deviation = (head.bias.new_tensor(self.task[name]) for name in ("mean", "deviation"))
            head.weight.data.mul_(deviation[:, None])
            head.bias.data.mul_(deviation).add_(mean)
        return module.eval()
