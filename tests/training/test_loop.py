"""One epoch: groups of weights, statistics of batch norms, the order of images."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mcugen.diagnostics import McugenError
from tests.support.needs import module

torch = module("torch")
module("tensorboard")


@pytest.mark.parametrize("name", ["lr", "weight_decay", "depthwise_weight_decay", "warmup"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_recipes_of_no_numbers_are_refused(name: str, value: float) -> None:
    from mcugen.training.recipe import Recipe

    with pytest.raises(McugenError, match="it must be a number, and not negative"):
        Recipe(**{name: value})


def test_depthwise_filters_do_not_decay() -> None:
    from mcugen.nets import mobilenet_v2
    from mcugen.training.loop import parameter_groups
    from mcugen.training.recipe import Recipe

    module = mobilenet_v2(alpha=0.35, size=32, num_classes=4)
    decayed, depthwise, kept = parameter_groups(module, Recipe(weight_decay=0.1))
    assert (decayed["weight_decay"], depthwise["weight_decay"], kept["weight_decay"]) == (0.1, 0.0, 0.0)
    assert len(depthwise["params"]) == 17
    assert all(parameter.shape[1] == 1 for parameter in depthwise["params"])
    assert {parameter.ndim for parameter in kept["params"]} == {1}
    assert sum(len(group["params"]) for group in (decayed, depthwise, kept)) == len(list(module.parameters()))


def test_batch_norm_is_measured_with_the_weights_at_the_end_of_an_epoch() -> None:
    from mcugen.data import Dataset
    from mcugen.nets import mobilenet_v1
    from mcugen.training.augment import to_input
    from mcugen.training.loop import Trainer
    from mcugen.training.recipe import Recipe
    from mcugen.training.subset import labelled
    from mcugen.training.tasks.classify import Classify

    pixels = np.random.default_rng(0).integers(0, 256, (32, 16, 16, 1)).astype(np.uint8)
    images = labelled(Dataset("noise", pixels, np.arange(32) % 2))
    recipe = Recipe(epochs=1, batch=8, shift=0, flip=False)
    net = mobilenet_v1(alpha=0.1, size=16, in_chans=1, num_classes=2)
    next(Trainer(net, Classify(recipe), images, images, recipe).epochs())
    convolution, norm = next((part.conv, part.bn) for part in net.modules() if hasattr(part, "bn"))
    with torch.no_grad():
        maps = convolution(to_input(torch.from_numpy(pixels)))
    assert torch.allclose(norm.running_mean, maps.mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    assert norm.momentum == 0.1


def test_balance_shows_small_classes_as_often() -> None:
    from mcugen.data import Dataset
    from mcugen.nets import mobilenet_v1
    from mcugen.training.loop import Trainer
    from mcugen.training.recipe import Recipe
    from mcugen.training.subset import labelled
    from mcugen.training.tasks.classify import Classify

    images = labelled(Dataset("two", np.zeros((400, 16, 16, 1), np.uint8), (np.arange(400) < 40).astype(np.int64)))
    recipe = Recipe(batch=8, balance=True)
    net = mobilenet_v1(alpha=0.1, size=16, in_chans=1, num_classes=2)
    trainer = Trainer(net, Classify(recipe), images, images, recipe)
    shown = images.targets[torch.cat(list(trainer.order(1)))]
    assert 0.4 < shown.double().mean().item() < 0.6
