"""The matrix kernel of packed pixels in assembly for Armv7-M (Cortex-M3): lines of functions with literal shapes.

The shape decides how far loops are unrolled and which displacement each instruction has, so it is a program that writes
them. `packed.py` (plan) describes the columns, `packed_tables.py` the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.kernels.packed.shapes import PackedMatrix

HEADER_WORDS = 3


def block_loop(depth: int, block: int) -> tuple[int, int]:
    """(blocks in a turn, turns) of the sum over a column."""
    blocks = depth // block
    words = 4 // block
    if blocks <= 6 * words:
        return blocks, 1
    for unrolled in range(4 * words, 0, -1):
        if blocks % unrolled == 0 and unrolled % words == 0:
            return unrolled, blocks // unrolled
    return blocks, 1


def lane_origins(depth: int, block: int) -> int:
    """What the lanes' origins add up to in a sum: 2^15 each, and more while the loop counts turns in them."""
    unrolled, turns = block_loop(depth, block)
    return unrolled * turns * (0x8000 + turns - 1)


def matrix(shape: PackedMatrix) -> Iterator[str]:
    """r0 stream, r1 columns, r2 output row.

    r8 + r9: the sum of the low lanes with 2^16 times that of the high ones, and that of the high ones; r10, r11: of the
    second pair of pixels. r12: what lanes begin with. Stack: end of a channel's row, columns, next channel's row, end
    of the stream.
    """
    row_bytes = shape.depth + 4 * HEADER_WORDS
    yield from ("push {r4-r11, lr}", "sub sp, #20", "str r1, [sp, #4]", "str r2, [sp, #8]")
    yield from (f"ldr r3, ={shape.channels * row_bytes}", "add r3, r3, r0", "str r3, [sp, #12]")
    yield from ("10:", "ldr r3, [r0], #8", "ldrd r1, lr, [sp, #4]")
    yield from (f"addw r2, lr, #{shape.channel_stride}", "str r2, [sp, #8]")
    if shape.groups:
        yield from (f"addw r2, lr, #{4 * shape.groups * shape.x_stride}", "str r2, [sp]")
    if len(shape.blocks) == 2:
        yield from ("lsls r3, r3, #31", "bne 20f")
    if 4 in shape.blocks:
        yield from _pixels(shape, 4, "1")
    if len(shape.blocks) == 2:
        yield from ("b 30f", "20:")
    if 2 in shape.blocks:
        yield from _pixels(shape, 2, "2")
    yield from ("30:", "ldr r2, [sp, #12]", f"addw r0, r0, #{shape.depth + 4}", "cmp r0, r2", "bne 10b")
    yield from ("add sp, #20", "pop {r4-r11, pc}", ".ltorg")


def _pixels(shape: PackedMatrix, block: int, label: str) -> Iterator[str]:
    """All pixels of one output channel."""
    back = f"subw r0, r0, #{shape.depth + 4}"
    if shape.groups:
        yield from (f"{label}1:", "ldr r9, [r0], #4")
        yield from _sum(shape.depth, block, 2, f"{label}2")
        yield from _end(shape, 4)
        yield from ("ldr r2, [sp]", back, "cmp lr, r2", f"bne {label}1b")
    if shape.rest:
        yield "ldr r9, [r0], #4"
        yield from _sum(shape.depth, block, 1 if shape.rest <= 2 else 2, f"{label}4")
        yield from _end(shape, shape.rest)
        yield back


def _sum(depth: int, block: int, pairs: int, label: str) -> Iterator[str]:
    unrolled, turns = block_loop(depth, block)
    if turns == 1:
        yield "mov r12, #0x80008000"
    else:
        # The counter of turns is part of the lanes' origin: below 0 as long as the upper lane's is above 2^15.
        yield f"ldr r12, =0x{((0x8000 + 2 * (turns - 1)) << 16) | (0x8000 + turns - 1):08x}"
    yield "add r8, r9, r9, lsl #16"
    if pairs == 2:
        yield from ("mov r10, r8", "mov r11, r9")
    if turns > 1:
        yield f"{label}:"
    for _ in range(unrolled):
        yield from _block(block) if pairs == 2 else _block_of_one_pair(block)
    if turns > 1:
        yield from ("subs r12, r12, #0x20000", f"bmi {label}b")


def _block(block: int) -> Iterator[str]:
    yield from ("ldmia r1!, {r2-r5}", "ldrsb r6, [r0], #1", "ldrsb r7, [r0], #1")
    yield from ("mla r2, r6, r2, r12", "mla r3, r6, r3, r12", "mla r2, r7, r4, r2", "mla r3, r7, r5, r3")
    if block == 4:
        yield from ("ldrsb r6, [r0], #1", "ldrsb r7, [r0], #1")
        yield from ("ldmia r1!, {r4, r5}", "mla r2, r6, r4, r2", "mla r3, r6, r5, r3")
        yield from ("ldmia r1!, {r4, r5}", "mla r2, r7, r4, r2", "mla r3, r7, r5, r3")
    yield from ("add r8, r8, r2", "add r9, r9, r2, lsr #16", "add r10, r10, r3", "add r11, r11, r3, lsr #16")


def _block_of_one_pair(block: int) -> Iterator[str]:
    for k in range(block):
        yield from ("ldr r2, [r1], #8", "ldrsb r6, [r0], #1", f"mla r3, r6, r2, {'r3' if k else 'r12'}")
    yield from ("add r8, r8, r3", "add r9, r9, r3, lsr #16")


def _end(shape: PackedMatrix, pixels: int) -> Iterator[str]:
    """Requantizes and stores the group's pixels; after a whole group lr is at the next."""
    yield "sub r8, r8, r9, lsl #16"
    if pixels > 2:
        yield "sub r10, r10, r11, lsl #16"
    yield f"ldrd r3, r2, [r0, #-{shape.depth + 4 * HEADER_WORDS}]"
    sums = ["r8", "r9", "r10", "r11"][:pixels]
    if shape.zero_point is None:
        yield from (f"smull r4, {r}, {r}, r2" for r in sums)
        yield from (f"add {r}, {r}, r3, asr #16" for r in sums)
        yield from (saturate(shape.saturate, r, shape.shift) for r in sums)
    else:
        centre = (2 * shape.zero_point + 1) << (shape.shift - 1)
        for r in sums:
            # The half of r3, with the sum's sign, is what the product is added to.
            yield from (f"asr r5, {r}, #31", "eor r4, r5, r3", f"smlal r4, r5, {r}, r2")
            yield f"{'add' if centre > 0 else 'sub'} {r}, r5, #{abs(centre)}"
            yield saturate(shape.saturate, r, shape.shift)
    yield from (f"strb {r}, [lr, #{p * shape.x_stride}]" for p, r in enumerate(sums) if p)
    step = 4 * shape.x_stride
    if pixels < 4:
        yield "strb r8, [lr]"
    elif step < 256:
        yield f"strb r8, [lr], #{step}"
    else:
        yield from ("strb r8, [lr]", f"addw lr, lr, #{step}")


def saturate(instruction: str, register: str, shift: int) -> str:
    """The instruction that shifts a register and saturates it to a byte."""
    return f"{instruction} {register}, #8, {register}" + (f", asr #{shift}" if shift else "")
