"""An explanation as commands print it and the page shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mcugen.accuracy import compare, input_quality
from mcugen.accuracy.explain import Explanation
from mcugen.accuracy.outputs import MeasuredOutputs, value_accuracies, vector_accuracy
from mcugen.accuracy.sample import Sample
from mcugen.ir import Graph
from mcugen.reference.pixels import pixel_warning
from mcugen.schemas.accuracy import AccuracyOutput
from mcugen.schemas.explanation import (
    AccuracyExplanation,
    ClassQuality,
    FlippedImage,
    FloatAccuracy,
    InputQuality,
    LayerQuality,
    MisclassifiedImage,
)


def accuracy_record(explanation: Explanation, classes: int) -> AccuracyExplanation:
    """The `accuracy` of `mcugen analyze` and `mcugen report`. classes: of the model."""
    sample, predicted, floats = explanation.sample, explanation.predicted, explanation.float_predicted
    truth, labels = sample.dataset.labels, sample.dataset.classes
    right = predicted == truth
    places = {int(index): place for place, index in enumerate(sample.indices)}
    return AccuracyExplanation(
        data=sample.dataset.name,
        images=len(predicted),
        of=sample.total,
        skipped=tuple(sample.dataset.skipped),
        correct=int(right.sum()),
        top1=float(right.mean()),
        float_=None
        if floats is None
        else FloatAccuracy(
            model=explanation.float_name or "",
            correct=int((floats == truth).sum()),
            top1=float((floats == truth).mean()),
            agreement=float((floats == predicted).mean()),
        ),
        classes=tuple(
            ClassQuality(
                class_=number,
                label=labels[number] if number < len(labels) else "",
                images=int((truth == number).sum()),
                correct=_count(right, truth == number),
                float_correct=None if floats is None else _count(floats == truth, truth == number),
            )
            for number in range(classes)
        ),
        confusion=tuple(map(tuple, explanation.confusion(classes).tolist())),
        input=input_record(explanation.input),
        layers=_layers(explanation.layers),
        misclassified=tuple(
            MisclassifiedImage(
                index=int(sample.indices[place]),
                file=_file(sample, place),
                truth=int(truth[place]),
                int8=int(predicted[place]),
            )
            for place in np.flatnonzero(~right).tolist()
        ),
        flipped=None
        if floats is None
        else tuple(
            FlippedImage(
                index=flip.index,
                file=_file(sample, places[flip.index]),
                truth=flip.truth,
                float_=flip.float_class,
                int8=flip.int8_class,
                float_margin=flip.margin,
            )
            for flip in explanation.flips
        ),
    )


def outputs_record(outputs: MeasuredOutputs) -> AccuracyExplanation:
    """The same of a net that tells a vector, or numbers."""
    return AccuracyExplanation(
        **output_fields(outputs),
        float_=None,
        confusion=(),
        layers=_layers(outputs.compared.layers),
        misclassified=(),
        flipped=None,
    )


def output_fields(outputs: MeasuredOutputs) -> dict[str, Any]:
    """What is measured of such a net, in the fields that `AccuracyOutput` and `AccuracyExplanation` share."""
    sample = outputs.sample
    measured = {"values": value_accuracies(outputs)} if sample.names else {"vectors": vector_accuracy(outputs)}
    return {
        "data": sample.name,
        "images": len(sample.images),
        "of": sample.total,
        "skipped": sample.skipped,
        "correct": None,
        "top1": None,
        "input": input_record(outputs.compared.input),
        "classes": (),
        **measured,
    }


def input_record(quality: input_quality.InputQuality) -> InputQuality:
    """The `input` of `mcugen accuracy` and of the same two."""
    return InputQuality(
        range=quality.range,
        board=quality.board,
        observed=quality.observed,
        pixels=quality.pixels,
        float_pixels=quality.float_pixels,
        clipped=quality.clipped,
        snr_db=_finite(quality.snr),
        warnings=quality.warnings,
    )


def input_warnings(graph: Graph, accuracy: AccuracyExplanation | AccuracyOutput | None) -> tuple[str, ...]:
    """What is probably wrong at the input, by what is known: the images of a data set, or the graph alone."""
    if accuracy is not None:
        return accuracy.input.warnings
    return tuple(filter(None, [pixel_warning(graph)]))


def _layers(layers: Sequence[compare.LayerQuality]) -> tuple[LayerQuality, ...]:
    return tuple(
        LayerQuality(
            layer=layer.name,
            kind=layer.kind,
            snr_db=_finite(layer.snr),
            saturated=layer.saturated,
            clamped=layer.clamped,
        )
        for layer in layers
    )


def _file(sample: Sample, place: int) -> str:
    return sample.dataset.files[place] if sample.dataset.files else ""


def _finite(decibels: float | None) -> float | None:
    return decibels if decibels is not None and math.isfinite(decibels) else None


def _count(condition: np.ndarray, among: np.ndarray) -> int:
    return int((condition & among).sum())
