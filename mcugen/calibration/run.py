"""From a float ONNX model and the name of a data set to an int8 model in a file, and what it lost."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcugen.accuracy import load_twin, sample_of
from mcugen.accuracy.explain import Explanation, explain
from mcugen.calibration.float_model import FloatModel
from mcugen.calibration.quantizer import METHODS, quantize_onnx
from mcugen.data import Dataset, Normalization, load_archive, load_splits
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.ir import Graph
from mcugen.output import write_whole
from mcugen.schemas.quantize import LayerNoise, QuantizeOutput

Progress = Callable[[str, int, int], None]

_MEASURED_IMAGES = 1000


def quantize_float_model(
    path: Path,
    output: Path,
    *,
    data: str | None,
    data_dir: Path | None,
    ranges: str,
    calibration: int,
    limit: int | None,
    seed: int,
    normalization: Normalization | None,
    external_data: bool,
    progress: Progress,
) -> QuantizeOutput:
    """Writes the int8 model, which mcugen has read by then, and returns what was measured.

    calibration: how many training images ranges are measured on. limit: how many test images float and int8 are
    compared on, a thousand if None. Raises McugenError, and writes nothing, where mcugen does not compile the model.
    """
    if output.suffix.lower() != ".onnx":
        raise McugenError(f"{output}: not the name of an ONNX model", "the compiler knows it by the suffix .onnx")
    if ranges not in METHODS:
        raise McugenError(f"--ranges {ranges} is not of .onnx models", f"supported: {', '.join(METHODS)}")
    if data is None:
        raise McugenError("ranges are measured on images", "name a data set with --data, as in --data FOLDER")
    progress("reading the model", 0, 0)
    model = FloatModel(path, external_data=external_data)
    train, test = _images(model, data, data_dir, progress)
    order = np.random.default_rng(seed).permutation(len(train.images))
    chosen = train.images[order[:calibration]]
    content = quantize_onnx(
        model, chosen, ranges=ranges, normalization=normalization, labels=test.classes, progress=progress
    )
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder:
        written = Path(folder) / output.name
        written.write_bytes(content)
        graph = load_model(written)
    explanation = _measured(path, graph, test, limit, normalization, external_data, progress)
    record = _record(path, output, train, test, explanation)
    with write_whole(output) as stream:
        stream.write(content)
    return record


def _images(model: FloatModel, data: str, data_dir: Path | None, progress: Progress) -> tuple[Dataset, Dataset]:
    """Images to calibrate on, and to test on: those of an .npz file are both."""
    height, width, channels = model.shape
    if Path(data).suffix.lower() != ".npz":
        return load_splits(data, height=height, width=width, channels=channels, data_dir=data_dir, progress=progress)
    dataset = load_archive(Path(data))
    found = dataset.images.shape[1:] if dataset.images.ndim > len("HWC") else (*dataset.images.shape[1:], 1)
    if found != model.shape or dataset.images.dtype != np.uint8:
        raise McugenError(
            f"{data}: its images are {dataset.images.dtype} {list(found)}, the model takes {list(model.shape)}",
            "give pixels as uint8 [N, height, width, channels]",
        )
    dataset = replace(dataset, images=dataset.images.reshape(-1, *model.shape))
    return dataset, dataset


def _measured(
    path: Path,
    graph: Graph,
    test: Dataset,
    limit: int | None,
    normalization: Normalization | None,
    external_data: bool,
    progress: Progress,
) -> Explanation | None:
    """What int8 changes; None where the images' classes are not what the model answers with."""
    if len(graph.outputs) != 1 or int(test.labels.max()) >= graph.output_tensor.size:
        return None
    if graph.output_tensor.size != graph.output_tensor.channels:
        return None
    twin = load_twin(path, graph, external_data=external_data)
    return explain(graph, sample_of(test, graph, limit or _MEASURED_IMAGES), twin, normalization, progress)


def _record(path: Path, output: Path, train: Dataset, test: Dataset, explanation: Explanation | None) -> QuantizeOutput:

    float_top1 = int8_top1 = None
    layers: list[LayerNoise] = []
    images = 0
    if explanation is not None and explanation.float_predicted is not None:
        labels = explanation.sample.dataset.labels
        images = len(labels)
        int8_top1 = float(np.mean(explanation.predicted == labels))
        float_top1 = float(np.mean(explanation.float_predicted == labels))
        for layer in explanation.layers:
            known = layer.snr is not None and math.isfinite(layer.snr)
            layers.append(LayerNoise(layer.name, layer.kind, layer.snr if known else None))
    return QuantizeOutput(
        checkpoint=path.name,
        output=str(output),
        data=test.name,
        method="post-training, by ONNX Runtime",
        test_images=images,
        float_top1=float_top1,
        int8_top1=int8_top1,
        skipped=(*train.skipped, *(name for name in test.skipped if name not in train.skipped)),
        layers=tuple(layers),
    )
