"""Kernels of packed pixels in assembly for Armv7-M (Cortex-M3): lines of functions with literal shapes.

The shape decides how far loops are unrolled and which displacement each instruction has, so it is a program that writes
them. `packed.py` (plan) describes the columns, `packed_tables.py` the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.codegen.packed_shapes import DepthwiseShape, MatrixShape, moves_of_sums, unrolled_outputs

HEADER_WORDS = 3
# Offsets of the depthwise kernels' stack frame, behind three words: the rows' places in a channel's table.
_START, _MULTIPLIER, _ADDEND, _TABLE, _NEXT_COLUMN, _COLUMN, _EVEN, _TABLE_END, _ROW_END = range(12, 48, 4)


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


def matrix(shape: MatrixShape) -> Iterator[str]:
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


def _pixels(shape: MatrixShape, block: int, label: str) -> Iterator[str]:
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


def _end(shape: MatrixShape, pixels: int) -> Iterator[str]:
    """Requantizes and stores the group's pixels; after a whole group lr is at the next."""
    yield "sub r8, r8, r9, lsl #16"
    if pixels > 2:
        yield "sub r10, r10, r11, lsl #16"
    yield f"ldrd r3, r2, [r0, #-{shape.depth + 4 * HEADER_WORDS}]"
    sums = ["r8", "r9", "r10", "r11"][:pixels]
    yield from (f"smull r4, {r}, {r}, r2" for r in sums)
    yield from (f"add {r}, {r}, r3, asr #16" for r in sums)
    yield from (_saturate(shape.saturate, r, shape.shift) for r in sums)
    yield from (f"strb {r}, [lr, #{p * shape.x_stride}]" for p, r in enumerate(sums) if p)
    step = 4 * shape.x_stride
    if pixels < 4:
        yield "strb r8, [lr]"
    elif step < 256:
        yield f"strb r8, [lr], #{step}"
    else:
        yield from ("strb r8, [lr]", f"addw lr, lr, #{step}")


def _saturate(instruction: str, register: str, shift: int) -> str:
    return f"{instruction} {register}, #8, {register}" + (f", asr #{shift}" if shift else "")


def depthwise(shape: DepthwiseShape) -> Iterator[str]:
    """r0 table, r1 rows, r2 columns, r3 order: for each of the three rows the kernel row that meets it, as its offset
    in a channel's table.

    r3-r11: weights, 256-fold where the fit asks for that, three for each of the rows in memory. Sums stay in registers
    while the window slides.
    """
    table_bytes = 24 if shape.has_addend else 20
    yield from ("push {r4-r11, lr}", "sub sp, #52", f"str r2, [sp, #{_NEXT_COLUMN}]")
    yield from ("uxtb r4, r3", "ubfx r5, r3, #8, #8", "ubfx r6, r3, #16, #8", "strd r4, r5, [sp]", "str r6, [sp, #8]")
    yield from (f"ldr r4, ={shape.channels * table_bytes}", "add r4, r4, r0", f"str r4, [sp, #{_TABLE_END}]", "10:")
    for row in range(3):
        yield from (f"ldr r2, [sp, #{4 * row}]", "add r2, r2, r0")
        yield from (f"ldrsb {_weight(row, j)}, [r2, #{j}]" for j in range(3))
    if shape.scale != 1:
        yield from (f"lsl r{i}, r{i}, #8" for i in range(3, 12))
    yield from ("ldrd r2, lr, [r0, #12]", f"strd r2, lr, [sp, #{_START}]")
    if shape.has_addend:
        yield from ("ldr r12, [r0, #20]", f"str r12, [sp, #{_ADDEND}]")
    yield from (f"adds r0, #{table_bytes}", f"str r0, [sp, #{_TABLE}]", f"ldr r0, [sp, #{_NEXT_COLUMN}]")
    yield from (f"str r0, [sp, #{_COLUMN}]", "adds r0, #8", f"str r0, [sp, #{_NEXT_COLUMN}]")
    yield from _row_stride_1(shape) if shape.stride == 1 else _row_stride_2(shape)
    advance = shape.channel_stride - (shape.width if shape.turns > 1 else 0)
    if advance:
        yield f"{'addw' if advance > 0 else 'subw'} r1, r1, #{abs(advance)}"
    yield from (f"ldr r0, [sp, #{_TABLE}]", f"ldr r2, [sp, #{_TABLE_END}]", "cmp r0, r2", "bne 10b")
    yield from ("add sp, #52", "pop {r4-r11, pc}", ".ltorg")


def _row_stride_1(shape: DepthwiseShape) -> Iterator[str]:
    """Step o loads input column o + 1 and finishes output o."""
    sums = ("r2", "r12", "lr")
    count = unrolled_outputs(shape)
    yield from (f"ldr r2, [sp, #{_START}]", "mov r12, r2")
    yield from _taps(shape, 0, ((1, "r2"), (0, "r12")))
    yield from _begin_turns(shape)
    for o in range(count):
        ending, middle, beginning = sums[o % 3], sums[(o + 1) % 3], sums[(o + 2) % 3]
        last, ends_row = o == count - 1, o == count - 1 and shape.turns == 1
        if last and not ends_row:
            yield from _next_turn(count)
        if not ends_row:
            begins = shape.turns > 1 or o < count - 2
            if begins:
                yield f"ldr {beginning}, [sp, #{_START}]"
            taps = ((2, ending), (1, middle), (0, beginning))
            yield from _taps(shape, 0 if last else o + 1, taps if begins else taps[:2])
        if last and not ends_row:
            yield "12:"
        yield from _finish(shape, ending)
        yield from _store(shape, ending, o)
    yield from (f"mov {to}, {source}" for to, source in moves_of_sums(shape, sums))
    yield from _end_turns(shape, count)


def _row_stride_2(shape: DepthwiseShape) -> Iterator[str]:
    """Output o reads columns 2 * o - left to 2 * o - left + 2; the first or the last is outside the image."""
    sums = ("r2", "r12")
    count = unrolled_outputs(shape)
    yield f"ldr r2, [sp, #{_START}]"
    if shape.left == 0:
        yield from _taps(shape, 0, ((0, "r2"),))
    yield from _begin_turns(shape)
    for o in range(count):
        ending, beginning = sums[o % 2], sums[(o + 1) % 2]
        last, ends_row = o == count - 1, o == count - 1 and shape.turns == 1
        if shape.left == 0:
            yield from _taps(shape, 2 * o + 1, ((1, ending),))
            if last and not ends_row:
                yield from _next_turn(2 * count)
            if not ends_row:
                yield f"ldr {beginning}, [sp, #{_START}]"
                yield from _taps(shape, 0 if last else 2 * o + 2, ((2, ending), (0, beginning)))
            if last and not ends_row:
                yield "12:"
        else:
            yield from _taps(shape, 2 * o, ((1, ending),))
            if not ends_row:
                yield f"ldr {beginning}, [sp, #{_START}]"
            yield from _taps(shape, 2 * o + 1, ((2, ending),) if ends_row else ((2, ending), (0, beginning)))
            if last and not ends_row:
                yield f"adds r1, #{2 * count}"
        yield from _finish(shape, ending)
        yield from _store(shape, ending, o)
    yield from _end_turns(shape, count)


def _weight(row: int, j: int) -> str:
    return f"r{3 + 3 * row + j}"


def _taps(shape: DepthwiseShape, x: int, sums: tuple[tuple[int, str], ...]) -> Iterator[str]:
    """Column x of the three rows times the weights j of each sum."""
    for row in range(3):
        yield f"ldrb r0, [r1, #{x + row * shape.row_bytes}]"
        yield from (f"mla {register}, {_weight(row, j)}, r0, {register}" for j, register in sums)


def _begin_turns(shape: DepthwiseShape) -> Iterator[str]:
    if shape.turns > 1:
        yield from (f"add r0, r1, #{shape.width}", f"str r0, [sp, #{_ROW_END}]", "11:")


def _next_turn(columns: int) -> Iterator[str]:
    yield from (f"ldr r0, [sp, #{_ROW_END}]", f"adds r1, #{columns}", "cmp r1, r0", "beq 12f")


def _end_turns(shape: DepthwiseShape, outputs: int) -> Iterator[str]:
    if shape.turns > 1:
        step = 2 * outputs * shape.depth
        yield from (f"ldr r0, [sp, #{_COLUMN}]", f"addw r0, r0, #{step}", f"str r0, [sp, #{_COLUMN}]")
        yield from (f"ldr r0, [sp, #{_ROW_END}]", "cmp r1, r0", "bne 11b")


def _finish(shape: DepthwiseShape, register: str) -> Iterator[str]:
    yield from (f"ldr r0, [sp, #{_MULTIPLIER}]", f"smull r0, {register}, {register}, r0")
    if shape.has_addend:
        yield from (f"ldr r0, [sp, #{_ADDEND}]", f"add {register}, {register}, r0")
    yield _saturate("ssat", register, shape.shift)


def _store(shape: DepthwiseShape, register: str, output: int) -> Iterator[str]:
    """Even outputs wait for their neighbour, unless they have none."""
    alone = output % 2 == 0 and output == shape.outputs - 1
    if output % 2 == 0 and not alone:
        yield f"str {register}, [sp, #{_EVEN}]"
        return
    if not alone:
        yield from (f"ldr r0, [sp, #{_EVEN}]", f"add {register}, r0, {register}, lsl #16")
    offset = output // 4 * 8 * shape.depth + output // 2 % 2 * 4
    yield from (f"ldr r0, [sp, #{_COLUMN}]", f"str {register}, [r0, #{offset}]")


def takes_depthwise(shape: DepthwiseShape) -> bool:
    """Whether every displacement fits into its instruction."""
    count = unrolled_outputs(shape)
    last_column = (count - 1) // 4 * 8 * shape.depth + 4
    next_turn = 2 * count * shape.depth if shape.turns > 1 else 0
    last_tap = 2 * shape.row_bytes + shape.width
    return max(last_column, next_turn, last_tap, shape.channel_stride) < 4096
