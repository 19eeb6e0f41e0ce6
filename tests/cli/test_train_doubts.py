"""What `mcugen train` doubts of data whose images are on two sides of a split, and of numbers that images have."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.cli.train_doubts import held_lines, shared_lines, value_lines
from mcugen.data import Dataset
from mcugen.data.values import ValueDataset
from tests.support.needs import module


def _noise(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 1)).astype(np.uint8)


def _numbers(count: int, *columns: np.ndarray, seed: int = 0) -> ValueDataset:
    files = tuple(f"{seed}/{index}.png" for index in range(count))
    names = tuple("abc"[: len(columns)])
    return ValueDataset("numbers", _noise(count, seed), np.stack(columns, 1).astype(np.float32), names, files=files)


def test_images_on_both_sides_are_named_by_file_or_number() -> None:
    train = _numbers(60, np.linspace(0, 1, 60))
    test = _numbers(3, np.zeros(3), seed=1)
    assert shared_lines(train, test) == ()
    test.images[1] = train.images[7]
    assert shared_lines(train, test) == ("1 test image is among those to train on: 1/1.png is 0/7.png",)
    test.images[2] = train.images[9]
    plain = Dataset("plain", test.images, np.zeros(3, np.int64))
    assert shared_lines(train, plain) == ("2 test images are among those to train on: 1 is 0/7.png, 2 is 0/9.png",)


def test_numbers_that_are_sound_are_not_doubted() -> None:
    even = np.linspace(0, 1, 100)
    assert value_lines(_numbers(100, even, -even), _numbers(100, even, -even, seed=1)) == ()


def test_few_images_with_numbers() -> None:
    few = _numbers(49, np.linspace(0, 1, 49))
    assert [line.partition(":")[0] for line in value_lines(few, _numbers(8, np.linspace(0, 1, 8), seed=1))] == [
        "49 images to train on, fewer than 50",
        "8 test images",
    ]


def test_the_same_image_with_other_numbers() -> None:
    even = np.linspace(0, 1, 100)
    train, test = _numbers(100, even), _numbers(100, even, seed=1)
    train.images[5] = train.images[4]
    test.images[8] = test.images[9] = train.images[0]
    test.values[9] = train.values[0]
    shared, otherwise = value_lines(train, test)
    assert shared.startswith("2 test images are among those to train on: 1/8.png is 0/0.png, 1/9.png is 0/0.png")
    assert otherwise == "the same image with other numbers: 0/5.png and 0/4.png, 1/8.png and 0/0.png"


def test_a_number_that_never_changes() -> None:
    even, seven = np.linspace(0, 10, 100), np.full(100, 7)
    (line,) = value_lines(_numbers(100, even, seven), _numbers(100, even, seven, seed=1))
    assert line == "the same in every image to train on, so that nothing is learned of it: b 7"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ([(0, 500), (0, 1)], "in steps of about 2: b has 0.51 from least to most;"),
        ([(2000, 2020)], "in steps of about 7.9: a has 2.5 from least to most;"),
        ([(-2020, -2000)], "in steps of about 7.9: a has 2.5 from least to most;"),
        ([(0, 500), (0, 60)], None),
        ([(-1, 1), (-0.2, 0.2)], None),
    ],
)
def test_numbers_that_one_step_cannot_tell(columns: list[tuple[float, float]], told: str | None) -> None:
    values = [np.linspace(*ends, 100) for ends in columns]
    lines = value_lines(_numbers(100, *values), _numbers(100, *values, seed=1))
    assert len(lines) == (told is not None)
    assert all(told and told in line for line in lines)


@pytest.mark.needs("torch")
def test_images_held_back_that_are_trained_on() -> None:
    module("torch")
    from mcugen.training.recipe import Recipe
    from mcugen.training.subset import held_back, labelled
    from mcugen.training.tasks.classify import Classify

    images = Dataset("noise", _noise(40, 0), np.arange(40) % 2)
    recipe = Recipe(validation=0.25, limit=30, seed=2)
    objective, part = Classify(recipe), labelled(images)
    assert held_lines(images, part, objective, recipe) == ()
    trained, held = held_back(part, part.targets, recipe)
    assert held is not None
    one, other = int(held.chosen[3]), int(trained.chosen[1])
    images.images[one] = images.images[other]
    (line,) = held_lines(images, part, objective, recipe)
    assert line == f"1 image held back is among those to train on: {one} is {other}"
    # Without --validation nothing is held back, and an image that is there twice is trained on twice.
    assert held_lines(images, part, objective, Recipe()) == ()
    # Of images that --limit leaves out, none is trained on.
    left_out = sorted(set(range(40)) - {*trained.chosen.tolist(), *held.chosen.tolist()})
    images.images[one] = images.images[left_out[0]]
    assert held_lines(images, part, objective, recipe) == ()
