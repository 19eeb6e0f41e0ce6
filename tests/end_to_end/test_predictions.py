"""Predicted against executed instructions of networks that had no part in the tables of predictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import Compiled, compile_model
from mcugen.fixedpoint import Rounding
from mcugen.inputs import random_images
from mcugen.plan.constants import table_of
from mcugen.plan.prediction import predict
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import TARGETS, find_target
from tests.support.graph_builder import Block
from tests.support.needs import ROOT, need
from tests.support.random_graphs import build
from tests.support.unseen_nets import unseen_net

CORES = [target.name for target in TARGETS if target.costs == target.name and table_of(target.name)]
SHARED = ROOT.parent / "shared"
_OF_FIELD = ("dscnn_49x10", "fomo_r96_gray_c2", "resnet8_r32_rgb")
MODELS = (
    *sorted(ROOT.glob("examples/*/*.onnx")),
    *sorted(SHARED.glob("models/*.tflite")),
    *(SHARED / "field" / f"{name}.tflite" for name in _OF_FIELD),
)
TOLERANCE = 0.03
# Where the prediction itself names functions that it estimates.
OF_ESTIMATES = 0.2
UNSEEN = range(20)
CORES_OF_EACH = 2
"""Each unseen network is counted on so many cores, in turn, and benchmarks/predictions.py counts it on all."""
_RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
_SAME = (1, 1, 1, 1)


@pytest.mark.slow
@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_trained_models(model: Path, core: str) -> None:
    if SHARED in model.parents:
        need("shared-models")
    _check(compile_model(model, target=core), core)


@pytest.mark.slow
@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("width", [12, 15, 20, 21])
def test_unusual_widths(width: int, core: str) -> None:
    """Maps of odd widths and numbers of channels, blocks with and without strides."""
    blocks = [Block("conv", (3, 3), (1, 1), _SAME, channels=10, **_RELU)]
    for stride, channels in ((1, 16), (2, 28), (1, 28), (2, 44)):
        blocks.append(Block("depthwise", (3, 3), (stride, stride), _SAME, **_RELU))
        blocks.append(Block("conv", channels=channels, **_RELU))
    blocks.append(Block("global_average", zero_point=-128, option=1))
    graph = build((width, width, 3), -128, Rounding.DOUBLE, blocks, Block("fully_connected", channels=6), seed=width)
    _check(compile_model(graph, target=core, fold_constants=False), core)


def _in_turn() -> list[tuple[int, str]]:
    """(seed, core): the cores of a network follow those of the network before it."""
    return [(seed, CORES[(CORES_OF_EACH * seed + i) % len(CORES)]) for seed in UNSEEN for i in range(CORES_OF_EACH)]


@pytest.mark.slow
@pytest.mark.needs("{core}")
@pytest.mark.parametrize(("seed", "core"), _in_turn())
def test_small_networks_of_all_operators(seed: int, core: str) -> None:
    _check(compile_model(unseen_net(seed), target=core, fold_constants=False), core)


def _check(compiled: Compiled, core: str) -> None:
    prediction = predict(compiled.plan)
    assert prediction is not None
    with EmulatedLibrary(compiled.library, find_target(core)) as emulated:
        executed = emulated.run(random_images(compiled.imported.input_tensor, 1, 0)).instructions
    tolerance = OF_ESTIMATES if prediction.unknown else TOLERANCE
    found = f"{prediction.instructions} for {executed}, estimated: {prediction.unknown_kinds}"
    assert abs(prediction.instructions / executed - 1) <= tolerance, found
