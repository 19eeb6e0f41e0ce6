"""What `mcugen train` says of a net, whatever its task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcugen.cli.train_page import PAGE, camera_words

if TYPE_CHECKING:
    from mcugen.data import Dataset
    from mcugen.data.boxes import BoxDataset
    from mcugen.data.values import ValueDataset
    from mcugen.training.pretrained.beginning import Beginning
    from mcugen.training.run import Trained


def trained_net(
    trained: Trained,
    directory: Path,
    images: tuple[Dataset, Dataset] | tuple[BoxDataset, BoxDataset] | tuple[ValueDataset, ValueDataset],
    doubts: tuple[str, ...],
    beginning: Beginning | None,
) -> dict[str, Any]:
    """The fields of the schema `TrainedNet`. images: to train and to test on."""
    from mcugen.nets.costs import net_cost
    from mcugen.schemas.nets import NetOptions
    from mcugen.schemas.train import Beginning as BeginningRecord
    from mcugen.schemas.train import TrainingRecipe
    from mcugen.training.run import CHECKPOINT

    checkpoint = trained.checkpoint
    cost = net_cost(checkpoint.architecture)
    begun = None
    if beginning is not None:
        matches = beginning.matches
        begun = BeginningRecord(beginning.path.name, len(matches.pairs), matches.fresh, matches.unused)
    return {
        "checkpoint": str(directory / CHECKPOINT),
        "net": checkpoint.net,
        "options": NetOptions(**checkpoint.options),
        "recipe": TrainingRecipe(**checkpoint.recipe),
        "images": len(images[0].images),
        "test_images": len(images[1].images),
        "skipped": (*images[0].skipped, *images[1].skipped),
        "doubts": doubts,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "epochs": trained.epochs,
        "kept_epoch": checkpoint.epoch,
        "validation_images": trained.validation_images,
        "page": str(directory / PAGE),
        "beginning": begun,
        "camera": camera_words(checkpoint.data),
    }
