"""The cycle models, on the examples of the manuals; no tools needed."""

import pytest

from mcugen.simulate.emulator.cycle_model import CORTEX_M0PLUS, CORTEX_M3, CORTEX_M4, CORTEX_M7, CORTEX_M33, CycleModel
from mcugen.simulate.emulator.disassembly import Instruction, Kind
from mcugen.simulate.emulator.xtensa_cycles import XTENSA_LX6


def listing(text: str) -> list[Instruction]:
    """Instructions written as in a listing, one a line; all of them 32 bits wide."""
    found = []
    for index, line in enumerate(filter(None, (line.strip() for line in text.split(";")))):
        mnemonic, _, operands = line.partition(" ")
        found.append(Instruction(4 * index, 4, mnemonic, operands.strip(), "f"))
    return found


@pytest.mark.parametrize(
    ("model", "text", "cycles"),
    [
        # Cortex-M4 TRM (DDI 0439D), section 3.3.2
        (CORTEX_M4, "ldr r0, [r1]; ldr r1, [r2]", 3),
        (CORTEX_M4, "ldr r0, [r1, r2]; str r0, [r3, #20]", 3),
        (CORTEX_M4, "ldr r0, [r1, r2]; str r1, [r3, r2]", 3),
        (CORTEX_M4, "ldr r0, [r1, r5]; ldr r1, [r2]; ldr r2, [r3, #4]", 4),
        (CORTEX_M4, "ldr r0, [r1]; ldr r1, [r0]", 4),
        (CORTEX_M4, "str r0, [r1]; ldr r2, [r3]", 3),
        (CORTEX_M4, "ldrd r0, r1, [r2]; ldr r3, [r4]", 5),
        (CORTEX_M4, "ldmia r0!, {r1, r2, r3}", 4),
        (CORTEX_M4, "stmia r0!, {r1-r8}", 9),
        (CORTEX_M4, "add r0, r1; ldr r2, [r0]", 4),
        (CORTEX_M4, "smlad r0, r1, r2, r0; smull r0, r1, r2, r3; mla r0, r1, r2, r3", 3),
        (CORTEX_M4, "push {r4, r5, lr}", 4),
        # Cortex-M3 TRM (100165), table 3-1
        (CORTEX_M3, "mul r0, r1, r2; mla r0, r1, r2, r3", 3),
        # Cortex-M0+ TRM (DDI 0484C), table 3-1
        (CORTEX_M0PLUS, "ldr r0, [r1]; ldr r2, [r1, #4]; str r0, [r1]", 6),
        (CORTEX_M0PLUS, "muls r0, r1; ldmia r0!, {r1, r2}", 4),
        # measured on an RP2350
        (CORTEX_M33, "ldr r0, [r1]; ldr r2, [r1, #4]; add r3, r3, #1", 3),
        (CORTEX_M33, "ldr r0, [r1]; add r0, r0, #1", 3),
        (CORTEX_M33, "smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        (CORTEX_M33, "mul r0, r1, r2; mul r0, r0, r2", 3),
        (CORTEX_M33, "eor r0, r1, r2, ror #5; eor r0, r0, r3", 3),
        (CORTEX_M33, "eor r0, r1, r2, lsl #5; eor r0, r0, r3", 2),
        # the ESP32's, by GCC's model and two measured loops
        (XTENSA_LX6, "addi a2, a2, -1; addi a3, a3, 1", 2),
        (XTENSA_LX6, "l32i a2, a3, 0; add a4, a4, a2", 4),
        (XTENSA_LX6, "l32i a2, a3, 0; l32i a5, a3, 4; l32i a6, a3, 8; add a4, a4, a2", 4),
        (XTENSA_LX6, "l8ui a2, a3, 0; s32i a2, a4, 0", 4),
        (XTENSA_LX6, "mull a2, a3, a4; add a2, a2, a5", 3),
        (XTENSA_LX6, "l32r a2, 40 <f>; bltu a2, a3, 80 <f>", 4),
        # rough
        (CORTEX_M7, "add r0, r0, #1; add r1, r1, #1; add r2, r2, #1; add r3, r3, #1", 2),
        (CORTEX_M7, "add r0, r0, #1; add r0, r0, #1", 2),
        (CORTEX_M7, "smlad r0, r1, r2, r0; smlad r3, r1, r2, r3", 2),
    ],
)
def test_straight_code(model: CycleModel, text: str, cycles: int) -> None:
    assert sum(model.block(listing(text))) == cycles


@pytest.mark.parametrize(
    ("model", "text", "cycles"),
    [
        (CORTEX_M4, "bne 40", 3),
        (XTENSA_LX6, "bnez a2, 40 <f>", 4),
        (CORTEX_M4, "bl 40 <f>", 3),
        (CORTEX_M4, "pop {r4, pc}", 5),
        (CORTEX_M4, "ldr pc, [sp], #4", 5),
        (CORTEX_M4, "tbb [pc, r3]", 6),
        (CORTEX_M0PLUS, "bne 40", 2),
        (CORTEX_M0PLUS, "bl 40 <f>", 3),
        (CORTEX_M0PLUS, "bx lr", 2),
        (CORTEX_M0PLUS, "pop {r4, pc}", 5),
        (CORTEX_M33, "bne 40", 3),
    ],
)
def test_taken_branches(model: CycleModel, text: str, cycles: int) -> None:
    (instruction,) = listing(text)
    assert model.block([instruction])[0] + model.taken(instruction) == cycles


@pytest.mark.parametrize(
    ("text", "kind", "results", "sources"),
    [
        ("adds r0, r1", Kind.ALU, {0}, {0, 1}),
        ("movs r0, r1", Kind.ALU, {0}, {1}),
        ("add.w r0, r1, r2, lsl #2", Kind.ALU, {0}, {1, 2}),
        ("bics r0, r1", Kind.ALU, {0}, {0, 1}),
        ("cmp r0, r1", Kind.ALU, set(), {0, 1}),
        ("bls 40", Kind.BRANCH, set(), set()),
        ("blx r3", Kind.BRANCH, set(), {3}),
        ("cbnz r3, 40", Kind.BRANCH, set(), {3}),
        ("ldrsb lr, [r3, #1]!", Kind.LOAD, {14}, {3}),
        ("ldrne r0, [r1, r2, lsl #2]", Kind.LOAD, {0}, {1, 2}),
        ("ldrd r4, r5, [r0], #8", Kind.LOAD_MANY, {4, 5}, {0}),
        ("ldmia r7!, {r0, r2-r4}", Kind.LOAD_MANY, {0, 2, 3, 4}, {7}),
        ("strb r0, [r1, #3]", Kind.STORE, set(), {0, 1}),
        ("push {r4, lr}", Kind.STORE_MANY, set(), {4, 13, 14}),
        ("smlabb r0, lr, ip, r0", Kind.MULTIPLY_ADD, {0}, {14, 12, 0}),
        ("smlal r0, r1, r2, r3", Kind.MULTIPLY_ADD_LONG, {0, 1}, {0, 1, 2, 3}),
        ("smull r0, r1, r2, r3", Kind.MULTIPLY_LONG, {0, 1}, {2, 3}),
        ("smmulr r0, r1, r2", Kind.MULTIPLY, {0}, {1, 2}),
        ("sxtb16 r0, r1, ror #8", Kind.SIMD, {0}, {1}),
        ("usat r0, #8, r1, asr #3", Kind.SIMD, {0}, {1}),
        ("itte ne", Kind.IF_THEN, set(), set()),
    ],
)
def test_instructions_are_understood(text: str, kind: Kind, results: set[int], sources: set[int]) -> None:
    (instruction,) = listing(text)
    assert instruction.kind is kind
    assert set(instruction.results) == results
    assert set(instruction.sources) == sources
