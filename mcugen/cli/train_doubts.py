"""What `mcugen train` doubts of any task's data: images on two sides of a split, and numbers that int8 or few images
cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcugen.cli.console import counted
from mcugen.cli.train_run import some

if TYPE_CHECKING:
    from mcugen.data.duplicates import Images
    from mcugen.data.values import ValueDataset
    from mcugen.training.recipe import Recipe
    from mcugen.training.subset import Subset
    from mcugen.training.tasks.objective import Objective

FEW = 50
FEW_TO_TEST = 100
_STEPS = 255
_FEW_STEPS = 25


def shared_lines(train: Images, test: Images) -> tuple[str, ...]:
    """Test images that are trained on, in a line; none where there are none."""
    from mcugen.data.duplicates import shared_images

    pairs = shared_images(train, test)
    return _among("test image", tuple(f"{_name(test, one)} is {_name(train, other)}" for one, other in pairs))


def held_lines(dataset: Images, subset: Subset, objective: Objective, recipe: Recipe) -> tuple[str, ...]:
    """Images held back for validation that are trained on, too: the best epoch is then chosen by what was learned by
    heart. subset: all images of the data set."""
    from mcugen.data.duplicates import shared_within
    from mcugen.training.subset import held_back

    trained, held = held_back(subset, objective.kinds(subset), recipe)
    if held is None:
        return ()
    pairs = shared_within(dataset, trained.chosen.tolist(), held.chosen.tolist())
    named = tuple(f"{_name(dataset, one)} is {_name(dataset, other)}" for one, other in pairs)
    return _among("image held back", named, "images held back")


def value_lines(train: ValueDataset, test: ValueDataset) -> tuple[str, ...]:
    """What makes the error on test images, or the training of a net that tells numbers, worth less than it seems."""
    from mcugen.data.duplicates import told_otherwise

    lines = list(shared_lines(train, test))
    otherwise = told_otherwise(train, test)
    if otherwise:
        named = tuple(f"{one} and {other}" for one, other in otherwise)
        lines.append(f"the same image with other numbers: {some(named)}")
    if len(train.images) < FEW:
        lines.append(
            f"{counted(len(train.images), 'image')} to train on, fewer than {FEW}: "
            "begin with a trained net (--init), or take more"
        )
    if len(test.images) < FEW_TO_TEST:
        tested = len(test.images)
        lines.append(f"{counted(tested, 'test image')}: one of them is {1 / tested:.1%} of the mean error")
    low, high = (bound.astype(float) for bound in (train.values.min(0), train.values.max(0)))
    same = tuple(f"{name} {value:g}" for name, value, top in zip(train.names, low, high, strict=True) if value == top)
    if same:
        lines.append(f"the same in every image to train on, so that nothing is learned of it: {some(same)}")
    # As for any int8 tensor, the range of all outputs together, with 0 in it, is divided into even steps.
    step = (max(high.max(), 0.0) - min(low.min(), 0.0)) / _STEPS
    coarse = tuple(
        f"{name} has {(top - value) / step:.2g} from least to most"
        for name, value, top in zip(train.names, low, high, strict=True)
        if value < top and (top - value) / step < _FEW_STEPS
    )
    if coarse:
        lines.append(
            f"int8 tells all numbers in steps of about {step:.2g}: {some(coarse)}; "
            "numbers from 0 on, of like ranges, lose least"
        )
    return tuple(lines)


def _among(what: str, named: tuple[str, ...], many: str | None = None) -> tuple[str, ...]:
    if not named:
        return ()
    number = f"1 {what} is" if len(named) == 1 else f"{len(named):,} {many or what + 's'} are"
    return (f"{number} among those to train on: {some(named)}",)


def _name(part: Images, index: int) -> str:
    return part.files[index] if part.files else f"{index}"
