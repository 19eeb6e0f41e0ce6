"""From a checkpoint of a net that tells vectors or numbers of images to an int8 program, and what it lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mcugen import reference
from mcugen.accuracy.outputs import require_values, value_measures
from mcugen.data import Dataset, load_splits
from mcugen.data.reading import reading_options, source_of
from mcugen.data.values import ValueDataset, load_values
from mcugen.diagnostics import McugenError
from mcugen.frontend.torch import from_program
from mcugen.ir import Graph
from mcugen.likeness import recall_at_1
from mcugen.quantization.flow import Quantized
from mcugen.quantization.steps import (
    Tuning,
    Wanted,
    calibrated,
    fine_tuned,
    method_name,
    net_input,
    noise_records,
    skipped_files,
    write_program,
)
from mcugen.schemas.quantize import FloatAndInt8, QuantizeOutput
from mcugen.training.stored import Checkpoint
from mcugen.training.tasks.embed import contrastive_loss

Progress = Callable[[str, int, int], None]
_BATCH = 64


def quantize_vectors(trained: Checkpoint, name: str, wanted: Wanted, tuning: Tuning | None) -> QuantizeOutput:
    """As `quantize_checkpoint`, with recall or mean absolute error in the place of top-1. name: of the file."""
    train, test = _images(trained, wanted.data, wanted.data_dir, wanted.progress)
    pixels = test.images[: wanted.limit]
    torch.manual_seed(wanted.seed)
    random = np.random.default_rng(wanted.seed)
    if tuning is None:
        result = calibrated(trained.module(), train.images, wanted, random)
    else:
        result = _fine_tuned(trained, train, tuning, wanted, random)
    graph = from_program(result.program, wanted.output.stem)
    wanted.progress("measuring", 0, 0)
    vectors = _of_float(trained.module(), pixels), _of_int8(graph, pixels)
    write_program(result, wanted, trained, trained.labels)
    losses: dict[str, FloatAndInt8 | tuple[FloatAndInt8, ...]] = {}
    if isinstance(test, ValueDataset):
        wanted_values = test.values[: wanted.limit]
        errors = [[column.mean_absolute_error for column in value_measures(each, wanted_values)] for each in vectors]
        losses["mean_absolute_error"] = tuple(map(FloatAndInt8, test.names, *errors))
    else:
        classes = test.labels[: wanted.limit]
        losses["recall_at_1"] = FloatAndInt8("", *(recall_at_1(each, classes) for each in vectors))
    return QuantizeOutput(
        checkpoint=name,
        output=str(wanted.output),
        data=test.name,
        method=method_name(tuning),
        test_images=len(pixels),
        float_top1=None,
        int8_top1=None,
        skipped=skipped_files(train.skipped, test.skipped),
        layers=noise_records(result),
        **losses,  # type: ignore[arg-type]
    )


def _fine_tuned(
    trained: Checkpoint,
    train: ValueDataset | Dataset,
    tuning: Tuning,
    wanted: Wanted,
    random: np.random.Generator,
) -> Quantized:
    """By the loss that the net was trained with."""
    module = trained.module()
    if isinstance(train, Dataset):
        return fine_tuned(module, train.images, train.labels, tuning, wanted, random, loss=contrastive_loss)
    mean, deviation = (torch.tensor(trained.task[name], dtype=torch.float32) for name in ("mean", "deviation"))

    def loss(outputs: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.smooth_l1_loss((outputs - mean) / deviation, (values - mean) / deviation)

    # The last layer makes the values' own units of those that the net learned in: its steps are as they were there.
    square = deviation.square()
    factors = {"classifier.weight": square[:, None], "classifier.bias": square}
    return fine_tuned(module, train.images, train.values, tuning, wanted, random, loss=loss, factors=factors)


def _images(
    trained: Checkpoint, data: str | None, data_dir: Path | None, progress: Progress
) -> tuple[ValueDataset, ValueDataset] | tuple[Dataset, Dataset]:
    options = source_of(trained.data, data)
    if "data" not in options:
        raise McugenError("the checkpoint does not say what it was trained on", "name a data set with --data")
    height, width, channels = trained.input_shape
    if trained.task["name"] == "embed":
        options |= {} if data_dir is None else {"data_dir": data_dir}
        return load_splits(**{**options, "height": height, "width": width, "channels": channels}, progress=progress)
    if data_dir is not None:
        raise McugenError("--data-dir is of data sets known by name", "name the table of images and values by --data")
    how = reading_options(options, trained.input_shape)
    train, test = load_values(Path(options["data"]), **how, progress=progress)
    require_values(tuple(trained.labels), len(trained.labels), test.names, test.name)
    return train, test


def _of_float(module: torch.nn.Module, pixels: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        parts = [module(net_input(pixels[start : start + _BATCH])).numpy() for start in range(0, len(pixels), _BATCH)]
    return np.concatenate(parts)


def _of_int8(graph: Graph, pixels: np.ndarray) -> np.ndarray:
    """Real numbers float32 [N, D] that the C code's outputs stand for."""
    parts = []
    for start in range(0, len(pixels), _BATCH):
        stored = (pixels[start : start + _BATCH].astype(np.int16) - 128).astype(np.int8)
        parts.append(reference.dequantize_output(graph, reference.run(graph, stored)).reshape(len(stored), -1))
    return np.concatenate(parts).astype(np.float32)
