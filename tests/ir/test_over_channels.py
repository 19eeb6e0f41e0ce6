"""Names of loops over the channels of a pixel: of two there is none, and none over pixels where a row has one."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.plan.features import stage_parts
from tests.support.calm_graphs import calm_graph
from tests.support.graph_builder import Block


@pytest.mark.parametrize(
    ("width", "channels", "pixel", "value"),
    [
        (5, 6, "pixel", "element"),
        (5, 2, "pixel", "element of two values"),
        (1, 6, "only pixel", "element"),
        (1, 2, "only pixel", "element of two values"),
    ],
)
def test_loops_are_named_by_numbers_of_pixels_and_of_values(width: int, channels: int, pixel: str, value: str) -> None:
    blocks = [Block("conv", channels=channels), Block("l2_normalize")]
    graph = calm_graph((4, width, 3), -128, Rounding.SINGLE, blocks, seed=1)
    plan = compile_model(graph, target="cortex-m4", fold_constants=False).plan
    (part,) = (part for each in plan.stages for part in stage_parts(plan, each) if part.kind.startswith("L2Normalize"))
    assert part.turns[pixel] == 4 * width
    assert part.turns[value] == 4 * width * channels
    # The library counts the zeros of a sum and of a divisor, whatever the name of the loop.
    assert part.library[f"pixel of {part.kind}"] == 4 * width
    assert part.library[f"element of {part.kind}"] == 4 * width * channels
