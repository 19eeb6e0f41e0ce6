"""The models of the workplace: the C code equals the reference on every layer, and TensorFlow Lite Micro's outputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mcugen.compiler import compile_model
from mcugen.ir import Graph
from tests.conftest import TFLITE_MODELS
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.support.needs import need
from tests.support.random_graphs import random_inputs

ONNX_MODELS = ("qdq_mnv1_a025_r32_gray", "qdq_mnv1_a025_r96_rgb")
# One trained model with many constant channels and one small model without softmax run always.
FAST = ("vww_96_int8", "mnv1_a010_r48_gray_c2_relu_nosoftmax")

Loader = Callable[[str], Graph]
Vectors = Callable[[str], dict[str, np.ndarray]]


COMPILERS = ("gcc", "clang")
VARIANTS = ((True, "generic"), (False, "generic"), (True, "cortex-m4"), (False, "cortex-m4"))


def _case(model: str, fold: bool, target: str, *rest: str, fast: bool) -> object:
    name = "-".join([model, "folded" if fold else "whole", target, *rest])
    return pytest.param(model, fold, target, *rest, marks=[] if fast else [pytest.mark.slow], id=name)


@pytest.mark.parametrize(
    ("model", "fold", "target"),
    [
        _case(model, *variant, fast=model in FAST and variant == VARIANTS[0])
        for model in TFLITE_MODELS
        for variant in VARIANTS
    ],
)
def test_every_layer_equals_the_reference(
    model: str, fold: bool, target: str, load_model: Loader, load_vectors: Vectors
) -> None:
    graph, vectors = load_model(f"{model}.tflite"), load_vectors(model)
    images = np.concatenate([vectors["inputs"], random_inputs(graph, 1, seed=1)])
    result = assert_equal_everywhere(graph, images, fold_constants=fold, target=target)
    count = len(vectors["inputs"])
    assert np.array_equal(result.outputs[:count].reshape(vectors["outputs"].shape), vectors["outputs"])
    # All but reshapes and what else moves no data still exist as a layer of the C code.
    assert result.compared >= len(graph.operators) - 3


@pytest.mark.parametrize(
    ("model", "fold", "target", "compiler"),
    [
        _case(model, *variant, COMPILERS[(i + j) % 2], fast=model in FAST and variant == VARIANTS[0])
        for i, model in enumerate(TFLITE_MODELS)
        for j, variant in enumerate(VARIANTS[:3])
    ],
)
def test_sanitizers_find_nothing(model: str, fold: bool, target: str, compiler: str, load_model: Loader) -> None:
    need(compiler)
    graph = load_model(f"{model}.tflite")
    images = random_inputs(graph, 1, seed=2)
    assert_equal_everywhere(
        graph, images, fold_constants=fold, target=target, compiler=compiler, sanitize=True, flags=["-O1"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("fold", [True, False], ids=["folded", "whole"])
@pytest.mark.parametrize("model", ONNX_MODELS)
def test_onnx_models_equal_the_reference_too(model: str, fold: bool, load_model: Loader) -> None:
    graph = load_model(f"{model}.onnx")
    result = assert_equal_everywhere(graph, random_inputs(graph, 3, seed=3), fold_constants=fold, sanitize=True)
    assert result.compared >= len(graph.operators) - 3


def test_vww_keeps_its_memory(load_model: Loader) -> None:
    """The arena that row streaming reached: a later change that needs more should be noticed."""
    graph = load_model("vww_96_int8.tflite")
    assert compile_model(graph).plan.arena_bytes <= 17_232
    assert compile_model(graph, fold_constants=False).plan.arena_bytes <= 18_672
