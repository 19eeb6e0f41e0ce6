"""Instructions counted in lines of assembly, by hand and as the emulator counts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.inputs import random_images
from mcugen.kernels.executed import executed
from mcugen.plan.features import stage_parts
from mcugen.simulate.on_emulator import UNSHARED, EmulatedLibrary
from mcugen.targets import find_target

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"


def _strings(*texts: str) -> list[str]:
    return ["    /* a comment */", *(rf'    "{text}\n"   /* b 10f */' for text in texts)]


def test_loops_in_loops() -> None:
    inner = ("2:", "add r0, r0, r2", "subs r3, #1", "bne 2b")
    lines = _strings("push {r4, lr}", "1:", "mov r0, r1", *inner, "bne 1b", "pop {r4, pc}")
    assert executed(lines, [3, 5]) == 2 + 3 * (2 + 5 * 3)
    assert executed(_strings("dls lr, r1", "1:", "mov r0, r1", "le     lr, 1b", "nop"), [7]) == 1 + 7 * 2 + 1
    with pytest.raises(ValueError, match="2 loops, not 1"):
        executed(lines, [3])


def test_no_other_branch_is_taken_for_a_loop() -> None:
    for branch in ("b 1f", "beq 1f", "cbz r0, 1f", "bl function", "bx lr"):
        with pytest.raises(ValueError, match="does not go back"):
            executed(_strings("1:", branch), [2])
    assert executed(_strings("1:", "bic r0, r1", "bne 1b"), [2]) == 4


@pytest.mark.needs("cortex-m55")
def test_helium_kernels_execute_what_their_lines_say() -> None:
    compiled = compile_model(TINY, target="cortex-m55", name="net")
    parts = {
        f"{part.function}_{planned.stage.index}": part.turns["instruction"]
        for planned in compiled.plan.stages
        for part in stage_parts(compiled.plan, planned)
        if "instruction" in part.turns
    }
    assert len(parts) >= 2
    with EmulatedLibrary(compiled.library, find_target("cortex-m55"), UNSHARED) as emulated:
        counted = emulated.functions(random_images(compiled.imported.input_tensor, 1, 0)[0])
    # Functions that several stages share are one function.
    alone = {name: n for name, n in parts.items() if f"static void {name}(" in "".join(compiled.library.files.values())}
    assert sum(counted[name].instructions == n for name, n in alone.items()) >= 2
