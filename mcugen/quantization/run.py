"""From a checkpoint and the name of a data set to an int8 program in a file, and what it lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mcugen.accuracy import sample_of
from mcugen.accuracy.classify import classify
from mcugen.data import Dataset, load_splits
from mcugen.data.reading import source_of
from mcugen.diagnostics import McugenError
from mcugen.frontend.torch import from_program
from mcugen.quantization.detector import quantize_detector
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
from mcugen.quantization.vectors import quantize_vectors
from mcugen.schemas.quantize import QuantizeOutput
from mcugen.training.checkpoint import Checkpoint, load_checkpoint

Progress = Callable[[str, int, int], None]

_TEST_BATCH = 200


def quantize_checkpoint(path: Path, wanted: Wanted, tuning: Tuning | None) -> QuantizeOutput:
    """Writes the int8 program, and the QDQ model where one is wanted, and returns what was measured.

    tuning: None for post-training quantization. Raises McugenError, and writes nothing, where the checkpoint, the
    images or the program will not do.
    """
    output, progress = wanted.output, wanted.progress
    if output.suffix.lower() != ".pt2":
        raise McugenError(f"{output}: not the name of a program", "the compiler knows it by the suffix .pt2")
    progress("reading the checkpoint", 0, 0)
    trained = load_checkpoint(path, cells=True)
    if not trained.architecture.is_classifier:
        if wanted.data_dir is not None:
            raise McugenError("--data-dir is of data sets known by name", "name the images with boxes by --data")
        return quantize_detector(trained, path.name, wanted, tuning)
    if trained.task:
        return quantize_vectors(trained, path.name, wanted, tuning)
    train, test = _images(trained, wanted.data, wanted.data_dir, progress)
    test = test.first(wanted.limit)
    _require_labels(trained, train, test)
    torch.manual_seed(wanted.seed)
    random = np.random.default_rng(wanted.seed)
    if tuning is None:
        result = calibrated(trained.module(), train.images, wanted, random)
    else:
        result = fine_tuned(trained.module(), train.images, train.labels, tuning, wanted, random)
    graph = from_program(result.program, output.stem)
    integers, _ = classify(graph, sample_of(test, graph, None), None, progress)
    record = QuantizeOutput(
        checkpoint=path.name,
        output=str(output),
        data=test.name,
        method=method_name(tuning),
        test_images=len(test.images),
        float_top1=_float_top1(trained.module(), test, progress),
        int8_top1=float((integers == test.labels).mean()),
        skipped=skipped_files(train.skipped, test.skipped),
        layers=noise_records(result),
    )
    write_program(result, wanted, trained, tuple(trained.labels) or train.classes)
    return record


def _images(
    trained: Checkpoint, data: str | None, data_dir: Path | None, progress: Progress
) -> tuple[Dataset, Dataset]:
    """Images to calibrate on or to train with, and to test on."""
    options = source_of(trained.data, data)
    if data_dir is not None:
        options["data_dir"] = data_dir
    if "data" not in options:
        raise McugenError("the checkpoint does not say what it was trained on", "name a data set with --data")
    height, width, channels = trained.input_shape
    return load_splits(**{**options, "height": height, "width": width, "channels": channels}, progress=progress)


def _require_labels(trained: Checkpoint, *datasets: Dataset) -> None:
    classes = trained.architecture.num_classes
    for dataset in datasets:
        if dataset.labels.max() >= classes:
            raise McugenError(f"{dataset.name} has labels up to {dataset.labels.max()}, the net {classes} classes")


def _float_top1(module: torch.nn.Module, test: Dataset, progress: Progress) -> float:
    right = 0
    with torch.no_grad():
        for start in range(0, len(test.images), _TEST_BATCH):
            progress("classifying, float", start, len(test.images))
            scores = module(net_input(test.images[start : start + _TEST_BATCH]))
            right += int((scores.argmax(1).numpy() == test.labels[start : start + _TEST_BATCH]).sum())
    return right / len(test.images)
