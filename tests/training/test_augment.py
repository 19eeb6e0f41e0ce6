"""Images that are changed at random: by name, by seed, and the same for any number of processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.diagnostics import McugenError
from mcugen.training.augmentations import AUGMENTATIONS, parse_augmentations
from mcugen.training.recipe import Recipe
from tests.support.needs import module

torch = module("torch")
module("tensorboard")

from mcugen.data import Dataset  # noqa: E402
from mcugen.nets import architecture  # noqa: E402
from mcugen.training import run  # noqa: E402
from mcugen.training.augment import to_input  # noqa: E402
from mcugen.training.augment.draws import Draws, draw  # noqa: E402
from mcugen.training.augment.shown import shown  # noqa: E402
from mcugen.training.loop import Trainer  # noqa: E402
from mcugen.training.subset import labelled  # noqa: E402
from mcugen.training.tasks.classify import Classify  # noqa: E402


def _shown(pixels: torch.Tensor, recipe: Recipe, seed: int = 0) -> torch.Tensor:
    draws = draw(torch.arange(len(pixels)), recipe, tuple(pixels.shape[1:3]), torch.Generator().manual_seed(seed))
    return shown(pixels, draws, recipe)[0]


def _noise(count: int = 12, channels: int = 3) -> torch.Tensor:
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(0, 256, (count, 20, 24, channels)).astype(np.uint8))


def test_moves_and_mirrors() -> None:
    pixels = torch.zeros(64, 8, 8, 1, dtype=torch.uint8)
    pixels[:, 4, 2] = 255
    moved = _shown(pixels, Recipe(shift=1))
    places = {tuple(where[1:3].tolist()) for where in moved.nonzero()}
    assert places <= {(row, column) for row in (3, 4, 5) for column in (1, 2, 3, 4, 5, 6)}
    assert len(places) > 10
    assert torch.equal(_shown(pixels, Recipe(shift=0, flip=False)), pixels)
    assert torch.equal(_shown(pixels, Recipe(augment=())), pixels)
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1)
    assert torch.equal((to_input(every) / (1 / 255)).round() - 128, every.permute(0, 3, 1, 2).float() - 128)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_each_changes_images_by_its_seed_alone(name: str, channels: int) -> None:
    pixels, recipe = _noise(channels=channels), Recipe(augment=(name,))
    changed = _shown(pixels, recipe)
    assert (changed.dtype, changed.shape) == (torch.uint8, pixels.shape)
    assert not torch.equal(changed, pixels)
    assert torch.equal(_shown(pixels, recipe), changed)
    assert not torch.equal(_shown(pixels, recipe, seed=1), changed)
    used = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if used > 1 else 2)
        assert torch.equal(_shown(pixels, recipe), changed)
    finally:
        torch.set_num_threads(used)


def test_what_each_does() -> None:
    gray = torch.full((200, 24, 24, 1), 100, dtype=torch.uint8)
    assert torch.equal(_shown(gray, Recipe(augment=("blur", "crop"))), gray)
    bright = _shown(gray, Recipe(augment=("colour",))).float()
    assert 68 < bright.min() < 80
    assert 120 < bright.max() < 132
    assert torch.equal(bright.amin((1, 2)), bright.amax((1, 2)))
    noise = _shown(gray, Recipe(augment=("noise",))).float()
    assert noise.mean().item() == pytest.approx(100, abs=0.5)
    assert 5 < noise.std((1, 2)).max() < 16
    cut = _shown(gray, Recipe(augment=("cutout",)))
    assert set(cut.unique().tolist()) == {100, 128}
    assert (cut == 128).sum((1, 2)).max() <= 64
    light, dark = (
        _shown(torch.full_like(gray, value), Recipe(augment=("camera-noise",))).float().std((1, 2)).mean()
        for value in (180, 20)
    )
    assert light > 1.5 * dark


def test_names() -> None:
    assert parse_augmentations("cutout, flip") == ("flip", "cutout")
    assert parse_augmentations("none") == ()
    with pytest.raises(McugenError, match="no augmentation 'warp'"):
        parse_augmentations("flip,warp")
    with pytest.raises(McugenError, match="no augmentation 'warp'"):
        Recipe(augment=("warp",))


def test_a_run_is_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    images = Dataset("noise", _noise(36).numpy(), np.arange(36) % 3)
    recipe = Recipe(epochs=2, batch=8, augment=tuple(AUGMENTATIONS), lr=0.001)
    net = architecture("mobilenet_v1", alpha=0.1, size=(20, 24), in_chans=3, num_classes=3)
    states = []
    for workers in (0, 1, 3):
        trained = run.train_task(
            net, Classify(recipe), labelled(images), labelled(images), recipe, tmp_path / str(workers), workers=workers
        )
        states.append(trained.checkpoint.state)
    for state in states[1:]:
        for name, tensor in states[0].items():
            assert torch.equal(tensor, state[name]), name


def test_without_fork_there_are_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    from mcugen.training import loader

    monkeypatch.setattr(loader.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    part = labelled(Dataset("noise", _noise().numpy(), np.zeros(12, np.int64)))
    net = run.build(architecture("mobilenet_v1", alpha=0.1, size=(20, 24), in_chans=3, num_classes=2))
    with pytest.raises(McugenError, match="does not fork"):
        Trainer(net, Classify(Recipe(batch=4)), part, part, Recipe(batch=4), workers=2)


def test_draws_hold_no_seed_where_none_is_needed() -> None:
    generator = torch.Generator()
    draws: Draws = draw(torch.arange(4), Recipe(), (16, 16), generator)
    assert draws.seed is None
    assert draw(torch.arange(4), Recipe(augment=("noise",)), (16, 16), generator).seed is not None
