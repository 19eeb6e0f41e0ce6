"""The steps of a layer's requantization are searched for once, however many forms and proofs ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from mcugen.fixedpoint import Requantization, steps
from mcugen.ir import Graph
from mcugen.plan.planner import make_plan
from mcugen.targets import find_target
from tests.support.passes import optimized


@pytest.mark.parametrize("target", ["generic", "cortex-m0plus", "cortex-m4", "cortex-m55", "xtensa"])
def test_each_layer_is_searched_once(
    target: str, load_model: Callable[[str], Graph], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: Counter[Requantization] = Counter()
    search = steps._search

    def counted(requantization: Requantization) -> np.ndarray:
        searched[requantization] += 1
        return search(requantization)

    monkeypatch.setattr(steps, "_search", counted)
    chosen = find_target(target)
    live = optimized(load_model("vww_96_int8.tflite"), chosen)
    make_plan(live, chosen)
    layers = {op.requantization for op in live.operators if getattr(op, "requantization", None) is not None}
    assert set(searched) == layers
    assert set(searched.values()) == {1}
