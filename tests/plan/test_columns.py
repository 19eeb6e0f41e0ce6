"""Blocks of columns: of one kind where two would take more memory, of two where they take hardly any."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.kernels.dsp.select import DspKernel
from mcugen.plan.arena import best_arrangement
from tests.support.needs import MODELS, need

need("shared-models")
FIELD = MODELS.parent / "field"


@pytest.mark.parametrize(("model", "plain"), [("fomo_r96_gray_c2", False), ("mlperf_tiny_kws", True)])
def test_kinds_of_columns(model: str, plain: bool) -> None:
    plan = compile_model(FIELD / f"{model}.tflite", target="cortex-m4").plan
    kernels = [stage.kernel for stage in plan.stages]
    assert any(isinstance(kernel, DspKernel) and kernel.plain for kernel in kernels) is plain
    layouts = {name: buffer.layout for name, buffer in plan.buffers.items()}
    cleared = [kernel and kernel.cleared for kernel in kernels]
    stages = [stage.stage for stage in plan.stages]
    _, placement = best_arrangement(plan.graph, stages, layouts, cleared, plan.resident)
    assert plan.arena_bytes <= 1.02 * placement.size
