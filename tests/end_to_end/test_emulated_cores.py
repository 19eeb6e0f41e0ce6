"""Generated code on emulated cores: every layer equals the reference, and costs are what analyze said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.analysis import analyze
from mcugen.codegen.stack_size import estimate_stack_bytes
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.inputs import proof_images
from mcugen.ir import Graph, Operator
from mcugen.targets import TARGETS
from mcugen.validation import validate_in_emulator
from tests.conftest import MODELS as SHARED
from tests.conftest import TFLITE_MODELS
from tests.support.needs import need
from tests.support.random_graphs import Block, build, random_inputs

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"
TINY = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
CORES = [target.name for target in TARGETS if target.machine]
MODELS = [
    BUNDLED,
    *(SHARED / f"{name}.tflite" for name in TFLITE_MODELS),
    *(SHARED / f"{name}.onnx" for name in ("qdq_mnv1_a025_r32_gray", "qdq_mnv1_a025_r96_rgb")),
]
FEW_MODELS = [path for path in MODELS if path.stem.startswith(("vww", "person", "mnv1_a010", "mnv2"))]
# Small ones for cores whose kernels are those of another, but for details.
FEWER_MODELS = [path for path in FEW_MODELS if path.stem.startswith(("vww", "mnv1_a010"))]


def _check(model: Path, core: str, *, fold: bool, cases: int) -> None:
    need(core, *(["shared-models"] if model.parent == SHARED else []))
    compiled = compile_model(model, target=core, fold_constants=fold)
    images = proof_images(compiled.imported.input_tensor, cases, 1)
    validation, costs = validate_in_emulator(compiled, images)
    assert validation.mismatch is None
    assert validation.context_bytes == compiled.library.context_bytes
    # Beside the tables stand names of classes and places of rows.
    others = costs.flash.weights + costs.flash.constants - compiled.library.constant_bytes
    assert 0 <= others < 2048
    assert costs.stack_bytes <= estimate_stack_bytes(compiled.library)
    if costs.stack_bound is not None:
        assert costs.stack_bytes <= costs.stack_bound
    prediction = analyze(compiled).prediction
    assert prediction is not None
    assert abs(prediction.instructions / costs.instructions - 1) < 0.03


@pytest.mark.parametrize("core", CORES)
def test_bundled_model(core: str) -> None:
    _check(BUNDLED, core, fold=True, cases=2)


@pytest.mark.needs("cortex-m3")
def test_the_tiny_model_leaves_room_on_an_stm32f103c8() -> None:
    """64 KiB of flash and 20 of RAM: the library takes less than 45 and 4."""
    compiled = compile_model(TINY, target="cortex-m3")
    validation, costs = validate_in_emulator(compiled, proof_images(compiled.imported.input_tensor, 2, 1))
    assert validation.mismatch is None
    assert costs.flash.weights + costs.flash.constants + costs.flash.code < 45 << 10
    assert validation.context_bytes + costs.stack_bytes < 4 << 10


@pytest.mark.slow
@pytest.mark.parametrize("fold", [True, False], ids=["live", "all"])
@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_model_on_cortex_m4(model: Path, fold: bool) -> None:
    _check(model, "cortex-m4", fold=fold, cases=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "core"),
    [
        pytest.param(model, core, id=f"{model.stem}-{core}")
        for core in CORES
        if core != "cortex-m4"
        for model in (FEWER_MODELS if core == "xtensa" else FEW_MODELS)
    ],
)
def test_models_of_each_kind_on_every_core(model: Path, core: str) -> None:
    _check(model, core, fold=True, cases=1)


@pytest.mark.needs("cortex-m4")
def test_channels_of_padding_may_hold_anything() -> None:
    """A table makes of the zero point, which they hold, another value."""
    linear = {"clamp": "none", "zero_point": 0, "option": 0}
    blocks = [
        Block("conv", channels=6, **linear),
        Block("lookup", zero_point=106),
        Block("conv", channels=17, clamp="relu", zero_point=94),
    ]
    graph = build((2, 1, 6), 0, Rounding.DOUBLE, blocks, Block("softmax", channels=4), seed=444)
    compiled = compile_model(graph, target="cortex-m4")
    assert compiled.optimized.tensors["lookup_1_output"].origin is not None
    assert validate_in_emulator(compiled, random_inputs(graph, 1, 2))[0].mismatch is None


@pytest.mark.needs("cortex-m4")
def test_a_wrong_value_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_model(BUNDLED, target="cortex-m4")
    images = proof_images(compiled.imported.input_tensor, 1, 1)
    victim = compiled.imported.operators[4]
    evaluate = reference.evaluate

    def falsified(graph: Graph, x: np.ndarray) -> Iterator[tuple[Operator, np.ndarray]]:
        for op, values in evaluate(graph, x):
            if op.name == victim.name:
                values = values.copy()
                values[0, 1, 2, 3] ^= 1
            yield op, values

    monkeypatch.setattr(reference, "evaluate", falsified)
    mismatch = validate_in_emulator(compiled, images)[0].mismatch
    assert mismatch is not None
    assert (mismatch.layer, mismatch.index) == (victim.name, (0, 1, 2, 3))
    assert mismatch.expected == mismatch.got ^ 1
