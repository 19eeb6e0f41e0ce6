"""What the DSP kernels reached on the visual wake words model: a later change that costs more should be noticed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mcugen.compiler import compile_model
from mcugen.ir import Graph
from mcugen.simulate.on_emulator import EmulatedLibrary
from mcugen.targets import find_target

Loader = Callable[[str], Graph]
Vectors = Callable[[str], dict[str, np.ndarray]]


@pytest.mark.needs("cortex-m4")
@pytest.mark.parametrize(
    ("fold", "instructions", "cycles", "ram", "flash"),
    [(False, 8_450_000, 9_600_000, 16_384, 247_000), (True, 4_800_000, 5_600_000, 15_500, 60_000)],
    ids=["whole", "folded"],
)
def test_vww_on_cortex_m4(
    fold: bool, instructions: int, cycles: int, ram: int, flash: int, load_model: Loader, load_vectors: Vectors
) -> None:
    vectors = load_vectors("vww_96_int8")
    compiled = compile_model(load_model("vww_96_int8.tflite"), target="cortex-m4", fold_constants=fold)
    with EmulatedLibrary(compiled.library, find_target("cortex-m4")) as emulated:
        run = emulated.run(vectors["inputs"][:1])
        _, modelled = emulated.profile(vectors["inputs"][0])
        profiled = sum(cost.instructions for cost in emulated.functions(vectors["inputs"][0]).values())
    assert np.array_equal(run.outputs.reshape(-1), vectors["outputs"][0].reshape(-1))
    assert run.instructions <= instructions
    # The call that ends the lap is one more.
    assert profiled == run.instructions + 1
    assert modelled is not None
    assert modelled <= cycles
    assert run.context_bytes + run.stack_bytes <= ram
    assert run.flash.total <= flash
