"""Which depthwise convolutions the DSP kernels refuse at the limits of their registers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.kernels.dsp.refused_depthwise import MOST_CHANNELS, refused_depthwise
from tests.support.random_graphs import Block, build


def test_the_step_of_the_most_channels_is_the_longest_that_half_a_register_holds() -> None:
    """Bytes of the columns of three pixels, 16 bits a value; channels are a multiple of four."""
    assert 2 * 3 * MOST_CHANNELS < 1 << 16 <= 2 * 3 * (MOST_CHANNELS + 4)


@pytest.mark.parametrize("channels", [MOST_CHANNELS, MOST_CHANNELS + 4])
def test_channels_whose_step_half_a_register_does_not_hold(channels: int) -> None:
    relu = {"clamp": "relu", "zero_point": -128}
    padded = Block("depthwise", (3, 3), padding=(1, 1, 1, 1), **relu)
    graph = build((4, 6, 3), -1, Rounding.SINGLE, [Block("conv", channels=8, **relu), padded, Block("conv")], seed=3)
    plan = compile_model(graph, target="cortex-m4", fold_constants=False).plan
    stage = plan.stages[1].stage
    (source,), op = stage.inputs, stage.depthwise
    assert op is not None
    assert refused_depthwise(stage, op, source.channels, plan.graph) == ""
    wide = replace(stage, inputs=(replace(source, shape=(*source.shape[:2], channels)),))
    refused = f"{channels} channels are more than {MOST_CHANNELS}, the widest step from tile to tile"
    assert refused_depthwise(wide, op, channels, plan.graph) == (refused if channels > MOST_CHANNELS else "")
