"""From a checkpoint of a net that tells vectors or numbers of images to an int8 program, and what it lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mcugen import reference
from mcugen.data import Dataset, load_splits
from mcugen.data.reading import reading_options
from mcugen.data.values import ValueDataset, load_values
from mcugen.diagnostics import McugenError
from mcugen.frontend.torch import from_program
from mcugen.ir import Graph
from mcugen.quantization.steps import Wanted, calibrated, net_input, noise_views, skipped_files, write_program
from mcugen.schemas.quantize import FloatAndInt8, QuantizeOutput
from mcugen.training.stored import Checkpoint
from mcugen.training.tasks.embed import recall_at_1

Progress = Callable[[str, int, int], None]
_MEASURED_IMAGES = 32
_BATCH = 64


def quantize_vectors(trained: Checkpoint, name: str, wanted: Wanted) -> QuantizeOutput:
    """As `quantize_checkpoint`, after training alone, with recall or mean absolute error in the place of top-1.

    name: of the file.
    """
    train, test = _images(trained, wanted.data, wanted.data_dir, wanted.progress)
    pixels = test.images[: wanted.limit]
    torch.manual_seed(wanted.seed)
    result = calibrated(trained.module(), train.images, wanted, np.random.default_rng(wanted.seed))
    graph = from_program(result.program, wanted.output.stem)
    wanted.progress("measuring", 0, 0)
    vectors = _of_float(trained.module(), pixels), _of_int8(graph, pixels)
    write_program(result, wanted, trained.labels)
    losses: dict[str, FloatAndInt8 | tuple[FloatAndInt8, ...]] = {}
    if isinstance(test, ValueDataset):
        errors = [np.abs(each - test.values[: wanted.limit]).mean(axis=0).tolist() for each in vectors]
        losses["mean_absolute_error"] = tuple(map(FloatAndInt8, test.names, *errors))
    else:
        classes = torch.from_numpy(test.labels[: wanted.limit])
        losses["recall_at_1"] = FloatAndInt8("", *(recall_at_1(torch.from_numpy(each), classes) for each in vectors))
    return QuantizeOutput(
        checkpoint=name,
        output=str(wanted.output),
        data=test.name,
        method="post-training",
        test_images=len(pixels),
        float_top1=None,
        int8_top1=None,
        skipped=skipped_files(train.skipped, test.skipped),
        layers=noise_views(result),
        **losses,  # type: ignore[arg-type]
    )


def _images(
    trained: Checkpoint, data: str | None, data_dir: Path | None, progress: Progress
) -> tuple[ValueDataset, ValueDataset] | tuple[Dataset, Dataset]:
    options: dict[str, Any] = dict(trained.data) if data in (None, trained.data.get("data")) else {"data": data}
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
    if test.names != tuple(trained.labels):
        found, known = (", ".join(names) for names in (test.names, trained.labels))
        raise McugenError(f"{test.name} has values of {found}; the net tells {known}")
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
