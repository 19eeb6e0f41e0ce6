"""How often weights are read, by the plan and by the loads of the emulated core."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.inputs import proof_images
from mcugen.plan.explain import kernel_choice
from mcugen.plan.weight_reads import layer_weight_reads, weight_reads
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets.memory import MEMORY_SYSTEMS

NET = Path(__file__).parents[2] / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
FREE = replace(next(iter(MEMORY_SYSTEMS.values())), code_in_ram=True, constants_in_ram=True)


def test_a_matrix_once_a_tile_and_depthwise_weights_once_a_row() -> None:
    plan = compile_model(NET, target="cortex-m4").plan
    separable = plan.stages[4]
    assert separable.kernel is not None
    assert kernel_choice(plan, separable).blocking.startswith("4 channels x 2 pixels")
    height, width = separable.stage.output.height, separable.stage.output.width
    assert list(weight_reads(plan, separable).values()) == [height, height * width / 2]
    assert set(layer_weight_reads(plan)) == {op.name for planned in plan.stages for op in planned.stage.operators}


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m3", "cortex-m0plus"])
def test_as_the_emulator_counts_loads(core: str) -> None:
    """Where kernels are assembly, which loads every word of a table in each pass over it."""
    compiled = compile_model(NET, target=core)
    plan, constants = compiled.plan, compiled.library.constants
    image = proof_images(compiled.imported.input_tensor, 1, 0)[0]
    with EmulatedLibrary(compiled.library, plan.target) as program:
        (counted,) = stalls_by_stage(program, image, [FREE])
    for planned in plan.stages:
        index = planned.stage.index
        tables = [each for each in constants if each.weight_bytes and each.name.startswith(f"stage_{index}_")]
        depthwise = sum(each.bytes for each in tables if "depthwise" in each.name)
        expected = 0.0
        for op, reads in zip(planned.stage.operators, weight_reads(plan, planned).values(), strict=True):
            own = depthwise if op is planned.stage.depthwise else sum(each.bytes for each in tables) - depthwise
            expected += reads * own
        assert counted[index].weight_bytes_read == pytest.approx(expected, rel=0.1), planned.stage.index
